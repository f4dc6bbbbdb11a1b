/**
 * What flows through a usbredir channel: the USB network redirection protocol 0.7.
 * The side that has the device is the host (spice-gtk), the side that lends it a port the guest (QEMU).
 * Source of truth: usbredirproto.h and usbredirparser.c.
 */
import { bytesOf, list, rest, restOf } from "../binary/bytes.ts";
import { cell, u16, u32, u64, u8 } from "../binary/cell.ts";
import type { Codec } from "../binary/codec.ts";
import { given, struct } from "../binary/struct.ts";
import { direction } from "./channel.ts";

/** usbredirproto.h: usb_redir_cap_… */
export const UsbredirCap = {
  bulkStreams: 0,
  connectDeviceVersion: 1,
  filter: 2,
  deviceDisconnectAck: 3,
  epInfoMaxPacketSize: 4,
  ids64: 5,
  bulkLength32: 6,
  bulkReceiving: 7,
} as const;
/** usbredirproto.h: the status of an answer. */
export const UsbredirStatus = {
  success: 0,
  cancelled: 1,
  inval: 2,
  ioError: 3,
  stall: 4,
  timeout: 5,
  babble: 6,
} as const;
/** usbredirproto.h: the types of an endpoint. */
export const UsbredirEndpoint = {
  control: 0,
  iso: 1,
  bulk: 2,
  interrupt: 3,
  invalid: 255,
} as const;
/** usbredirproto.h: a device's speed. */
export const UsbredirSpeed = { low: 0, full: 1, high: 2, super: 3, unknown: 255 } as const;

/** usbredirparser.c: MAX_BULK_TRANSFER_SIZE, in bytes. */
export const USBREDIR_MAX_BULK_BYTES = 128 << 20;

/** Capabilities that both sides' `hello` announced, as far as they change how packets look. */
export interface UsbredirAgreed {
  readonly bulkStreams: boolean;
  readonly connectDeviceVersion: boolean;
  readonly epInfoMaxPacketSize: boolean;
  readonly ids64: boolean;
  readonly bulkLength32: boolean;
}

/** Before both have said `hello`: nothing is agreed, so `hello` itself has a 32-bit id. */
export const UNAGREED: UsbredirAgreed = {
  bulkStreams: false,
  connectDeviceVersion: false,
  epInfoMaxPacketSize: false,
  ids64: false,
  bulkLength32: false,
};

const id32 = cell<bigint>(
  4,
  (view, at) => BigInt(view.getUint32(at, true)),
  (view, at, value) => view.setUint32(at, Number(BigInt.asUintN(32, value)), true),
  (random) => BigInt(random.below(2 ** 32)),
);

/** usbredirproto.h: usb_redir_header, 16 bytes or 12. length: bytes that follow. */
export interface UsbredirHeader {
  readonly type: number;
  readonly length: number;
  readonly id: bigint;
}

const status = { status: u8 };
const endpoint = { endpoint: u8 };
/** usbredirproto.h: for each of 32 endpoints, 0 … 15 out and 0 … 15 in. */
const bytePerEndpoint = bytesOf(32);

const made = new Map<number, UsbredirPackets>();

/** The packets as two sides have them that agreed on this. Tables are made once. */
export function usbredirPackets(agreed: UsbredirAgreed): UsbredirPackets {
  const key = +agreed.bulkStreams | +agreed.connectDeviceVersion << 1 |
    +agreed.epInfoMaxPacketSize << 2 | +agreed.ids64 << 3 | +agreed.bulkLength32 << 4;
  let packets = made.get(key);
  if (!packets) made.set(key, packets = describe(agreed));
  return packets;
}

function describe(agreed: UsbredirAgreed): UsbredirPackets {
  const both = packetsOfBoth(agreed);
  const header: Codec<UsbredirHeader> = struct("usb_redir_header", {
    type: u32,
    length: u32,
    id: agreed.ids64 ? u64 : id32,
  });
  return {
    header,
    headerBytes: header.size!,
    toHost: direction("usbredir.toHost", { ...both, ...packetsToHost }),
    toGuest: direction("usbredir.toGuest", { ...both, ...packetsToGuest(agreed) }),
  };
}

