/** Agent messages on their way to the server: in pieces, each for a token. Source of truth: vd_agent.h. */
import { encode } from "../../core/binary/codec.ts";
import { AGENT_MAX_DATA_BYTES, AGENT_PROTOCOL, AgentHeader } from "../../core/protocol/agent.ts";
import { HEADER_BYTES } from "../../core/link/agent_pieces.ts";

export class AgentSender {
  readonly #send: (piece: Uint8Array) => void;
  #tokens = 0;
  /** Messages that wait, and how much of the first has been said. */
  readonly #waiting: { bytes: Uint8Array; said: () => void }[] = [];
  #at = 0;

  constructor(send: (piece: Uint8Array) => void) {
    this.#send = send;
  }

  /** So many pieces may be said; what waited was for another agent. */
  start(tokens: number): void {
    this.#tokens = tokens;
    this.#waiting.length = this.#at = 0;
  }

  more(tokens: number): void {
    this.#tokens += tokens;
    this.#flush();
  }

  /** Resolves when the server has taken all of it. */
  say(type: number, data: Uint8Array): Promise<void> {
    const bytes = new Uint8Array(HEADER_BYTES + data.length);
    const size = data.length;
    bytes.set(encode(AgentHeader, { protocol: AGENT_PROTOCOL, type, opaque: 0n, size }));
    bytes.set(data, HEADER_BYTES);
    return new Promise((said) => {
      this.#waiting.push({ bytes, said });
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#tokens > 0) {
      const { bytes, said } = this.#waiting[0];
      const end = Math.min(this.#at + AGENT_MAX_DATA_BYTES, bytes.length);
      this.#tokens--;
      this.#send(bytes.subarray(this.#at, end));
      this.#at = end;
      if (end < bytes.length) continue;
      this.#waiting.shift();
      this.#at = 0;
      said();
    }
  }
}
