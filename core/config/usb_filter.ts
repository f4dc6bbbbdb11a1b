import type { UsbFilterRule } from "./options.ts";

const FIELDS = [
  ["class", 0xff],
  ["vendor", 0xffff],
  ["product", 0xffff],
  ["version", 0xffff],
] as const;

/**
 * Which USB devices may be redirected, as QEMU and spice-gtk write it:
 * `class:vendor:product:version:allow`, rule after rule with `|` between them; -1 is any.
 * Source of truth: usbredirfilter.c, usbredirfilter_string_to_rules.
 */
export function usbFilter(value: string): UsbFilterRule[] {
  const rules = value.split("|").filter((rule) => rule.trim() !== "");
  if (rules.length === 0) {
    throw new RangeError(`must have rules, as "0x08:-1:-1:-1:1|-1:-1:-1:-1:0"`);
  }
  return rules.map((rule) => {
    const words = rule.split(/[:,]/).map((word) => word.trim());
    if (words.length !== 5) {
      const form = "class:vendor:product:version:allow";
      throw new RangeError(`"${rule}" has ${words.length} parts; a rule is ${form}`);
    }
    const [deviceClass, vendor, product, version] = FIELDS.map(([name, most], i) => {
      const word = words[i];
      if (word === "-1") return null;
      const number = /^(?:\d{1,8}|0x[\da-f]{1,6})$/i.test(word) ? Number(word) : NaN;
      if (!(number <= most)) {
        throw new RangeError(`"${word}" is no ${name}: -1 for any, or a number up to ${most}`);
      }
      return number;
    });
    if (!/^(0|1|0x0|0x1)$/.test(words[4])) {
      throw new RangeError(`a rule ends in 1 (allowed) or 0 (not), not in "${words[4]}"`);
    }
    return { deviceClass, vendor, product, version, allow: Number(words[4]) === 1 };
  });
}

/** A rule as it is written. */
export function usbFilterText(rules: readonly UsbFilterRule[]): string {
  const word = (n: number | null, digits: number) =>
    n === null ? "-1" : `0x${n.toString(16).padStart(digits, "0")}`;
  return rules.map(({ deviceClass, vendor, product, version, allow }) =>
    [word(deviceClass, 2), word(vendor, 4), word(product, 4), word(version, 4), allow ? 1 : 0]
      .join(":")
  ).join("|");
}