export interface UsbredirPackets {
  readonly header: Codec<UsbredirHeader>;
  readonly headerBytes: number;
  readonly toHost: ReturnType<typeof direction<Both & typeof packetsToHost>>;
  readonly toGuest: ReturnType<typeof direction<Both & ReturnType<typeof packetsToGuest>>>;
}

type Both = ReturnType<typeof packetsOfBoth>;

/** Data behind a header stand only in the direction of the endpoint: bit 7 of it says towards the guest. */
const packetsOfBoth = ({ bulkLength32 }: UsbredirAgreed) => ({
  /** version: text and NULs. */
  hello: [0, { version: bytesOf(64), capabilities: restOf(u32) }],
  /** rules: text in the filter's notation, and a NUL. */
  filterFilter: [23, { rules: rest }],
  /** length: bytes of data, or how many are asked for. */
  controlPacket: [100, {
    endpoint: u8,
    request: u8,
    requesttype: u8,
    status: u8,
    value: u16,
    index: u16,
    length: u16,
    data: rest,
  }],
  bulkPacket: [101, {
    endpoint: u8,
    status: u8,
    length: u16,
    streamId: u32,
    lengthHigh: given(bulkLength32, u16),
    data: rest,
  }],
  isoPacket: [102, { endpoint: u8, status: u8, length: u16, data: rest }],
  interruptPacket: [103, { endpoint: u8, status: u8, length: u16, data: rest }],
} as const);

const packetsToHost = {
  reset: [3, {}],
  setConfiguration: [6, { configuration: u8 }],
  getConfiguration: [7, {}],
  setAltSetting: [9, { interface: u8, alt: u8 }],
  getAltSetting: [10, { interface: u8 }],
  startIsoStream: [12, { endpoint: u8, pktsPerUrb: u8, noUrbs: u8 }],
  stopIsoStream: [13, endpoint],
  startInterruptReceiving: [15, endpoint],
  stopInterruptReceiving: [16, endpoint],
  /** endpoints: a bit for each of the 32. */
  allocBulkStreams: [18, { endpoints: u32, noStreams: u32 }],
  freeBulkStreams: [19, { endpoints: u32 }],
  /** The header's id says which. */
  cancelDataPacket: [21, {}],
  filterReject: [22, {}],
  deviceDisconnectAck: [24, {}],
  startBulkReceiving: [25, { streamId: u32, bytesPerTransfer: u32, endpoint: u8, noTransfers: u8 }],
  stopBulkReceiving: [26, { streamId: u32, endpoint: u8 }],
} as const;

const packetsToGuest = (agreed: UsbredirAgreed) => ({
  deviceConnect: [1, {
    speed: u8,
    deviceClass: u8,
    deviceSubclass: u8,
    deviceProtocol: u8,
    vendorId: u16,
    productId: u16,
    deviceVersionBcd: given(agreed.connectDeviceVersion, u16),
  }],
  deviceDisconnect: [2, {}],
  interfaceInfo: [4, {
    interfaceCount: u32,
    interface: bytePerEndpoint,
    interfaceClass: bytePerEndpoint,
    interfaceSubclass: bytePerEndpoint,
    interfaceProtocol: bytePerEndpoint,
  }],
  epInfo: [5, {
    type: bytePerEndpoint,
    interval: bytePerEndpoint,
    interface: bytePerEndpoint,
    // SPEC: streams come only together with packet sizes
    maxPacketSize: given(agreed.epInfoMaxPacketSize || agreed.bulkStreams, list(32, u16)),
    maxStreams: given(agreed.bulkStreams, list(32, u32)),
  }],
  configurationStatus: [8, { ...status, configuration: u8 }],
  altSettingStatus: [11, { ...status, interface: u8, alt: u8 }],
  isoStreamStatus: [14, { ...status, ...endpoint }],
  interruptReceivingStatus: [17, { ...status, ...endpoint }],
  bulkStreamsStatus: [20, { endpoints: u32, noStreams: u32, status: u8 }],
  bulkReceivingStatus: [27, { streamId: u32, endpoint: u8, status: u8 }],
  bufferedBulkPacket: [104, { streamId: u32, length: u32, endpoint: u8, status: u8, data: rest }],
} as const);
