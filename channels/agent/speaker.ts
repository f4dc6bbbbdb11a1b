import { encode } from "../../core/binary/codec.ts";
import { AGENT_MAX_DATA_BYTES, AGENT_PROTOCOL, AgentHeader } from "../../core/protocol/agent.ts";
import type { AgentSender } from "./agent.ts";
import { HEADER_BYTES } from "../../core/link/agent_pieces.ts";
import { AgentTokens } from "./tokens.ts";

/** With more on its way a client gets the rest later. */
const AHEAD_BYTES = 1 << 16;

/** Says agent messages to one client: in pieces, each for a token, and no faster than it reads. */
export class AgentSpeaker {
  readonly #send: AgentSender;
  readonly #tokens = new AgentTokens();
  /** What is to be said, and how much of the first of it was. */
  readonly #waiting: Uint8Array[] = [];
  #at = 0;
  #waitingBytes = 0;

  constructor(send: AgentSender) {
    this.#send = send;
  }

  /** Messages, or parts of such, that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The client says how many pieces it takes; what waited for another agent is void. */
  start(numTokens: number): void {
    this.#tokens.start(numTokens);
    this.#waiting.length = this.#at = this.#waitingBytes = 0;
  }

  token(numTokens: number): void {
    this.#tokens.add(numTokens);
    this.flush();
  }

  /** A piece of theirs came. Throws when they had no token for it. */
  came(): void {
    this.#tokens.came();
  }

  /** A piece of theirs was taken. */
  took(): void {
    const numTokens = this.#tokens.taken();
    if (numTokens > 0) this.#send.agentToken({ numTokens });
  }

  /** A whole message; data stays as it is until it was sent. */
  say(type: number, data: Uint8Array): void {
    const header = { protocol: AGENT_PROTOCOL, type, opaque: 0n, size: data.length };
    // one that fits is one piece, as spice-html5 needs it
    if (HEADER_BYTES + data.length <= AGENT_MAX_DATA_BYTES) {
      const whole = new Uint8Array(HEADER_BYTES + data.length);
      whole.set(encode(AgentHeader, header));
      whole.set(data, HEADER_BYTES);
      return this.raw(whole);
    }
    const first = new Uint8Array(AGENT_MAX_DATA_BYTES);
    first.set(encode(AgentHeader, header));
    first.set(data.subarray(0, AGENT_MAX_DATA_BYTES - HEADER_BYTES), HEADER_BYTES);
    this.raw(first);
    this.raw(data.subarray(AGENT_MAX_DATA_BYTES - HEADER_BYTES));
  }

  /** Bytes of messages; they stay as they are until they were sent. */
  raw(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.flush();
  }

  /** Goes on, as far as the client lets it. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#send.waitingBytes < AHEAD_BYTES) {
      if (!this.#tokens.spend()) return;
      const bytes = this.#waiting[0];
      const end = Math.min(this.#at + AGENT_MAX_DATA_BYTES, bytes.length);
      this.#send.agentData({ data: bytes.subarray(this.#at, end) });
      this.#waitingBytes -= end - this.#at;
      this.#at = end;
      if (end < bytes.length) continue;
      this.#waiting.shift();
      this.#at = 0;
    }
  }
}
