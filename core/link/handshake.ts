/**
 * The bytes that open a channel, at both ends: link message, link reply, mechanism, ticket, result.
 * Source of truth: protocol.h; reds.cpp reds_handle_read_magic_done to reds_send_link_result.
 */
import { decode, encode } from "../binary/codec.ts";
import { ProtocolError } from "../binary/error.ts";
import type { LinkError } from "../protocol/base.ts";
import { Capabilities } from "../protocol/capabilities.ts";
import {
  LinkHeader,
  LinkMess,
  LinkReply,
  LinkResult,
  MAGIC,
  TICKET_PUBKEY_BYTES,
  VERSION_MAJOR,
  VERSION_MINOR,
} from "../protocol/link.ts";
import type { Duplex } from "./duplex.ts";
import { readExactly } from "./exact.ts";

/** A link that one side refused, with the code that the other side heard (or would have). */
export class LinkRefused extends Error {
  override name = "LinkRefused";
  constructor(readonly code: LinkError, reason: string) {
    super(reason);
  }
}

export const HEADER_BYTES = LinkHeader.size!;
const MESS_BYTES = LinkMess.size!;
export const REPLY_BYTES = LinkReply.size!;
/** reds.cpp: beyond these a link message is refused before memory is given to it. */
const MAX_LINK_BYTES = 4096;
export const MAX_CAP_WORDS = 1024;

/** What a client asked for. */
export interface LinkRequest {
  readonly connectionId: number;
  readonly channelType: number;
  readonly channelId: number;
  readonly commonCaps: Capabilities;
  readonly channelCaps: Capabilities;
}

/** Reads a client's link message. LinkRefused: with the code that belongs into the reply. */
export async function readLink(duplex: Duplex): Promise<LinkRequest> {
  const head = new Uint8Array(HEADER_BYTES);
  head.set(await readExactly(duplex, 4));
  const magic = new DataView(head.buffer).getUint32(0, true);
  if (magic !== MAGIC) {
    throw new LinkRefused("invalidMagic", `The client began with ${hex(magic)}, not "REDQ"`);
  }
  head.set(await readExactly(duplex, HEADER_BYTES - 4), 4);
  const { majorVersion, minorVersion, size } = decode(LinkHeader, head);
  // SPEC: nobody ever spoke version 0, and it gets no answer
  if (majorVersion === 0) throw new ProtocolError("The client speaks version 0");
  if (majorVersion !== VERSION_MAJOR) {
    throw new LinkRefused(
      "versionMismatch",
      `The client speaks version ${majorVersion}.${minorVersion}, this is ${VERSION_MAJOR}`,
    );
  }
  if (size < MESS_BYTES || size > MAX_LINK_BYTES) {
    throw new LinkRefused(
      "invalidData",
      `The link message has ${size} bytes, ${MESS_BYTES} to ${MAX_LINK_BYTES} can be`,
    );
  }
  const body = await readExactly(duplex, size);
  const mess = decode(LinkMess, body.subarray(0, MESS_BYTES));
  const { numCommonCaps, numChannelCaps, capsOffset, ...request } = mess;
  const words = capWords(body, MESS_BYTES, capsOffset, numCommonCaps, numChannelCaps);
  if (words === null) {
    throw new LinkRefused(
      "invalidData",
      `${numCommonCaps} and ${numChannelCaps} capability words at byte ${capsOffset} of ${size}`,
    );
  }
  return { ...request, ...words };
}

/** Where and how many the capability words are is the sender's to say; null: not in these bytes. */
export function capWords(
  body: Uint8Array,
  fixed: number,
  offset: number,
  common: number,
  channel: number,
): { commonCaps: Capabilities; channelCaps: Capabilities } | null {
  if (common > MAX_CAP_WORDS || channel > MAX_CAP_WORDS) return null;
  const count = common + channel;
  // SPEC: without capability words nobody looks at the offset
  if (count > 0 && (offset < fixed || offset + count * 4 > body.length)) return null;
  const view = new DataView(body.buffer, body.byteOffset);
  const words = Array.from({ length: count }, (_, i) => view.getUint32(offset + i * 4, true));
  return {
    commonCaps: new Capabilities(words.slice(0, common)),
    channelCaps: new Capabilities(words.slice(common)),
  };
}

/** A reply that lets the client go on to log in. */
export function linkReply(pubKey: Uint8Array, common: Capabilities, channel: Capabilities) {
  return withHeader(
    encode(LinkReply, {
      error: "ok",
      pubKey,
      numCommonCaps: common.words.length,
      numChannelCaps: channel.words.length,
      capsOffset: REPLY_BYTES,
    }),
    [...common.words, ...channel.words],
  );
}

/** A reply that refuses: the same shape, all zero but the code. */
export function linkRefusal(error: LinkError): Uint8Array {
  const pubKey = new Uint8Array(TICKET_PUBKEY_BYTES);
  return withHeader(
    encode(LinkReply, { error, pubKey, numCommonCaps: 0, numChannelCaps: 0, capsOffset: 0 }),
    [],
  );
}

function withHeader(body: Uint8Array, words: number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length + words.length * 4);
  bytes.set(encode(LinkHeader, {
    magic: MAGIC,
    majorVersion: VERSION_MAJOR,
    minorVersion: VERSION_MINOR,
    size: bytes.length - HEADER_BYTES,
  }));
  bytes.set(body, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(HEADER_BYTES + body.length + i * 4, word, true));
  return bytes;
}

/** The word that ends a link. */
export function linkResult(error: LinkError): Uint8Array {
  return encode(LinkResult, { error });
}

/** A client's link message. */
export function linkMessage(request: LinkRequest): Uint8Array {
  const { commonCaps, channelCaps, ...mess } = request;
  return withHeader(
    encode(LinkMess, {
      ...mess,
      numCommonCaps: commonCaps.words.length,
      numChannelCaps: channelCaps.words.length,
      capsOffset: MESS_BYTES,
    }),
    [...commonCaps.words, ...channelCaps.words],
  );
}

export const hex = (n: number) => "0x" + n.toString(16).padStart(8, "0");
