import type { UsbFilterRule } from "../../core/config/options.ts";

/** What a filter looks at: the device, and the class of each of its interfaces. */
export interface UsbIdentity {
  readonly deviceClass: number;
  readonly vendor: number;
  readonly product: number;
  /** BCD. */
  readonly version: number;
  readonly interfaces: readonly {
    readonly class: number;
    readonly subclass: number;
    readonly protocol: number;
  }[];
}

/** Classes that say nothing: the interfaces do. */
const BY_INTERFACE = 0x00, MISCELLANEOUS = 0xef, HID = 0x03;

/**
 * Whether a device may be redirected: it itself and each of its interfaces must be allowed.
 * Source of truth: usbredirfilter.c, usbredirfilter_check.
 */
export function usbAllowed(rules: readonly UsbFilterRule[], device: UsbIdentity): boolean {
  const { vendor, product, version } = device;
  const fits = (said: number | null, is: number) => said === null || said === is;
  const allowed = (deviceClass: number) =>
    rules.find((rule) =>
      fits(rule.deviceClass, deviceClass) && fits(rule.vendor, vendor) &&
      fits(rule.product, product) && fits(rule.version, version)
    )?.allow ?? false;
  const { deviceClass, interfaces } = device;
  if (deviceClass !== BY_INTERFACE && deviceClass !== MISCELLANEOUS && !allowed(deviceClass)) {
    return false;
  }
  // SPEC: buttons on a headset are no keyboard; alone they are looked at all the same
  const looked = interfaces.filter((one) =>
    interfaces.length === 1 || one.class !== HID || one.subclass !== 0 || one.protocol !== 0
  );
  return (looked.length > 0 ? looked : interfaces).every((one) => allowed(one.class));
}
