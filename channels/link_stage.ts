/**
 * From an accepted stream to a channel that a client may use: the server's side of a link.
 * Source of truth: reds.cpp reds_handle_read_link_done to reds_handle_link.
 */
import { decode } from "../core/binary/codec.ts";
import type { Duplex, Remote } from "../core/link/duplex.ts";
import { readExactly, writeAll } from "../core/link/exact.ts";
import {
  linkRefusal,
  LinkRefused,
  linkReply,
  type LinkRequest,
  linkResult,
  readLink,
} from "../core/link/handshake.ts";
import type { Sasl } from "../core/link/sasl.ts";
import type { Throttle } from "../core/link/throttle.ts";
import type { TicketProof, Tickets } from "../core/link/ticket.ts";
import type { LinkError } from "../core/protocol/base.ts";
import { Capabilities, CommonCap } from "../core/protocol/capabilities.ts";
import {
  type ChannelName,
  channelName,
  ChannelType,
  LinkAuthMechanism,
  TICKET_BYTES,
  TICKET_PUBKEY_BYTES,
} from "../core/protocol/link.ts";

/** What may link, and who. */
export interface LinkPolicy {
  readonly tickets: Tickets;
  /** Users and passwords instead of the ticket. Over TCP only inside TLS; others are sent there. */
  readonly sasl?: Sasl;
  /**
   * The capabilities of a channel; undefined: there is no such channel now. connectionId: the session that
   * asks for it, which is not proved yet.
   */
  offered(
    channelType: number,
    channelId: number,
    connectionId: number,
    address?: string,
  ): Capabilities | undefined;
  channelSecurity(channel: ChannelName): ChannelSecurity;
  /** A session that a channel of this type may join. */
  sessionKnown(connectionId: number, channelType: number): boolean;
  /** What the session was opened with: `Linked.opener` of its main channel. */
  sessionOpener?(connectionId: number): Opener | undefined;
  readonly throttle: Throttle;
  /** Who is at the other end, when the carrier knows already: a login of the console. The ticket is not looked at. */
  readonly vouched?: Opener;
  /** Ends the stage and the stream when it comes too late. */
  readonly deadline?: AbortSignal;
  /** Waits, for slowed logins; the default uses a timer. */
  sleep?(ms: number): Promise<unknown>;
}

export type ChannelSecurity = "any" | "secure" | "plaintext";

/** Who opened a session: the session's later channels must be of the same. */
export interface Opener {
  /** Who it is; undefined: whoever knows the ticket. */
  readonly identity?: string;
  readonly ticket?: TicketProof;
  /** The console's login that vouches for it. */
  readonly login?: string;
  /** Sees and hears, and does nothing. */
  readonly viewOnly?: boolean;
}

/** A channel whose client is known and whose messages come next. */
export interface Linked {
  readonly duplex: Duplex;
  /** 0: a new session, to be given its number now. */
  readonly connectionId: number;
  readonly channelType: number;
  readonly channelId: number;
  /** The client's. */
  readonly commonCaps: Capabilities;
  readonly channelCaps: Capabilities;
  /** Messages have 6-byte headers, both ways. */
  readonly mini: boolean;
  /** The SASL user. */
  readonly identity?: string;
  /** To be kept with a new session, for `LinkPolicy.sessionOpener`. */
  readonly opener: Opener;
}

/**
 * Takes a stream through the link. Rejects, with the stream closed, when it does not get there:
 * LinkRefused with the code that the client was sent, ProtocolError when the client left, or
 * whatever broke the stream.
 */
export async function linkStage(duplex: Duplex, policy: LinkPolicy): Promise<Linked> {
  const { deadline } = policy;
  const tooLate = () => duplex.close();
  deadline?.addEventListener("abort", tooLate);
  try {
    deadline?.throwIfAborted();
    const linked = await link(duplex, policy);
    deadline?.throwIfAborted();
    return linked;
  } catch (error) {
    duplex.close();
    throw deadline?.aborted
      ? new LinkRefused("error", "The client did not finish its link before the deadline")
      : error;
  } finally {
    deadline?.removeEventListener("abort", tooLate);
  }
}

