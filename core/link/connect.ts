/** A client's side of the link. Source of truth: spice-gtk spice_channel_send_link to spice_channel_recv_auth. */
import { decode, encode, type Value } from "../binary/codec.ts";
import { ProtocolError } from "../binary/error.ts";
import { Capabilities, CommonCap } from "../protocol/capabilities.ts";
import {
  LinkAuthMechanism,
  LinkHeader,
  LinkReply,
  LinkResult,
  MAGIC,
  VERSION_MAJOR,
} from "../protocol/link.ts";
import type { Duplex } from "./duplex.ts";
import { readExactly, writeAll } from "./exact.ts";
import {
  capWords,
  HEADER_BYTES,
  hex,
  linkMessage,
  LinkRefused,
  type LinkRequest,
  MAX_CAP_WORDS,
  REPLY_BYTES,
} from "./handshake.ts";
import { TICKET_ALGORITHM } from "./key_pool.ts";

/** What a client brings along. */
export interface ConnectOptions extends Partial<LinkRequest> {
  readonly channelType: number;
  readonly password?: string;
  /** Logs in with SASL when the server offers it; resolves when the server's result word is next. */
  readonly sasl?: (duplex: Duplex) => Promise<void>;
}

/** A channel as the client sees it. */
export interface Connected {
  readonly duplex: Duplex;
  /** The server's. */
  readonly commonCaps: Capabilities;
  readonly channelCaps: Capabilities;
  readonly mini: boolean;
}

/** The common capabilities of a client of ours. */
export const clientCommonCaps = Capabilities.of(
  CommonCap.authSelection,
  CommonCap.authSpice,
  CommonCap.miniHeader,
);

/** Links a channel as a client does. LinkRefused: the server said no, with its code. */
export async function connectLink(duplex: Duplex, options: ConnectOptions): Promise<Connected> {
  const {
    connectionId = 0,
    channelType,
    channelId = 0,
    commonCaps = clientCommonCaps,
    channelCaps = Capabilities.of(),
    password = "",
    sasl,
  } = options;
  await writeAll(
    duplex,
    linkMessage({ connectionId, channelType, channelId, commonCaps, channelCaps }),
  );
  const reply = await readReply(duplex);
  if (sasl !== undefined && reply.commonCaps.has(CommonCap.authSasl)) {
    await writeAll(duplex, encode(LinkAuthMechanism, { authMechanism: CommonCap.authSasl }));
    await sasl(duplex);
  } else {
    const ticket = await encryptTicket(reply.pubKey, password);
    const mechanism = encode(LinkAuthMechanism, { authMechanism: CommonCap.authSpice });
    const selects = commonCaps.has(CommonCap.authSelection) &&
      reply.commonCaps.has(CommonCap.authSelection);
    await writeAll(duplex, selects ? new Uint8Array([...mechanism, ...ticket]) : ticket);
  }
  const { error } = decode(LinkResult, await readExactly(duplex, LinkResult.size!));
  if (error !== "ok") throw new LinkRefused(error, `The server ended the link with ${error}`);
  return {
    duplex,
    commonCaps: reply.commonCaps,
    channelCaps: reply.channelCaps,
    mini: commonCaps.has(CommonCap.miniHeader) && reply.commonCaps.has(CommonCap.miniHeader),
  };
}

type Reply =
  & Pick<Value<typeof LinkReply>, "pubKey">
  & Pick<LinkRequest, "commonCaps" | "channelCaps">;

async function readReply(duplex: Duplex): Promise<Reply> {
  const { magic, majorVersion, size } = decode(LinkHeader, await readExactly(duplex, HEADER_BYTES));
  if (magic !== MAGIC) throw new ProtocolError(`The server began with ${hex(magic)}, not "REDQ"`);
  if (majorVersion !== VERSION_MAJOR) {
    throw new ProtocolError(`The server speaks version ${majorVersion}`);
  }
  if (size < REPLY_BYTES || size > REPLY_BYTES + 2 * MAX_CAP_WORDS * 4) {
    throw new ProtocolError(`The link reply has ${size} bytes`);
  }
  const body = await readExactly(duplex, size);
  const reply = decode(LinkReply, body.subarray(0, REPLY_BYTES));
  if (reply.error !== "ok") {
    throw new LinkRefused(reply.error, `The server refused the link with ${reply.error}`);
  }
  const { capsOffset, numCommonCaps, numChannelCaps, pubKey } = reply;
  const words = capWords(body, REPLY_BYTES, capsOffset, numCommonCaps, numChannelCaps);
  if (words === null) throw new ProtocolError("The link reply has no room for its capabilities");
  return { pubKey, ...words };
}

/** What travels instead of the password. SPEC: its terminating NUL travels too. */
export async function encryptTicket(spki: Uint8Array, password: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    "spki",
    new Uint8Array(spki),
    TICKET_ALGORITHM,
    false,
    ["encrypt"],
  );
  const plain = new TextEncoder().encode(password + "\0");
  return new Uint8Array(await crypto.subtle.encrypt(TICKET_ALGORITHM, key, plain));
}
