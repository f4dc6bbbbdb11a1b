/** How QUIC's twin writes residuals and runs, and reads them, bit by bit. */

/** Half of what encoder and decoder share: bits that are put, or taken. */
export interface Bits {
  /** A residual in the code of a rank; the decoder returns what it finds. */
  residual(code: Code, rank: number, value: number): number;
  /** How many pixels repeat, given how many there are until the piece ends. */
  run(state: { run: number }, length: number, most: number): number;
}

/** The codes for components of so many bits. */
export class Code {
  readonly escapes: { from: number; zeroes: number; bits: number }[] = [];

  constructor(readonly depth: number) {
    for (let rank = 0; rank < depth; rank++) {
      const zeroes = Math.min(26 - depth, 2 ** (depth - rank) - 1);
      const from = zeroes << rank;
      this.escapes.push({ from, zeroes, bits: Math.ceil(Math.log2(2 ** depth - from)) });
    }
  }

  length(rank: number, value: number): number {
    const { from, zeroes, bits } = this.escapes[rank];
    return value < from ? (value >> rank) + 1 + rank : zeroes + bits;
  }
}

export const codes = { 8: new Code(8), 5: new Code(5) };

/** By state of the run-length coder: log2 of its unit. */
const units = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7]
  .concat([7, 8, 9, 10, 11, 12, 13, 14, 15]);

export class BitWriter implements Bits {
  #words: number[] = [];
  #count = 0;

  put(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) {
      const place = this.#count++ % 32;
      if (place === 0) this.#words.push(0);
      if (value >>> bit & 1) this.#words[this.#words.length - 1] |= 2 ** (31 - place);
    }
  }

  residual(code: Code, rank: number, value: number): number {
    const { from, zeroes, bits } = code.escapes[rank];
    if (value < from) {
      this.put(0, value >> rank);
      this.put(1, 1);
      this.put(value & (2 ** rank - 1), rank);
    } else {
      this.put(0, zeroes);
      this.put(value - from, bits);
    }
    return value;
  }

  run(state: { run: number }, length: number): number {
    let left = length;
    for (; left >= 2 ** units[state.run]; state.run = Math.min(31, state.run + 1)) {
      this.put(1, 1);
      left -= 2 ** units[state.run];
    }
    this.put(left, units[state.run] + 1);
    state.run = Math.max(0, state.run - 1);
    return length;
  }

  end(): Uint8Array {
    return new Uint8Array(Int32Array.from([...this.#words, 0]).buffer);
  }
}

export class BitReader implements Bits {
  readonly #view: DataView;
  readonly #words: number;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#words = bytes.length >> 2;
    if (this.#words === 0) throw new RangeError("no word");
  }

  take(bits: number): number {
    let value = 0;
    for (; bits > 0; bits--) {
      const word = this.#view.getUint32((this.#at >> 5) * 4, true);
      value = value * 2 + (word >>> (31 - this.#at % 32) & 1);
      this.#at++;
      // SPEC: the C decoder holds one word more than it needs, and fails when there is none
      if (Math.ceil(this.#at / 32) + 1 > this.#words) throw new RangeError("bits are missing");
    }
    return value;
  }

  residual(code: Code, rank: number): number {
    const { from, zeroes, bits } = code.escapes[rank];
    let seen = 0;
    while (seen < zeroes && this.take(1) === 0) seen++;
    return seen < zeroes ? (seen << rank) + this.take(rank) : from + this.take(bits);
  }

  run(state: { run: number }, _length: number, most: number): number {
    let length = 0;
    for (; this.take(1) === 1; state.run = Math.min(31, state.run + 1)) {
      length += 2 ** units[state.run];
      if (length > most) throw new RangeError("a run goes beyond its row");
    }
    length += this.take(units[state.run]);
    if (length > most) throw new RangeError("a run goes beyond its row");
    state.run = Math.max(0, state.run - 1);
    return length;
  }
}
