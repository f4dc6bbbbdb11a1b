/**
 * The protocol has no way to ask a guest for another size but through its agent. Where a guest has none
 * and its card can be asked, this stands in for it: an agent that knows of monitors and nothing else.
 * Source of truth: vd_agent.h; reds.cpp, reds_use_client_monitors_config; agent-msg-filter.c.
 */
import { decode, encode } from "../core/binary/codec.ts";
import { ProtocolError } from "../core/binary/error.ts";
import type { GuestDisplay, MonitorRequest } from "../core/guest.ts";
import {
  AGENT_PROTOCOL,
  type AgentBody,
  AgentCap,
  AgentHeader,
  AgentMessage,
  agentMessages,
  AgentReplyError,
} from "../core/protocol/agent.ts";
import { Capabilities } from "../core/protocol/capabilities.ts";
import type { Client } from "./client.ts";
import { AgentTokens } from "./agent_tokens.ts";

const { announceCapabilities, monitorsConfig, reply } =
  agentMessages({ selection: false, grabSerial: false }).byName;
const CAPS = Capabilities.of(
  AgentCap.monitorsConfig,
  AgentCap.reply,
  AgentCap.sparseMonitorsConfig,
  AgentCap.monitorsConfigPosition,
);
const HEADER_BYTES = AgentHeader.size!;
/** The longest message that is put together; what is longer is none of ours. */
const MAX_MESSAGE_BYTES = 1 << 14;
/** No screen is wider, and no arrangement reaches further. */
const MAX_SIDE = 1 << 14;
/** Answers that wait for tokens. */
const MAX_WAITING = 32;

/** For all clients of a guest. */
export class MonitorsAgent {
  /** What was asked last: asking for it again changes nothing. */
  #latest: readonly MonitorRequest[] = [];

  constructor(readonly displays: readonly GuestDisplay[]) {}

  /** Every display can be asked for another arrangement. */
  get available(): boolean {
    return this.displays.length > 0 && this.#ask(this.#latest);
  }

  /** Asks for these monitors, in the order of the client's displays; without a size one is off. */
  request(monitors: readonly MonitorRequest[]): boolean {
    const count = monitors.findLastIndex(({ width, height }) => width > 0 && height > 0) + 1;
    const sane = monitors.every(({ x, y, width, height }) =>
      width <= MAX_SIDE && height <= MAX_SIDE && Math.abs(x) <= MAX_SIDE && Math.abs(y) <= MAX_SIDE
    );
    if (count === 0 || !sane) return false;
    this.#latest = monitors.slice(0, count);
    return this.#ask(this.#latest);
  }

  #ask(monitors: readonly MonitorRequest[]): boolean {
    const [only, ...more] = this.displays;
    // one card shows them all, or each shows its own
    if (more.length === 0) return only.requestMonitors(monitors);
    return this.displays.map((display, i) => display.requestMonitors(monitors.slice(i, i + 1)))
      .every((can) => can);
  }
}

/** What main sends for the agent. */
export interface AgentSender {
  agentData(body: { data: Uint8Array }): void;
  agentToken(body: { numTokens: number }): void;
}

/** One client's talk with it. */
export class MonitorsTalk {
  readonly #agent: MonitorsAgent;
  readonly #client: Client;
  readonly #send: AgentSender;
  readonly #tokens = new AgentTokens();
  readonly #waiting: Uint8Array[] = [];
  readonly #buffer = new Uint8Array(HEADER_BYTES + MAX_MESSAGE_BYTES);
  #started = false;
  /** Bytes of a message so far, and bytes that it has yet to come; passed over where it is too long. */
  #held = 0;
  #missing = 0;
  #skipping = false;

  constructor(agent: MonitorsAgent, client: Client, send: AgentSender) {
    this.#agent = agent;
    this.#client = client;
    this.#send = send;
  }

  start(numTokens: number): void {
    this.#started = true;
    this.#held = this.#missing = 0;
    this.#tokens.start(numTokens);
    this.#flush();
  }

  token(numTokens: number): void {
    this.#tokens.add(numTokens);
    this.#flush();
  }

  /** One piece of a message. */
  data(piece: Uint8Array): void {
    // what comes before the start was meant for an agent that is gone
    if (this.#started) this.#assemble(piece);
    const numTokens = this.#tokens.taken();
    if (numTokens > 0) this.#send.agentToken({ numTokens });
  }

  #assemble(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      if (this.#missing === 0) this.#begin(piece.subarray(at));
      const n = Math.min(this.#missing, piece.length - at);
      if (!this.#skipping) this.#buffer.set(piece.subarray(at, at + n), this.#held);
      this.#held += n;
      this.#missing -= n;
      at += n;
      if (this.#missing === 0 && !this.#skipping) {
        this.#message(this.#buffer.subarray(0, this.#held));
      }
    }
  }

  /** SPEC: a header comes whole, at the start of a piece or behind another message. */
  #begin(bytes: Uint8Array): void {
    if (bytes.length < HEADER_BYTES) {
      throw new ProtocolError(`${bytes.length} bytes of an agent message's header came alone`);
    }
    const { protocol, size } = decode(AgentHeader, bytes.subarray(0, HEADER_BYTES));
    if (protocol !== AGENT_PROTOCOL) throw new ProtocolError(`agent protocol ${protocol} came`);
    this.#held = 0;
    this.#missing = HEADER_BYTES + size;
    this.#skipping = size > MAX_MESSAGE_BYTES;
  }

  #message(bytes: Uint8Array): void {
    const { type, data } = decode(AgentMessage, bytes);
    if (type === announceCapabilities.id) {
      const { request } = decode(announceCapabilities.codec, data, { rest: true });
      if (request) this.#say(announceCapabilities, { request: 0, caps: [...CAPS.words] });
    } else if (type === monitorsConfig.id) {
      this.#monitors(decode(monitorsConfig.codec, data, { rest: true }));
    }
  }

  #monitors({ monitors }: AgentBody<"monitorsConfig">): void {
    const done = this.#agent.request(monitors);
    this.#client.log.debug("monitors-requested", { client: this.#client.connectionId, done });
    const error = done ? AgentReplyError.success : AgentReplyError.error;
    this.#say(reply, { type: monitorsConfig.id, error });
  }

  #say({ id, codec }: typeof reply, body: unknown): void {
    if (this.#waiting.length === MAX_WAITING) {
      throw new ProtocolError("the client asks its agent and gives no tokens for the answers");
    }
    const data = encode(codec, body);
    this.#waiting.push(
      encode(AgentMessage, { protocol: AGENT_PROTOCOL, type: id, opaque: 0n, data }),
    );
    this.#flush();
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#tokens.spend()) {
      this.#send.agentData({ data: this.#waiting.shift()! });
    }
  }
}
