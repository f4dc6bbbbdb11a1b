import { bytesOf } from "../binary/bytes.ts";
import { u32, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { struct } from "../binary/struct.ts";
import { LinkError } from "./base.ts";

/** protocol.h: "REDQ" as a little-endian number. */
export const MAGIC = 0x51444552;
export const VERSION_MAJOR = 2;
export const VERSION_MINOR = 2;
/** protocol.h: SPICE_TICKET_PUBKEY_BYTES: the DER form of an RSA-1024 key. */
export const TICKET_PUBKEY_BYTES = 162;
/** protocol.h: SPICE_TICKET_KEY_PAIR_LENGTH / 8 */
export const TICKET_BYTES = 128;
/** protocol.h: SPICE_MAX_PASSWORD_LENGTH */
export const MAX_PASSWORD_LENGTH = 60;

/** protocol.h: SpiceLinkMess's channel_type; the names are spice.proto's, and those of `tls-channel`. */
export const ChannelType = {
  main: 1,
  display: 2,
  inputs: 3,
  cursor: 4,
  playback: 5,
  record: 6,
  tunnel: 7,
  smartcard: 8,
  usbredir: 9,
  port: 10,
  webdav: 11,
} as const;
export type ChannelName = keyof typeof ChannelType;

const channelNames = new Map<number, ChannelName>(
  Object.entries(ChannelType).map(([name, type]) => [type, name as ChannelName]),
);

/** The name of a channel type; undefined: there is none. */
export function channelName(type: number): ChannelName | undefined {
  return channelNames.get(type);
}

/** protocol.h: SpiceLinkHeader: in front of both link messages. size: bytes that follow. */
export const LinkHeader = struct("LinkHeader", {
  magic: u32,
  majorVersion: u32,
  minorVersion: u32,
  size: u32,
});
export type LinkHeader = Value<typeof LinkHeader>;

/** protocol.h: SpiceLinkMess. The capability words stand capsOffset bytes from its start. */
export const LinkMess = struct("LinkMess", {
  connectionId: u32,
  channelType: u8,
  channelId: u8,
  numCommonCaps: u32,
  numChannelCaps: u32,
  capsOffset: u32,
});
export type LinkMess = Value<typeof LinkMess>;

/** protocol.h: SpiceLinkReply, then its capability words. */
export const LinkReply = struct("LinkReply", {
  error: LinkError,
  pubKey: bytesOf(TICKET_PUBKEY_BYTES),
  numCommonCaps: u32,
  numChannelCaps: u32,
  capsOffset: u32,
});
export type LinkReply = Value<typeof LinkReply>;

/** protocol.h: SpiceLinkAuthMechanism */
export const LinkAuthMechanism = struct("LinkAuthMechanism", { authMechanism: u32 });
/** The u32 that ends the link stage. */
export const LinkResult = struct("LinkResult", { error: LinkError });
