/// <reference lib="dom" />
/** What of WebUSB is used. Source of truth: the WebUSB API; TypeScript's library does not have it. */

export interface UsbEndpoint {
  readonly endpointNumber: number;
  readonly direction: "in" | "out";
  readonly type: "bulk" | "interrupt" | "isochronous";
  readonly packetSize: number;
}

export interface UsbAlternate {
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceSubclass: number;
  readonly interfaceProtocol: number;
  readonly endpoints: readonly UsbEndpoint[];
}

export interface UsbInterface {
  readonly interfaceNumber: number;
  readonly alternate: UsbAlternate;
}

export interface UsbSetup {
  readonly requestType: "standard" | "class" | "vendor";
  readonly recipient: "device" | "interface" | "endpoint" | "other";
  readonly request: number;
  readonly value: number;
  readonly index: number;
}

type Status = "ok" | "stall" | "babble";
export interface UsbIn {
  readonly status: Status;
  readonly data?: DataView;
}
export interface UsbOut {
  readonly status: Status;
  readonly bytesWritten: number;
}

export interface UsbDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly deviceClass: number;
  readonly deviceSubclass: number;
  readonly deviceProtocol: number;
  readonly deviceVersionMajor: number;
  readonly deviceVersionMinor: number;
  readonly deviceVersionSubminor: number;
  readonly usbVersionMajor: number;
  readonly productName?: string | null;
  readonly opened: boolean;
  readonly configuration: {
    readonly configurationValue: number;
    readonly interfaces: readonly UsbInterface[];
  } | null;
  readonly configurations: readonly { readonly configurationValue: number }[];
  open(): Promise<void>;
  close(): Promise<void>;
  reset(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  selectAlternateInterface(number: number, alternate: number): Promise<void>;
  clearHalt(direction: "in" | "out", endpoint: number): Promise<void>;
  controlTransferIn(setup: UsbSetup, length: number): Promise<UsbIn>;
  controlTransferOut(setup: UsbSetup, data?: BufferSource): Promise<UsbOut>;
  transferIn(endpoint: number, length: number): Promise<UsbIn>;
  transferOut(endpoint: number, data: BufferSource): Promise<UsbOut>;
}

/** navigator.usb */
export interface Usb extends EventTarget {
  requestDevice(options: { filters: readonly object[] }): Promise<UsbDevice>;
}

/** bInterval of every endpoint, by its address, as a configuration's descriptor has it: WebUSB does not tell. */
export async function intervalsOf(device: UsbDevice): Promise<ReadonlyMap<number, number>> {
  const intervals = new Map<number, number>();
  const index = device.configurations.findIndex(({ configurationValue }) =>
    configurationValue === device.configuration?.configurationValue
  );
  const { data } = await device.controlTransferIn({
    requestType: "standard",
    recipient: "device",
    request: 6,
    value: 0x0200 | Math.max(0, index),
    index: 0,
  }, 4096).catch(() => ({ data: undefined }));
  for (let at = 0; data && at + 2 <= data.byteLength;) {
    const length = data.getUint8(at), type = data.getUint8(at + 1);
    if (length < 2) break;
    if (type === 5 && length >= 7 && at + 7 <= data.byteLength) {
      intervals.set(data.getUint8(at + 2), data.getUint8(at + 6));
    }
    at += length;
  }
  return intervals;
}
