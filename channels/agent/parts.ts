/** Ways that parts of agent messages go: cut into pieces again, held for a look at their first bytes, put together. */
import { encode } from "../../core/binary/codec.ts";
import { AGENT_MAX_DATA_BYTES, AgentHeader } from "../../core/protocol/agent.ts";
import type { MessageParts } from "../../core/link/agent_pieces.ts";

/** Where one message goes, part by part. */
export interface Way {
  put(bytes: Uint8Array): void;
  end(): void;
}

/** Makes pieces of a message's parts: full ones, and the last. The pieces are the callee's to keep. */
export class PieceWay implements Way {
  #piece = new Uint8Array(AGENT_MAX_DATA_BYTES);
  #at = 0;

  constructor(readonly emit: (piece: Uint8Array) => void) {}

  put(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const n = Math.min(AGENT_MAX_DATA_BYTES - this.#at, bytes.length - from);
      this.#piece.set(bytes.subarray(from, from + n), this.#at);
      this.#at += n;
      from += n;
      if (this.#at === AGENT_MAX_DATA_BYTES) this.end();
    }
  }

  end(): void {
    if (this.#at === 0) return;
    this.emit(this.#piece.subarray(0, this.#at));
    this.#piece = new Uint8Array(AGENT_MAX_DATA_BYTES);
    this.#at = 0;
  }
}

/** Puts one message together; what is longer than the limit is passed over. */
export class WholeWay implements Way {
  #bytes = new Uint8Array(64);
  #at = 0;

  constructor(readonly limitBytes: number, readonly whole: (data: Uint8Array) => void) {}

  put(bytes: Uint8Array): void {
    const end = this.#at + bytes.length;
    if (end <= this.limitBytes) {
      if (end > this.#bytes.length) {
        const bigger = new Uint8Array(Math.min(this.limitBytes, Math.max(end, end * 2)));
        bigger.set(this.#bytes.subarray(0, this.#at));
        this.#bytes = bigger;
      }
      this.#bytes.set(bytes, this.#at);
    }
    this.#at = end;
  }

  end(): void {
    if (this.#at <= this.limitBytes) this.whole(this.#bytes.subarray(0, this.#at));
  }
}

/** The first bytes of a message's body: which selection, or which file, is meant. */
const PREFIX_BYTES = 4;

/** Asks, for each message, which way it goes; the way gets what the asked put first, then the body behind its prefix. */
export class Routed implements MessageParts {
  #header: AgentHeader = { protocol: 0, type: 0, opaque: 0n, size: 0 };
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #held = 0;
  #asked = false;
  #way: Way | null = null;

  /** route: null passes the message over. prefix: at most 4 bytes, fewer in a shorter message; valid only during the call. */
  constructor(readonly route: (header: AgentHeader, prefix: Uint8Array) => Way | null) {}

  /** What is left of the present message is passed over. */
  cut(): void {
    this.#way = null;
    this.#asked = true;
  }

  begin(header: AgentHeader): void {
    this.#header = header;
    this.#held = 0;
    this.#asked = false;
    this.#way = null;
  }

  part(bytes: Uint8Array): void {
    let from = 0;
    if (!this.#asked) {
      from = Math.min(this.#prefixBytes - this.#held, bytes.length);
      this.#prefix.set(bytes.subarray(0, from), this.#held);
      this.#held += from;
      if (this.#held === this.#prefixBytes) this.#ask();
    }
    if (from < bytes.length) this.#way?.put(bytes.subarray(from));
  }

  end(): void {
    if (!this.#asked) this.#ask();
    const way = this.#way;
    this.#way = null;
    way?.end();
  }

  get #prefixBytes(): number {
    return Math.min(PREFIX_BYTES, this.#header.size);
  }

  #ask(): void {
    this.#asked = true;
    this.#way = this.route(this.#header, this.#prefix.subarray(0, this.#held));
  }
}

/** Begins a message on a way: its header, and the first bytes of its body. */
export function begun(way: Way, header: AgentHeader, prefix: Uint8Array): Way {
  way.put(encode(AgentHeader, header));
  way.put(prefix);
  return way;
}
