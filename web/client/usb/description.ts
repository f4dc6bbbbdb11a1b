/// <reference lib="dom" />
/**
 * What WebUSB knows of a device, as usbredir tells it to a guest.
 * Source of truth: usbredirproto.h: usb_redir_interface_info_header and its neighbours.
 */
import { UsbredirEndpoint, UsbredirSpeed } from "../../../core/protocol/usbredir_wire.ts";
import type { UsbDevice, UsbEndpoint, UsbInterface } from "./device.ts";

/** Rows of each table: interfaces, and endpoints in both directions. */
export const MOST_INTERFACES = 32;
const TYPES = { bulk: UsbredirEndpoint.bulk, interrupt: UsbredirEndpoint.interrupt } as const;

/** An endpoint's address: its number, and 0x80 when it gives. */
export const addressOf = ({ direction, endpointNumber }: UsbEndpoint): number =>
  direction === "in" ? 0x80 | endpointNumber : endpointNumber;

/** Where an endpoint stands in the tables of `epInfo`. */
const indexOf = (address: number) => (address & 0x80) >> 3 | address & 0x0f;

const table = (first = 0) => new Uint8Array(32).fill(first);

/** The body of `deviceConnect`. */
export const connectOf = (device: UsbDevice, interfaces: readonly UsbInterface[]) => ({
  speed: speedOf(interfaces),
  deviceClass: device.deviceClass,
  deviceSubclass: device.deviceSubclass,
  deviceProtocol: device.deviceProtocol,
  vendorId: device.vendorId,
  productId: device.productId,
  deviceVersionBcd: device.deviceVersionMajor << 8 | device.deviceVersionMinor << 4 |
    device.deviceVersionSubminor,
});

/** SPEC: WebUSB does not tell how fast a device is; its packets do. */
function speedOf(interfaces: readonly UsbInterface[]): number {
  const bulk = interfaces.flatMap(({ alternate }) => alternate.endpoints)
    .filter(({ type }) => type === "bulk").map(({ packetSize }) => packetSize);
  const most = Math.max(0, ...bulk);
  if (most >= 1024) return UsbredirSpeed.super;
  return most >= 512 ? UsbredirSpeed.high : UsbredirSpeed.full;
}

/** The body of `interfaceInfo`, of MOST_INTERFACES at most. */
export function interfaceInfoOf(interfaces: readonly UsbInterface[]) {
  const column = (of: (each: UsbInterface) => number) => {
    const rows = table();
    rows.set(interfaces.map(of));
    return rows;
  };
  return {
    interfaceCount: interfaces.length,
    interface: column(({ interfaceNumber }) => interfaceNumber),
    interfaceClass: column(({ alternate }) => alternate.interfaceClass),
    interfaceSubclass: column(({ alternate }) => alternate.interfaceSubclass),
    interfaceProtocol: column(({ alternate }) => alternate.interfaceProtocol),
  };
}

/** The body of `epInfo`. intervals: by address, of the endpoints that the descriptors say one of. */
export function epInfoOf(
  interfaces: readonly UsbInterface[],
  intervals: ReadonlyMap<number, number>,
) {
  const type = table(UsbredirEndpoint.invalid), interval = table(), owner = table();
  const maxPacketSize = Array.from({ length: 32 }, () => 0);
  type[0] = type[16] = UsbredirEndpoint.control;
  maxPacketSize[0] = maxPacketSize[16] = 64;
  for (const { interfaceNumber, alternate } of interfaces) {
    for (const endpoint of alternate.endpoints) {
      // what cannot be carried is not there
      if (endpoint.type === "isochronous") continue;
      const at = indexOf(addressOf(endpoint));
      type[at] = TYPES[endpoint.type];
      owner[at] = interfaceNumber;
      maxPacketSize[at] = endpoint.packetSize;
      // SPEC: QEMU refuses 0 for interrupts
      const said = intervals.get(addressOf(endpoint)) ?? 0;
      interval[at] = endpoint.type === "interrupt" && said === 0 ? 8 : said;
    }
  }
  return {
    type,
    interval,
    interface: owner,
    maxPacketSize,
    maxStreams: Array.from({ length: 32 }, () => 0),
  };
}
