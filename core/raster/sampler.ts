import { GuestError } from "../binary/error.ts";
import type { Transform } from "../protocol/drawing.ts";
import { loadRow, toArgb } from "./convert.ts";
import { type Pixels, withAlpha } from "./pixels.ts";
import type { Rect } from "./rect.ts";
import { UprightRows, type Wrap } from "./upright.ts";
import { mix, widen } from "./wide.ts";

/** What lies outside of a picture: nothing, itself again, its edge, its mirror image. */
export type Repeat = "none" | "normal" | "pad" | "reflect";
export type Filter = "nearest" | "bilinear";

const REPEATS: readonly Repeat[] = ["none", "normal", "pad", "reflect"];

/** XRender's number in composite_flags. */
export const repeatOf = (n: number): Repeat => REPEATS[n & 3];

/** XRender's number in composite_flags; GuestError for convolutions, which come without a kernel. */
export function filterOf(n: number): Filter {
  if (n === 0 || n === 3) return "nearest";
  if (n <= 4) return "bilinear";
  throw new GuestError(`Cannot composite with filter ${n}`);
}

/** An affine map from where to draw to where to look, 16.16. */
export type Matrix = readonly [number, number, number, number, number, number];
const ONE = 0x10000;

export function matrixOf(t: Transform): Matrix {
  return [t.t00 | 0, t.t01 | 0, t.t02 | 0, t.t10 | 0, t.t11 | 0, t.t12 | 0];
}

/** Stretches `from` so that it is (width, height): both not empty. */
export function stretch(from: Rect, width: number, height: number): Matrix {
  const x = Math.trunc((from.right - from.left) * ONE / width) | 0;
  const y = Math.trunc((from.bottom - from.top) * ONE / height) | 0;
  return [x, 0, from.left << 16, 0, y, from.top << 16];
}

/** Pixels to be looked at through a map, with a filter. */
export class Sampler {
  readonly #matrix: Matrix | null;
  readonly #wrapX: Wrap;
  readonly #wrapY: Wrap;
  #upright: UprightRows | null = null;

  constructor(
    readonly pixels: Pixels,
    matrix: Matrix | null = null,
    readonly filter: Filter = "nearest",
    readonly repeat: Repeat = "none",
  ) {
    const plain = matrix === null || matrix.every((t, i) => t === (i === 0 || i === 4 ? ONE : 0));
    this.#matrix = plain ? null : matrix;
    this.#wrapX = wrap(repeat, pixels.width);
    this.#wrapY = wrap(repeat, pixels.height);
  }

  /**
   * Whether pixman would look at all: it does nothing when coordinates come near 2¹⁵.
   * seen: what is looked at, before the map.
   */
  canSee(seen: Rect): boolean {
    const { width, height } = this.pixels;
    const least = Math.min(seen.left, seen.top) - 1, most = Math.max(seen.right, seen.bottom) + 1;
    if (least < -0x8000 || most > 0x7fff) return false;
    if (width <= 0 || height <= 0 || width >= 0x7fff || height >= 0x7fff) return false;
    const matrix = this.#matrix;
    if (matrix === null) return true;
    const slack = this.filter === "bilinear" ? ONE : 1;
    for (const x of [seen.left - 1, seen.right]) {
      for (const y of [seen.top - 1, seen.bottom]) {
        for (const at of [mapped(matrix, 0, x, y), mapped(matrix, 3, x, y)]) {
          if (at - slack - 8 < -0x80000000 || at + slack + 8 > 0x7fffffff) return false;
        }
      }
    }
    return true;
  }

  /** No pixel that is looked at is see-through. */
  isOpaque(seen: Rect): boolean {
    const { format, width, height } = this.pixels;
    if (format === "argb32" || format === "a8" || format === "a1") return false;
    if (this.repeat !== "none") return true;
    const m = this.#matrix;
    if (m === null) return this.isPlain(seen);
    const [low, high] = this.filter === "bilinear" ? [-ONE / 2, ONE / 2] : [-1, -1];
    for (const x of [seen.left, seen.right - 1]) {
      for (const y of [seen.top, seen.bottom - 1]) {
        const px = mapped(m, 0, x, y), py = mapped(m, 3, x, y);
        if (px + low < 0 || py + low < 0) return false;
        if (px + high >> 16 >= width || py + high >> 16 >= height) return false;
      }
    }
    return true;
  }

  /** At most moved and stretched, and not turned or mirrored. */
  get isUpright(): boolean {
    const m = this.#matrix;
    return m === null || m[0] > 0 && m[1] === 0 && m[3] === 0;
  }

