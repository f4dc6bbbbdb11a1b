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
import { BitReader, type Bits, BitWriter, type Code, codes } from "./quic_bits.ts";
import { chance } from "./quic_chance.ts";

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
