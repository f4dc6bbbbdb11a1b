/** The bits of a scan: bytes up to a marker, a zero behind each 255 left out (ITU-T T.81 F.2.2). */
import { codesOf, type HuffmanTable } from "./tables.ts";

/** A table to read codes with. */
export interface HuffmanReader {
  /** By the next 8 bits: length << 8 | symbol of a code of up to 8 bits; 0: it is longer, or none. */
  readonly short: Uint16Array;
  /** By length: the first code above those of that length, and what to add to one for its symbol. */
  readonly above: Int32Array;
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/** RangeError: these are no codes. */
export function huffmanReader(table: HuffmanTable): HuffmanReader {
  const short = new Uint16Array(256);
  const above = new Int32Array(17), offset = new Int32Array(17);
  let code = 0, next = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    offset[length] = next - code;
    code += table.counts[length - 1];
    next += table.counts[length - 1];
    above[length] = code;
    if (code > 1 << length) throw new RangeError(`JPEG Huffman codes of ${length} bits overflow`);
  }
  for (const { code, length, symbol } of codesOf(table)) {
    if (length > 8) break;
    short.fill(length << 8 | symbol, code << (8 - length), (code + 1) << (8 - length));
  }
  return { short, above, offset, symbols: table.symbols };
}

export class BitReader {
  readonly #data: Uint8Array;
  #at: number;
  /** The low #count bits are to be read. */
  #held = 0;
  #count = 0;

  constructor(data: Uint8Array, at: number) {
    this.#data = data;
    this.#at = at;
  }

  /** 0 to 16 bits. RangeError: a marker or the end is there before them. */
  bits(count: number): number {
    if (this.#count < count) this.#need(count);
    this.#count -= count;
    return this.#held >>> this.#count & ((1 << count) - 1);
  }

  bit(): number {
    if (this.#count === 0) this.#need(1);
    return this.#held >>> --this.#count & 1;
  }

  /** A number of so many bits, whose first says whether it is positive. */
  signed(count: number): number {
    if (count === 0) return 0;
    const value = this.bits(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /** What a code stands for. RangeError: there is none. */
  symbol(table: HuffmanReader): number {
    if (this.#count < 16) this.#fill();
    const left = this.#count;
    const next = left < 8 ? this.#held << (8 - left) & 0xff : this.#held >>> (left - 8) & 0xff;
    const found = table.short[next];
    if (found !== 0 && found >>> 8 <= left) {
      this.#count = left - (found >>> 8);
      return found & 0xff;
    }
    for (let length = 9; length <= 16 && length <= left; length++) {
      const code = this.#held >>> (left - length) & ((1 << length) - 1);
      if (code < table.above[length]) {
        this.#count = left - length;
        return table.symbols[code + table.offset[length]];
      }
    }
    throw new RangeError(`No JPEG Huffman code is at byte ${this.#at}`);
  }

  /** Skips the rest of the last byte; a marker must follow, where it is. RangeError: none does. */
  marker(): number {
    this.#fill();
    if (this.#count >= 8 || this.#data[this.#at] !== 0xff) {
      throw new RangeError(`More JPEG data than pixels at byte ${this.#at}`);
    }
    return this.#at;
  }

  /** Goes on behind a restart marker, the n-th. RangeError: it is not there. */
  restart(n: number): void {
    let at = this.marker();
    while (this.#data[at + 1] === 0xff) at++;
    if (this.#data[at + 1] !== 0xd0 + (n & 7)) {
      throw new RangeError(`JPEG marker ${this.#data[at + 1]?.toString(16)} for restart ${n & 7}`);
    }
    this.#at = at + 2;
    this.#count = 0;
  }

  #need(count: number): void {
    this.#fill();
    if (this.#count < count) throw new RangeError(`JPEG scan ends early at byte ${this.#at}`);
  }

  /** More bits, as many as fit, if there are any. */
  #fill(): void {
    const data = this.#data;
    while (this.#count <= 24 && this.#at < data.length) {
      const byte = data[this.#at];
      if (byte === 0xff) {
        if (data[this.#at + 1] !== 0) return;
        this.#at++;
      }
      this.#at++;
      this.#held = this.#held << 8 | byte;
      this.#count += 8;
    }
  }
}
