import { list, rest } from "../binary/bytes.ts";
import { enumOf, flagsOf, u32, u64, u8 } from "../binary/cell.ts";
import { lengthOf, struct } from "../binary/struct.ts";
import { zeroFollowed } from "../binary/text.ts";
import type { Value } from "../binary/codec.ts";

/** spice.proto: enum32 link_err. It is also the reason in `disconnecting`. */
export const LinkError = enumOf(u32, {
  ok: 0,
  error: 1,
  invalidMagic: 2,
  invalidData: 3,
  versionMismatch: 4,
  needSecured: 5,
  needUnsecured: 6,
  permissionDenied: 7,
  badConnectionId: 8,
  channelNotAvailable: 9,
});
export type LinkError = Value<typeof LinkError>;

/** spice.proto: flags32 migrate_flags */
export const MigrateFlags = flagsOf(u32, { needFlush: 0, needDataTransfer: 1 });
/** spice.proto: enum32 notify_severity */
export const NotifySeverity = enumOf(u32, { info: 0, warn: 1, error: 2 });
/** spice.proto: enum32 notify_visibility */
export const NotifyVisibility = enumOf(u32, { low: 0, medium: 1, high: 2 });

/** spice.proto: struct ChannelWait */
export const ChannelWait = struct("ChannelWait", {
  channelType: u8,
  channelId: u8,
  messageSerial: u64,
});
export type ChannelWait = Value<typeof ChannelWait>;

/** spice.proto: message Data */
export const Data = { data: rest };

/** spice.proto: channel BaseChannel: what every channel's two sides may say. */
export const Base = {
  server: {
    migrate: [1, { flags: MigrateFlags }],
    migrateData: [2, Data],
    setAck: [3, { generation: u32, window: u32 }],
    ping: [4, { id: u32, timestamp: u64, data: rest }],
    waitForChannels: [5, { waitList: list(u8, ChannelWait) }],
    disconnecting: [6, { timeStamp: u64, reason: LinkError }],
    notify: [7, {
      timeStamp: u64,
      severity: NotifySeverity,
      visibility: NotifyVisibility,
      what: u32,
      messageLen: lengthOf(u32, "message"),
      // SPEC: messageLen leaves out the NUL that is nonetheless sent
      message: zeroFollowed("messageLen"),
    }],
    /** Its body is a sub-message list. */
    list: [8, Data],
  },
  client: {
    ackSync: [1, { generation: u32 }],
    ack: [2, {}],
    pong: [3, { id: u32, timestamp: u64 }],
    migrateFlushMark: [4, {}],
    migrateData: [5, Data],
    disconnecting: [6, { timeStamp: u64, reason: LinkError }],
  },
} as const;