async function link(duplex: Duplex, policy: LinkPolicy): Promise<Linked> {
  let request: LinkRequest;
  let channelCaps: Capabilities;
  try {
    request = await readLink(duplex);
    channelCaps = admissible(request, duplex.remote, policy);
  } catch (error) {
    if (error instanceof LinkRefused) await refuse(duplex, linkRefusal(error.code));
    throw error;
  }

  const { vouched } = policy;
  const sasl = vouched ? undefined : policy.sasl;
  const key = sasl ? undefined : await policy.tickets.keys.take();
  const wanted = sasl ? CommonCap.authSasl : CommonCap.authSpice;
  const commonCaps = Capabilities.of(CommonCap.authSelection, wanted, CommonCap.miniHeader);
  const pubKey = key?.spki ?? new Uint8Array(TICKET_PUBKEY_BYTES);
  await writeAll(duplex, linkReply(pubKey, commonCaps, channelCaps));

  const joins = request.channelType !== ChannelType.main;
  const known = joins && policy.sessionKnown(request.connectionId, request.channelType);
  const session = known ? policy.sessionOpener?.(request.connectionId) : undefined;
  const judge = turns(policy, duplex.remote.address, session);
  let opener: Opener | null;
  try {
    if (request.commonCaps.has(CommonCap.authSelection)) await mechanism(duplex, wanted);
    if (sasl) {
      opener = await sasl.serve(duplex, judge);
    } else {
      const ticket = await readExactly(duplex, TICKET_BYTES);
      opener = vouched ?? await judge(() => policy.tickets.check(key!, ticket, session));
    }
    // INVARIANT: a login's session takes channels of that login, and others take none of it
    if (session && session.login !== vouched?.login) opener = null;
  } catch (error) {
    // SPEC: a whole link reply, although the client expects something shorter here
    if (error instanceof LinkRefused) await refuse(duplex, linkRefusal(error.code));
    throw error;
  }
  if (opener === null) return await end(duplex, "permissionDenied", "Wrong credentials");
  if (joins && !known) {
    return await end(
      duplex,
      "badConnectionId",
      `No session ${request.connectionId} takes a channel of type ${request.channelType}`,
    );
  }
  await writeAll(duplex, linkResult("ok"));
  return {
    ...request,
    duplex,
    // SPEC: libspice takes a main link with a number for a migrating client's and stays silent;
    // there is no migration here, so it opens a session like any other
    connectionId: joins ? request.connectionId : 0,
    mini: request.commonCaps.has(CommonCap.miniHeader),
    identity: opener.identity,
    opener,
  };
}

/** Reads how the client wants to log in: only in the way that was offered. */
async function mechanism(duplex: Duplex, wanted: number): Promise<void> {
  const word = await readExactly(duplex, LinkAuthMechanism.size!);
  const { authMechanism } = decode(LinkAuthMechanism, word);
  if (authMechanism !== wanted) {
    throw new LinkRefused("invalidData", `The client chose mechanism ${authMechanism}`);
  }
}

/**
 * Lets the attempts of an address happen when it is their turn, or not at all. session: what opened the
 * one that the link would join.
 */
function turns(
  { throttle, vouched, sleep = byTimer }: LinkPolicy,
  address: string,
  session: Opener | undefined,
) {
  return async <O extends Opener>(
    check: () => Promise<O | null>,
    user?: string,
  ): Promise<O | null> => {
    // INVARIANT: a session takes nobody but who opened it, and is no place to try others' passwords
    if (
      session !== undefined &&
      (session.login !== vouched?.login || user !== undefined && user !== session.identity)
    ) {
      throttle.failed(address, user, session);
      return null;
    }
    const wait = throttle.admit(address, session);
    if (wait > 0) await sleep(Math.min(wait, LONGEST_WAIT_MS));
    // not counted as a failure, or a flood would lock the address for as long as it lasts
    if (wait === Infinity) return null;
    const opener = await check();
    if (opener === null) throttle.failed(address, user, session);
    else throttle.succeeded(address, opener.identity);
    return opener;
  };
}

/** A slot that is further away is refused without a check; the refusal too takes so long. */
const LONGEST_WAIT_MS = 4000;

/** The channel's capabilities, when it exists and may be used over this stream. */
function admissible(request: LinkRequest, remote: Remote, policy: LinkPolicy): Capabilities {
  const { channelType, channelId, connectionId } = request;
  const name = channelName(channelType);
  const security = name === undefined ? "any" : policy.channelSecurity(name);
  const overheard = !policy.vouched && !remote.secure && remote.transport === "tcp";
  if (!remote.secure && security === "secure" || overheard && policy.sasl) {
    throw new LinkRefused("needSecured", `Channel ${name ?? channelType} is for TLS only`);
  }
  if (remote.secure && security === "plaintext") {
    throw new LinkRefused("needUnsecured", `Channel ${name} is not for TLS`);
  }
  if (policy.sasl && !policy.vouched && !request.commonCaps.has(CommonCap.authSelection)) {
    throw new LinkRefused("versionMismatch", "The client cannot choose how to log in");
  }
  const caps = policy.offered(channelType, channelId, connectionId, remote.address);
  if (name === undefined || caps === undefined) {
    throw new LinkRefused(
      "channelNotAvailable",
      `There is no channel ${name ?? channelType} ${channelId}`,
    );
  }
  return caps;
}

async function end(
  duplex: Duplex,
  code: LinkError,
  reason: string,
): Promise<never> {
  await refuse(duplex, linkResult(code));
  throw new LinkRefused(code, reason);
}

/**
 * Sends the last bytes, then reads what the client still says until it has heard them and leaves.
 * Closing with unread bytes would reset the connection and could take the answer along.
 */
async function refuse(duplex: Duplex, bytes: Uint8Array): Promise<void> {
  const timer = setTimeout(() => duplex.close(), LINGER_MS);
  try {
    await writeAll(duplex, bytes);
    const scrap = new Uint8Array(1024);
    for (let reads = 0; reads < 16 && await duplex.read(scrap) !== null; reads++);
  } catch {
    /* the client left first, or did not leave in time */
  } finally {
    clearTimeout(timer);
  }
}

/** Enough for an answer to cross the world; a client that waits for us to close waits so long. */
const LINGER_MS = 250;

const byTimer = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
