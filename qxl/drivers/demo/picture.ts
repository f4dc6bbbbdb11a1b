/** Pixels with an id that is the same for the same pixels, so that clients keep them. */
import { type Bitmap, BitmapFlags, ImageFlags } from "../../../core/protocol/image.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly image: Bitmap;
}

/** FNV-1a of 64 bits, in two halves of 32 that are stirred differently. */
function hash(bytes: Uint8Array): bigint {
  let a = 0x811c9dc5, b = 0x9747b28c;
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i], 0x01000193);
    b = Math.imul(b ^ bytes[i], 0x5bd1e995) + i;
  }
  return BigInt(a >>> 0) << 32n | BigInt(b >>> 0);
}

/** pixels: bytes b, g, r, a, the first row on top; alpha premultiplied if there is any. */
export function picture(
  pixels: Uint8Array,
  width: number,
  height: number,
  { alpha = false, id = hash(pixels), cached = true } = {},
): Picture {
  return {
    width,
    height,
    image: {
      id,
      type: "bitmap",
      flags: cached ? ImageFlags.cacheMe : 0,
      width,
      height,
      format: alpha ? "rgba" : "bit32",
      bitmapFlags: BitmapFlags.topDown,
      x: width,
      y: height,
      stride: width * 4,
      palette: null,
      data: pixels,
    },
  };
}

/** A picture of one colour whose alpha (0 to 1) a rule gives for each pixel. */
export function stencil(
  width: number,
  height: number,
  color: number,
  alphaAt: (x: number, y: number) => number,
): Picture {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const a = Math.min(1, Math.max(0, alphaAt(x, y)));
      pixels[at] = Math.round((color & 0xff) * a);
      pixels[at + 1] = Math.round((color >> 8 & 0xff) * a);
      pixels[at + 2] = Math.round((color >> 16 & 0xff) * a);
      pixels[at + 3] = Math.round(255 * a);
    }
  }
  return picture(pixels, width, height, { alpha: true });
}

/** A disc of this diameter with smooth edges. */
export const disc = (diameter: number, color: number): Picture =>
  stencil(diameter, diameter, color, (x, y) => {
    const r = diameter / 2;
    return r + 0.5 - Math.hypot(x + 0.5 - r, y + 0.5 - r);
  });
