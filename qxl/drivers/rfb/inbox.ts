import { isCell } from "../../../core/binary/cell.ts";
import type { Codec } from "../../../core/binary/codec.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import type { Duplex } from "../../../core/link/duplex.ts";

const CAPACITY = 64 << 10;

/**
 * Bytes as they come from a server. What a decoder looks at together is `need`ed first and then read
 * in place; only `need`, `into` and `pass` wait, and only when the bytes are not there yet.
 */
export class Inbox {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(CAPACITY);
  view: DataView = new DataView(this.bytes.buffer);
  /** Where the next byte is. */
  at = 0;
  #end = 0;
  readonly #duplex: Duplex;
  /** Bytes that ever came. */
  received = 0;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  get available(): number {
    return this.#end - this.at;
  }

  /** Whether so many bytes are there: otherwise `need` them. */
  has(n: number): boolean {
    return this.#end - this.at >= n;
  }

  /** Waits until n bytes stand side by side from `at` on: a row of pixels at most. */
  async need(n: number): Promise<void> {
    if (this.at === this.#end) this.at = this.#end = 0;
    if (this.bytes.length - this.at < n) {
      if (this.bytes.length < n) this.#grow(n);
      this.bytes.copyWithin(0, this.at, this.#end);
      this.#end -= this.at;
      this.at = 0;
    }
    while (this.#end - this.at < n) {
      // not `+=` with the wait in it: that would add to what was there before
      const came = await this.#read(this.bytes.subarray(this.#end));
      this.#end += came;
    }
  }

  /** The next value, of a codec of fixed size. */
  async get<T>(codec: Codec<T>): Promise<T> {
    if (codec.size === undefined || !isCell(codec)) throw new TypeError("It has no fixed size");
    if (!this.has(codec.size)) await this.need(codec.size);
    const value = codec.get(this.view, this.at);
    this.at += codec.size;
    return value;
  }

  /** The next byte, which is there. */
  byte(): number {
    return this.bytes[this.at++];
  }

  /** The next n bytes, which are there; a view, valid until the next wait. */
  slice(n: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.at, this.at += n);
  }

  /** Fills the target, past our own buffer where much is to come. */
  async into(target: Uint8Array): Promise<void> {
    let at = Math.min(target.length, this.available);
    target.set(this.bytes.subarray(this.at, this.at + at));
    this.at += at;
    while (target.length - at >= CAPACITY / 2) at += await this.#read(target.subarray(at));
    const rest = target.length - at;
    if (rest === 0) return;
    await this.need(rest);
    target.set(this.slice(rest), at);
  }

  /** Steps over n bytes, however many. */
  async pass(n: number): Promise<void> {
    for (let left = n; left > 0;) {
      if (this.available === 0) await this.need(1);
      const step = Math.min(left, this.available);
      this.at += step;
      left -= step;
    }
  }

  #grow(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  async #read(into: Uint8Array): Promise<number> {
    const n = await this.#duplex.read(into);
    if (n === null) throw new ProtocolError("The server closed the connection");
    this.received += n;
    return n;
  }
}
