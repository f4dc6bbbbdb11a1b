import { ProtocolError } from "../binary/error.ts";
import {
  DATA_HEADER_BYTES,
  MINI_DATA_HEADER_BYTES,
  type SubMessage,
  subMessages,
} from "../protocol/header.ts";

const LIST = 8;

/** Gets each message; the body is a view that is valid only during the call. */
export type OnMessage = (type: number, body: Uint8Array) => void;

/**
 * Cuts a stream of bytes into messages. The only code that knows that bytes come in pieces.
 * Sub-messages come before the message that carries them.
 */
export class Deframer {
  #partial = new Uint8Array(1 << 12);
  #held = 0;
  readonly #headerBytes: number;
  readonly #mini: boolean;

  /** limitBytes: the longest body that is accepted. */
  constructor(options: { mini: boolean; limitBytes: number }, readonly onMessage: OnMessage) {
    this.#mini = options.mini;
    this.#headerBytes = options.mini ? MINI_DATA_HEADER_BYTES : DATA_HEADER_BYTES;
    this.limitBytes = options.limitBytes;
  }
  readonly limitBytes: number;

  /** Takes bytes as they come. Throws ProtocolError or WireError for what cannot be a message. */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#held > 0) {
      bytes = this.#join(chunk);
      this.#held = 0;
    }
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (bytes.length - at >= this.#headerBytes) {
      const size = view.getUint32(at + (this.#mini ? 2 : 10), true);
      if (size > this.limitBytes) {
        throw new ProtocolError(
          `a message of ${size} bytes came, ${this.limitBytes} is the most here`,
        );
      }
      const body = at + this.#headerBytes;
      if (bytes.length - body < size) break;
      const type = view.getUint16(at + (this.#mini ? 0 : 8), true);
      const subList = this.#mini ? 0 : view.getUint32(at + 14, true);
      at = body + size;
      this.#deliver(type, bytes.subarray(body, at), subList);
    }
    this.#keep(bytes, at);
  }

  #deliver(type: number, body: Uint8Array, subList: number): void {
    if (subList !== 0) this.#each(subMessages(body, subList));
    if (type === LIST) this.#each(subMessages(body));
    else this.onMessage(type, body);
  }

  #each(messages: SubMessage[]): void {
    for (const { type, body } of messages) {
      if (type === LIST) throw new ProtocolError("a message list stands within a message list");
      this.onMessage(type, body);
    }
  }

  #join(chunk: Uint8Array): Uint8Array {
    const total = this.#held + chunk.length;
    this.#reserve(total);
    this.#partial.set(chunk, this.#held);
    return this.#partial.subarray(0, total);
  }

  #keep(bytes: Uint8Array, at: number): void {
    const left = bytes.length - at;
    if (left === 0) return;
    if (bytes.buffer === this.#partial.buffer) {
      // a message that comes byte by byte is not moved for each of them
      if (at > 0) this.#partial.copyWithin(0, at, bytes.length);
    } else {
      this.#reserve(left);
      this.#partial.set(bytes.subarray(at));
    }
    this.#held = left;
  }

  /** Room for what has come, doubled as it comes: a size that is only claimed allocates nothing. */
  #reserve(needed: number): void {
    if (needed <= this.#partial.length) return;
    const bigger = new Uint8Array(Math.max(needed, this.#partial.length * 2));
    bigger.set(this.#partial.subarray(0, this.#held));
    this.#partial = bigger;
  }
}
