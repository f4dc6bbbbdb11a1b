import { bitsOf, type Pixels } from "./pixels.ts";

/** Puts a coordinate that lies outside of a picture where it looks instead; it may stay outside. */
export type Wrap = (c: number) => number;

/**
 * Rows of a 32-bit picture that is stretched and moved, and not turned: all look at the same
 * columns. It makes the same of them as a look at each pixel, about four times as fast.
 */
export class UprightRows {
  /** The columns that n pixels look at, and their right neighbours; -1 outside. */
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  /** How far it is to the neighbour, in 128ths. */
  readonly #weight: Int32Array;
  readonly #opaque: number;

  /** n pixels from a coordinate on, 16.16 in steps. */
  constructor(
    readonly pixels: Pixels,
    wrapX: Wrap,
    readonly wrapY: Wrap,
    readonly from: number,
    step: number,
    readonly n: number,
  ) {
    this.#left = new Int32Array(n);
    this.#right = new Int32Array(n);
    this.#weight = new Int32Array(n);
    this.#opaque = pixels.format === "argb32" ? 0 : 0xff000000 | 0;
    for (let i = 0, at = from; i < n; i++, at = at + step | 0) {
      this.#left[i] = inside(wrapX(at >> 16), pixels.width);
      this.#right[i] = inside(wrapX((at >> 16) + 1), pixels.width);
      this.#weight[i] = at >> 9 & 127;
    }
  }

  static suits(pixels: Pixels): boolean {
    return bitsOf(pixels.format) === 32;
  }

  /** The row that a 16.16 coordinate lies in. */
  nearest(y: number, into: Int32Array): void {
    const { pixels: { items, start, step, height }, n } = this, left = this.#left;
    const opaque = this.#opaque;
    const row = inside(this.wrapY(y >> 16), height);
    if (row < 0) return void into.fill(0, 0, n);
    const from = start + row * step;
    for (let i = 0; i < n; i++) into[i] = left[i] < 0 ? 0 : items[from + left[i]] | opaque;
  }

  /** Between that row and the next, with weights of 7 bits. */
  bilinear(y: number, into: Int32Array): void {
    const { pixels: { items, start, step, height }, n } = this;
    const left = this.#left, right = this.#right, weight = this.#weight, opaque = this.#opaque;
    const down = y >> 9 & 127;
    const above = inside(this.wrapY(y >> 16), height);
    const below = inside(this.wrapY((y >> 16) + 1), height);
    const top = start + above * step, bottom = start + below * step;
    for (let i = 0; i < n; i++) {
      const l = left[i], r = right[i], across = weight[i];
      const tl = above < 0 || l < 0 ? 0 : items[top + l] | opaque;
      const tr = above < 0 || r < 0 ? 0 : items[top + r] | opaque;
      const bl = below < 0 || l < 0 ? 0 : items[bottom + l] | opaque;
      const br = below < 0 || r < 0 ? 0 : items[bottom + r] | opaque;
      const wbr = across * down, wtr = (across << 7) - wbr, wbl = (down << 7) - wbr;
      const wtl = 0x4000 - (across << 7) - wbl;
      const a = (tl >>> 24) * wtl + (tr >>> 24) * wtr + (bl >>> 24) * wbl + (br >>> 24) * wbr;
      const c = (tl >>> 16 & 255) * wtl + (tr >>> 16 & 255) * wtr + (bl >>> 16 & 255) * wbl +
        (br >>> 16 & 255) * wbr;
      const g = (tl >>> 8 & 255) * wtl + (tr >>> 8 & 255) * wtr + (bl >>> 8 & 255) * wbl +
        (br >>> 8 & 255) * wbr;
      const b = (tl & 255) * wtl + (tr & 255) * wtr + (bl & 255) * wbl + (br & 255) * wbr;
      into[i] = a >> 14 << 24 | c >> 14 << 16 | g >> 14 << 8 | b >> 14;
    }
  }
}

const inside = (c: number, size: number) => c >= 0 && c < size ? c : -1;
