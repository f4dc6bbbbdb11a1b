import { Bits, block } from "./blocks.ts";

/** Deflate's matches reach so far back. */
const WINDOW = 32 << 10;

/**
 * A zlib stream that comes in pieces, each ended by Z_SYNC_FLUSH and so with a whole byte: what RFB's
 * encodings have. Its checksum never comes. Several may share the memory that they unpack into.
 */
export class Inflater {
  readonly #scratch: Scratch;
  #window: Uint8Array | null = null;
  #reach = 0;
  #begun = false;

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  /** The stream begins anew. */
  reset(): void {
    this.#begun = false;
    this.#reach = 0;
  }

  /**
   * What a piece holds, at most `most` bytes: a view, valid until the scratch is used again.
   * RangeError: it is no piece of a zlib stream, or holds more; then the stream is over.
   */
  next(piece: Uint8Array, most: number): Uint8Array {
    const out = this.#scratch.of(this.#reach + most), reach = this.#reach;
    const window = this.#window ??= new Uint8Array(WINDOW);
    out.set(window.subarray(WINDOW - reach));
    let at = reach, over = false;
    if (!this.#begun && !isHeader(piece)) throw new RangeError("no zlib stream");
    const bits = new Bits(piece, this.#begun ? 0 : 2);
    this.#begun = true;
    while (!over && !bits.spent) ({ end: at, last: over } = block(bits, out, at));
    if (over) {
      this.reset();
      return out.subarray(reach, at);
    }
    this.#reach = Math.min(WINDOW, at);
    window.set(out.subarray(at - this.#reach, at), WINDOW - this.#reach);
    return out.subarray(reach, at);
  }
}

const isHeader = (piece: Uint8Array) =>
  piece.length >= 2 && (piece[0] & 15) === 8 && (piece[0] << 8 | piece[1]) % 31 === 0;

/** Memory that grows to what was ever needed. */
export class Scratch {
  #bytes = new Uint8Array(0);

  of(size: number): Uint8Array {
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(Math.max(size, 1 << 16));
    return this.#bytes.subarray(0, size);
  }
}
