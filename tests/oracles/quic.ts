/**
 * QUIC once more, slow and plain: what core/codecs/quic is judged by. One symbol at a time, no tricks.
 * Source of truth: spice-common quic.c, quic_tmpl.c, quic_family_tmpl.c.
 */
import {
  pixelBytes,
  type QuicFormat,
  quicFormats,
  type QuicPicture,
  type QuicRows,
} from "../../core/codecs/quic/mod.ts";
import { chance } from "./quic_chance.ts";

/** Half of what encoder and decoder share: bits that are put, or taken. */
interface Bits {
  /** A residual in the code of a rank; the decoder returns what it finds. */
  residual(code: Code, rank: number, value: number): number;
  /** How many pixels repeat, given how many there are until the piece ends. */
  run(state: { run: number }, length: number, most: number): number;
}

/** The codes for components of so many bits. */
class Code {
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

const codes = { 8: new Code(8), 5: new Code(5) };

/** What one component has learnt. */
class Model {
  readonly #code: Code;
  readonly #buckets: { best: number; costs: number[] }[] = [];

  constructor(code: Code) {
    this.#code = code;
    for (let i = 0; i < code.depth; i++) {
      this.#buckets.push({ best: code.depth - 1, costs: new Array(code.depth).fill(0) });
    }
  }

  #bucket(context: number) {
    const value = context % (1 << this.#code.depth);
    // 1, 2, 4 … values to a bucket, and one more to the last
    return this.#buckets[Math.min(Math.floor(Math.log2(value + 1)), this.#code.depth - 1)];
  }

  rank(context: number): number {
    return this.#bucket(context).best;
  }

  learn(context: number, value: number, trigger: number): void {
    const bucket = this.#bucket(context);
    bucket.costs = bucket.costs.map((cost, rank) => cost + this.#code.length(rank, value));
    const least = Math.min(...bucket.costs);
    bucket.best = bucket.costs.lastIndexOf(least);
    if (least > trigger) bucket.costs = bucket.costs.map((cost) => cost >> 1);
  }
}

/** Components that are coded together: the three colours, or alpha, or grey. Pixels are arrays of them. */
class Plane {
  readonly #code: Code;
  readonly #models: Model[];
  /** The residuals written last at each column. */
  readonly #written: number[][];
  #above: number[][] = [];
  #wait = 0;
  #seed = 255;
  #waitBits = 0;
  #patience = 2048;
  readonly #state = { run: 0 };

  constructor(components: number, depth: 8 | 5, readonly width: number) {
    this.#code = codes[depth];
    this.#models = Array.from({ length: components }, () => new Model(this.#code));
    this.#written = Array.from({ length: width }, () => new Array(components).fill(0));
  }

  /** Codes a row of pixels, or finds out what they are. Returns them. */
  row(bits: Bits, given: number[][] | null): number[][] {
    const row: number[][] = [];
    const first = this.#above.length === 0 ? this.#models.map(() => 0) : this.#written[0].slice();
    for (let at = 0; at < this.width;) {
      let end = this.width;
      if (this.#waitBits < 6 && this.#patience <= end - at) {
        end = at + this.#patience;
        this.#piece(bits, given, row, at, end, first);
        this.#waitBits++;
        this.#patience = 2048;
      } else {
        this.#piece(bits, given, row, at, end, first);
        if (this.#waitBits < 6) this.#patience -= end - at;
      }
      at = end;
    }
    this.#above = row;
    return row;
  }

  #piece(
    bits: Bits,
    given: number[][] | null,
    row: number[][],
    at: number,
    end: number,
    first: number[],
  ): void {
    let afterRun = -1;
    while (at < end) {
      if (at !== afterRun && this.#mayRun(row, at)) {
        let length = 0;
        if (given) { while (at + length < end && same(given[at + length], row[at - 1])) length++; }
        length = bits.run(this.#state, length, end - at);
        for (const stop = at + length; at < stop; at++) row[at] = row[at - 1];
        afterRun = length === 0 ? at : -1;
        continue;
      }
      const context = at > 0 ? this.#written[at - 1] : first;
      const guess = this.#guess(row, at);
      const residuals = this.#models.map((model, i) => {
        const value = given ? this.#fold(given[at][i] - guess[i]) : 0;
        return bits.residual(this.#code, model.rank(context[i]), value) & 255;
      });
      row[at] = residuals.map((value, i) => (guess[i] + this.#unfold(value)) & this.#mask);
      this.#written[at] = residuals;
      if (this.#wait > 0) this.#wait--;
      else {
        this.#models.forEach((model, i) => model.learn(context[i], residuals[i], this.#trigger));
        this.#seed = (this.#seed + 1) & 255;
        this.#wait = chance[this.#seed] & (2 ** this.#waitBits - 1);
      }
      at++;
    }
  }

  #mayRun(row: number[][], at: number): boolean {
    return this.#above.length > 0 && at > 2 && same(this.#above[at - 1], this.#above[at]) &&
      same(row[at - 1], row[at - 2]);
  }

  #guess(row: number[][], at: number): number[] {
    const left = row[at - 1], above = this.#above[at];
    return this.#models.map((_, i) => {
      if (!above) return left ? left[i] : 0;
      return left ? (left[i] + above[i]) >> 1 : above[i];
    });
  }

