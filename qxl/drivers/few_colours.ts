/**
 * Pictures of few colours, as text is: one colour is a fill, two take a bit a pixel and sixteen four,
 * which is less than any codec makes of 32 bits.
 */
import type { Rect } from "../../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";

/** A picture's colours in the order in which they come, and which of them each pixel is; null: there are more than 16. */
export interface FewColours {
  readonly colours: readonly number[];
  readonly indices: Uint8Array;
}

const MOST = 16;

/** The colour that all pixels of the box have; null: they have several. A row is `width` pixels. */
export function oneColour(
  pixels: Uint32Array,
  width: number,
  { top, left, bottom, right }: Rect,
): number | null {
  const first = pixels[top * width + left];
  for (let y = top; y < bottom; y++) {
    for (let i = y * width + left, end = y * width + right; i < end; i++) {
      if ((pixels[i] ^ first) & 0xffffff) return null;
    }
  }
  return first & 0xffffff;
}

/** pixels: b, g, r in the lower bytes; what is above them is not looked at. */
export function fewColours(pixels: Uint32Array): FewColours | null {
  const colours: number[] = [], indices = new Uint8Array(pixels.length);
  // most pixels are as the one before them
  let last = -1, index = 0;
  for (let i = 0; i < pixels.length; i++) {
    const colour = pixels[i] & 0xffffff;
    if (colour !== last) {
      last = colour;
      index = colours.indexOf(colour);
      if (index < 0) {
        if (colours.length === MOST) return null;
        index = colours.push(colour) - 1;
      }
    }
    indices[i] = index;
  }
  return { colours, indices };
}

/** A bitmap of a bit a pixel, or four. */
export function paletted({ colours, indices }: FewColours, width: number, height: number): Bitmap {
  const bits = colours.length <= 2 ? 1 : 4, stride = Math.ceil(width * bits / 8);
  const data = new Uint8Array(stride * height), each = 8 / bits;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, row = y * stride; x < width; x++, i++) {
      // the leftmost pixel is in the highest bits
      data[row + Math.floor(x / each)] |= indices[i] << 8 - bits - x % each * bits;
    }
  }
  return {
    id: 0n,
    type: "bitmap",
    flags: 0,
    width,
    height,
    format: bits === 1 ? "bit1Be" : "bit4Be",
    bitmapFlags: BitmapFlags.topDown,
    x: width,
    y: height,
    stride,
    palette: { unique: 0n, entries: [...colours] },
    data,
  };
}
