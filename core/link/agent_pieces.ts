/**
 * Agent messages come in pieces that mean nothing by themselves. This finds the messages in them.
 * Source of truth: vd_agent.h, VDAgentMessage; agent-msg-filter.c.
 */
import { decode } from "../binary/codec.ts";
import { ProtocolError } from "../binary/error.ts";
import { AGENT_PROTOCOL, AgentHeader } from "../protocol/agent.ts";

export const HEADER_BYTES: number = AgentHeader.size!;
const NONE = new Uint8Array(0);

/** Who takes messages as they come, in any number of parts. Views are valid only during the call. */
export interface MessageParts {
  begin(header: AgentHeader): void;
  part(bytes: Uint8Array): void;
  end(): void;
}

/** Cuts a stream of pieces into messages, and holds none of it. */
export class Pieces {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #held = 0;
  /** Bytes of the current message that have yet to come; null: between two messages. */
  #missing: number | null = null;

  /** wholeHeaders: SPEC: from clients a header comes whole, at the start of a piece or behind another message. */
  constructor(
    readonly parts: MessageParts,
    readonly who: string,
    readonly wholeHeaders: boolean = true,
  ) {}

  /** Within a message. */
  get within(): boolean {
    return this.#missing !== null;
  }

  /** What was half said is void. */
  reset(): void {
    this.#missing = null;
    this.#held = 0;
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      if (this.#missing === null) {
        const n = Math.min(HEADER_BYTES - this.#held, piece.length - at);
        this.#header.set(piece.subarray(at, at + n), this.#held);
        this.#held += n;
        at += n;
        if (this.#held < HEADER_BYTES) break;
        this.#begin();
      }
      const n = Math.min(this.#missing!, piece.length - at);
      if (n > 0) this.parts.part(piece.subarray(at, at + n));
      at += n;
      this.#missing! -= n;
      if (this.#missing === 0) {
        this.#missing = null;
        this.parts.end();
      }
    }
    if (this.wholeHeaders && this.#held > 0) {
      throw new ProtocolError(
        `${this.who} sent ${this.#held} bytes of an agent message's header alone`,
      );
    }
  }

  #begin(): void {
    const header = decode(AgentHeader, this.#header);
    this.#held = 0;
    if (header.protocol !== AGENT_PROTOCOL) {
      throw new ProtocolError(`agent protocol ${header.protocol} came from ${this.who}`);
    }
    this.#missing = header.size;
    this.parts.begin(header);
  }
}

/** Puts messages together, each up to its limit; memory is taken as bytes come, not as they are promised. */
export class Collected implements MessageParts {
  #type = 0;
  #size = 0;
  #kept: Uint8Array | null = null;
  #at = 0;

  constructor(
    readonly limitOf: (type: number) => number,
    /** data: the callee's to keep. null: it was longer than its limit, and passed over. */
    readonly message: (type: number, data: Uint8Array | null) => void,
  ) {}

  begin({ type, size }: AgentHeader): void {
    this.#type = type;
    this.#size = size;
    this.#at = 0;
    this.#kept = size <= this.limitOf(type) ? NONE : null;
  }

  part(bytes: Uint8Array): void {
    let kept = this.#kept;
    if (kept === null) return;
    const end = this.#at + bytes.length;
    if (end > kept.length) {
      const bigger = new Uint8Array(Math.min(this.#size, Math.max(end, 2 * kept.length)));
      bigger.set(kept.subarray(0, this.#at));
      kept = this.#kept = bigger;
    }
    kept.set(bytes, this.#at);
    this.#at = end;
  }

  end(): void {
    const kept = this.#kept;
    this.#kept = null;
    this.message(this.#type, kept);
  }
}