  /** The same with x bytes for alpha. */
  get raw(): Sampler {
    return new Sampler(withAlpha(this.pixels), this.#matrix, this.filter, this.repeat);
  }

  /** Every pixel that is seen is one of the picture's, in its place or in that of a repetition. */
  get isTile(): boolean {
    return this.#matrix === null && this.repeat === "normal";
  }

  /** Nothing but the pixels themselves is seen. */
  isPlain(seen: Rect): boolean {
    const { width, height } = this.pixels;
    return this.#matrix === null && seen.left >= 0 && seen.top >= 0 && seen.right <= width &&
      seen.bottom <= height;
  }

  /** n pixels from (x, y) to the right, as a8r8g8b8. */
  read(x: number, y: number, n: number, into: Int32Array): void {
    const m = this.#matrix;
    if (m === null) return this.#straight(x, y, n, into);
    const [dx, dy] = [m[0], m[3]];
    let px = mapped(m, 0, x, y) | 0, py = mapped(m, 3, x, y) | 0;
    if (dy === 0 && m[1] === 0 && UprightRows.suits(this.pixels)) {
      const shift = this.filter === "nearest" ? 1 : ONE / 2;
      const rows = this.#rows(px - shift, dx, n);
      if (this.filter === "nearest") rows.nearest(py - shift, into);
      else rows.bilinear(py - shift, into);
      return;
    }
    if (this.filter === "nearest") {
      for (let i = 0; i < n; i++) {
        into[i] = this.#at(px - 1 >> 16, py - 1 >> 16);
        px = px + dx | 0, py = py + dy | 0;
      }
      return;
    }
    for (let i = 0; i < n; i++) {
      into[i] = this.#between(px - ONE / 2, py - ONE / 2);
      px = px + dx | 0, py = py + dy | 0;
    }
  }

  /**
   * The same as a, r, g, b in floats. SPEC: between pixels these are weighed with 16 bits;
   * `row` has room for n pixels.
   */
  readWide(x: number, y: number, n: number, row: Int32Array): Float32Array {
    const { format } = this.pixels;
    const m = this.#matrix;
    if (m === null || this.filter === "nearest") {
      this.read(x, y, n, row);
      return widen(row, n, format);
    }
    const wide = new Float32Array(n * 4), taps = new Int32Array(4);
    let px = mapped(m, 0, x, y) | 0, py = mapped(m, 3, x, y) | 0;
    for (let i = 0; i < n; i++, px = px + m[0] | 0, py = py + m[3] | 0) {
      const sx = px - ONE / 2, sy = py - ONE / 2, cx = sx >> 16, cy = sy >> 16;
      taps[0] = this.#at(cx, cy), taps[1] = this.#at(cx + 1, cy);
      taps[2] = this.#at(cx, cy + 1), taps[3] = this.#at(cx + 1, cy + 1);
      mix(widen(taps, 4, format), (sx & 0xffff) / ONE, (sy & 0xffff) / ONE, wide, i * 4);
    }
    return wide;
  }

  #rows(from: number, step: number, n: number): UprightRows {
    const rows = this.#upright;
    if (rows && rows.from === from && rows.n === n) return rows;
    return this.#upright = new UprightRows(this.pixels, this.#wrapX, this.#wrapY, from, step, n);
  }

  #straight(x: number, y: number, n: number, into: Int32Array): void {
    const { items, start, step, width, height, format } = this.pixels;
    const row = this.#wrapY(y);
    if (row < 0 || row >= height) return void into.fill(0, 0, n);
    const from = start + row * step;
    if (x >= 0 && x + n <= width) return loadRow(items, format, from + x, n, into);
    for (let i = 0; i < n; i++) {
      const px = this.#wrapX(x + i);
      into[i] = px >= 0 && px < width ? toArgb(format, items[from + px]) : 0;
    }
  }

  #at(x: number, y: number): number {
    const { items, start, step, width, height, format } = this.pixels;
    const px = this.#wrapX(x), py = this.#wrapY(y);
    if (px < 0 || py < 0 || px >= width || py >= height) return 0;
    return toArgb(format, items[start + py * step + px]);
  }

  /** Between four pixels, with weights of 7 bits. */
  #between(x: number, y: number): number {
    const right = x >> 9 & 127, below = y >> 9 & 127;
    x >>= 16, y >>= 16;
    const tl = this.#at(x, y), tr = this.#at(x + 1, y);
    const bl = this.#at(x, y + 1), br = this.#at(x + 1, y + 1);
    const both = right * below, wtr = right * (128 - below), wbl = (128 - right) * below;
    const wtl = (128 - right) * (128 - below);
    let result = 0;
    for (let shift = 0; shift < 32; shift += 8) {
      const c = (tl >>> shift & 255) * wtl + (tr >>> shift & 255) * wtr +
        (bl >>> shift & 255) * wbl + (br >>> shift & 255) * both;
      result |= c >> 14 << shift;
    }
    return result;
  }
}

/** One coordinate of the middle of pixel (x, y) behind the map; row is 0 or 3. */
function mapped(m: Matrix, row: 0 | 3, x: number, y: number): number {
  const a = m[row], b = m[row + 1];
  return a * x + b * y + m[row + 2] + Math.floor(((a + b) * 0x8000 + 0x8000) / ONE);
}

function wrap(repeat: Repeat, size: number): Wrap {
  switch (repeat) {
    case "none":
      return (c) => c;
    case "normal":
      return (c) => ((c % size) + size) % size;
    case "pad":
      return (c) => c < 0 ? 0 : c >= size ? size - 1 : c;
    case "reflect":
      return (c) => {
        const at = ((c % (2 * size)) + 2 * size) % (2 * size);
        return at >= size ? 2 * size - at - 1 : at;
      };
  }
}