  get #mask(): number {
    return 2 ** this.#code.depth - 1;
  }

  get #trigger(): number {
    return [110, 550, 900, 800, 550, 400, 350][this.#waitBits];
  }

  /** 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 … */
  #fold(difference: number): number {
    const value = difference & this.#mask;
    return value <= this.#mask >> 1 ? value * 2 : (this.#mask - value) * 2 + 1;
  }

  #unfold(value: number): number {
    if (value > this.#mask) return 0; // SPEC: the C decoder's table has nothing there
    return value % 2 === 1 ? this.#mask - (value >> 1) : value >> 1;
  }
}

function same(one: number[], other: number[]): boolean {
  return one.every((value, i) => value === other[i]);
}

/** By state of the run-length coder: log2 of its unit. */
const units = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7]
  .concat([7, 8, 9, 10, 11, 12, 13, 14, 15]);

class BitWriter implements Bits {
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

class BitReader implements Bits {
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

function planesOf(format: QuicFormat, width: number): Plane[] {
  if (format === "gray") return [new Plane(1, 8, width)];
  const colours = new Plane(3, format === "rgb16" ? 5 : 8, width);
  return format === "rgba" ? [colours, new Plane(1, 8, width)] : [colours];
}

export function encodeTwin(rows: QuicRows): Uint8Array {
  const { data, format, width, height, stride, topDown } = rows;
  const bits = new BitWriter();
  for (const word of [0x43495551, 0, quicFormats.indexOf(format) + 1, width, height]) {
    bits.put(word, 32);
  }
  const planes = planesOf(format, width);
  for (let y = 0; y < height; y++) {
    const at = (topDown ? y : height - 1 - y) * stride;
    const row = Array.from(
      { length: width },
      (_, x) => components(format, data, at + x * pixelBytes(format)),
    );
    if (format === "gray") planes[0].row(bits, row);
    else {
      planes[0].row(bits, row.map((pixel) => pixel.slice(0, 3)));
      planes[1]?.row(bits, row.map((pixel) => pixel.slice(3)));
    }
  }
  return bits.end();
}

export function decodeTwin(
  bytes: Uint8Array,
  expected: { width: number; height: number },
): QuicPicture {
  const bits = new BitReader(bytes);
  const head = [0, 0, 0, 0, 0].map(() => bits.take(32));
  const format = quicFormats[head[2] - 1];
  const { width, height } = expected;
  if (head[0] !== 0x43495551 || head[1] !== 0 || !format) throw new RangeError("no QUIC");
  if (head[3] !== width || head[4] !== height) throw new RangeError("of another size");
  const planes = planesOf(format, width);
  const size = pixelBytes(format);
  const data = new Uint8Array(width * height * size);
  for (let y = 0; y < height; y++) {
    const parts = planes.map((plane) => plane.row(bits, null));
    for (let x = 0; x < width; x++) {
      store(format, data, (y * width + x) * size, parts.flatMap((part) => part[x]));
    }
  }
  return { format, width, height, data };
}

/** Red, green, blue, alpha; or grey. */
function components(format: QuicFormat, data: Uint8Array, at: number): number[] {
  if (format === "gray") return [data[at]];
  if (format !== "rgb16") return [data[at + 2], data[at + 1], data[at], data[at + 3]];
  const pixel = data[at] | data[at + 1] << 8;
  return [pixel >> 10 & 31, pixel >> 5 & 31, pixel & 31];
}

function store(format: QuicFormat, data: Uint8Array, at: number, parts: number[]): void {
  if (format === "gray") data[at] = parts[0];
  else if (format === "rgb16") {
    const pixel = parts[0] << 10 | parts[1] << 5 | parts[2];
    data[at] = pixel, data[at + 1] = pixel >> 8;
  } else {
    data[at] = parts[2], data[at + 1] = parts[1], data[at + 2] = parts[0];
    if (format === "rgba") data[at + 3] = parts[3];
  }
}
