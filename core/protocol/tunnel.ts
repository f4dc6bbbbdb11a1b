/**
 * Network tunnels: connections at the server's side come out in the client's network.
 *
 * The channel and its number are SPICE's. spice.proto has nothing in it any more; until 2012 it had
 * messages, by which a guest's slirp reached printers beside the client. Theirs are the names and
 * numbers of init, socketOpen, socketFin, socketClose, socketData and socketToken (server) and of
 * serviceAdd, serviceRemove, socketOpenAck, socketOpenNack, socketFin, socketClosed, socketData and
 * socketToken (client), and the first fields of each. Ours:
 *
 * - serviceOffers and serviceState: here the server says what it would have carried, and serviceAdd is
 *   the client's consent to that; there the client said what its network has.
 * - the bodies of serviceAdd and serviceRemove: the id alone, as the server knows the rest.
 * - why: the reason in socketClose, socketOpenNack and socketClosed.
 *
 * Not said here: serviceIpMap (nobody maps addresses) and socketClosedAck: an id is free again when
 * both sides have said socketClose and socketClosed.
 */
import { bytes, list, rest } from "../binary/bytes.ts";
import { enumOf, u16, u32, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { lengthOf, struct } from "../binary/struct.ts";
import { channel } from "./channel.ts";

/** Ours. How a socket ended. ok: both directions, to their last byte. */
export const TunnelEnd = enumOf(u8, {
  ok: 0,
  refused: 1,
  unreachable: 2,
  timeout: 3,
  reset: 4,
  unknownHost: 5,
  forbidden: 6,
  tooMany: 7,
  failed: 8,
});
export type TunnelEnd = Value<typeof TunnelEnd>;

/** Ours. offered: the server waits for consent. carried: by this client. taken: by another. */
export const TunnelServiceState = enumOf(u8, { offered: 0, carried: 1, taken: 2 });

/** Ours. The name is the section's; host and port are what it would have connected to. */
export const TunnelOffer = struct("TunnelOffer", {
  id: u32,
  port: u16,
  nameSize: lengthOf(u16, "name"),
  name: bytes("nameSize"),
  hostSize: lengthOf(u16, "host"),
  host: bytes("hostSize"),
});
export type TunnelOffer = Value<typeof TunnelOffer>;

const socket = { connectionId: u16 } as const;
const socketData = { ...socket, data: rest } as const;
/** So many more messages of data may come. */
const socketToken = { ...socket, numTokens: u32 } as const;

/** protocol.h: SPICE_CHANNEL_TUNNEL; spice.proto: channel TunnelChannel, which is empty. */
export const Tunnel = channel({
  name: "tunnel",
  id: 7,
  server: {
    init: [101, { maxNumOfSockets: u16, maxSocketDataSize: u32 }],
    socketOpen: [103, { ...socket, serviceId: u32, tokens: u32 }],
    /** Nothing more comes in this direction. */
    socketFin: [104, socket],
    socketClose: [105, { ...socket, reason: TunnelEnd }],
    socketData: [106, socketData],
    socketToken: [108, socketToken],
    /** Ours. All that there are; said once. */
    serviceOffers: [201, { offers: list(u16, TunnelOffer) }],
    /** Ours. */
    serviceState: [202, { id: u32, state: TunnelServiceState }],
  },
  client: {
    serviceAdd: [101, { id: u32 }],
    serviceRemove: [102, { id: u32 }],
    socketOpenAck: [103, { ...socket, tokens: u32 }],
    socketOpenNack: [104, { ...socket, reason: TunnelEnd }],
    socketFin: [105, socket],
    socketClosed: [106, { ...socket, reason: TunnelEnd }],
    socketData: [108, socketData],
    socketToken: [109, socketToken],
  },
});
