import { GuestError } from "../binary/error.ts";
import type { SurfaceFormat } from "../protocol/display.ts";
import { rowBytes, type Surface } from "./surface.ts";

export type PixelFormat = Exclude<SurfaceFormat, "invalid">;
/** Signed words: V8 keeps them as small numbers where unsigned ones would become doubles. */
export type Items = Int32Array | Uint16Array | Uint8Array;

/**
 * A surface or an image as the renderer sees it: one item a pixel (a1: eight pixels, the leftmost in bit 0).
 * Pixel (x, y) is items[start + y * step + x].
 */
export interface Pixels {
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  /** The whole buffer that the pixels lie in, so that copies within card memory are one call. */
  readonly items: Items;
  readonly start: number;
  readonly step: number;
}

/** Bits that an item has. */
export function bitsOf(format: PixelFormat): 1 | 8 | 16 | 32 {
  switch (format) {
    case "xrgb32":
    case "argb32":
      return 32;
    case "rgb555":
    case "rgb565":
      return 16;
    case "a8":
      return 8;
    case "a1":
      return 1;
  }
}

const wordViews = new WeakMap<ArrayBufferLike, Int32Array>();
const halfViews = new WeakMap<ArrayBufferLike, Uint16Array>();
const byteViews = new WeakMap<ArrayBufferLike, Uint8Array>();

/** The view of a whole buffer in items of so many bits; made once for a buffer. */
export function itemsOf(buffer: ArrayBufferLike, bits: 1 | 8 | 16 | 32): Items {
  if (bits === 32) {
    let view = wordViews.get(buffer);
    if (!view) wordViews.set(buffer, view = new Int32Array(buffer, 0, buffer.byteLength >> 2));
    return view;
  }
  if (bits === 16) {
    let view = halfViews.get(buffer);
    if (!view) halfViews.set(buffer, view = new Uint16Array(buffer, 0, buffer.byteLength >> 1));
    return view;
  }
  let view = byteViews.get(buffer);
  if (!view) byteViews.set(buffer, view = new Uint8Array(buffer));
  return view;
}

const known = new WeakMap<Surface, Pixels>();

/** GuestError if the surface's rows do not lie within its bytes. */
export function pixelsOf(surface: Surface): Pixels {
  const seen = known.get(surface);
  if (seen) return seen;
  const { width, height, format, bytes, origin, stride } = surface;
  if (format === "invalid") throw new GuestError("Cannot draw: the surface has no format");
  const bits = bitsOf(format), shift = bits === 32 ? 2 : bits === 16 ? 1 : 0;
  if (width > 0 && height > 0) {
    const last = origin + stride * (height - 1), row = rowBytes(format, width);
    const low = Math.min(origin, last), high = Math.max(origin, last) + row;
    if (!(low >= 0 && high <= bytes.length && (Math.abs(stride) >= row || height === 1))) {
      throw new GuestError(
        `Cannot draw on a surface of ${width}×${height} ${format}: stride ${stride} from byte ` +
          `${origin} leaves its ${bytes.length} bytes`,
      );
    }
  }
  const first = bytes.byteOffset + origin, mask = (1 << shift) - 1;
  if ((first | stride) & mask) {
    throw new GuestError(`Cannot draw on a surface at byte ${first} with stride ${stride}`);
  }
  const pixels = {
    format,
    width,
    height,
    items: itemsOf(bytes.buffer, bits),
    start: first >> shift,
    step: stride >> shift,
  };
  known.set(surface, pixels);
  return pixels;
}

/** More pixels than any picture needs: 8192 × 8192. */
const MOST_PIXELS = 1 << 26;

/** Pixels with memory of their own, all zero. GuestError: more than any picture needs. */
export function createPixels(format: PixelFormat, width: number, height: number): Pixels {
  if (width * height > MOST_PIXELS) {
    throw new GuestError(`Cannot draw a picture of ${width}×${height} pixels: it is too large`);
  }
  const bits = bitsOf(format);
  const step = bits === 1 ? (width + 7) >> 3 : width;
  const items = bits === 32
    ? new Int32Array(step * height)
    : bits === 16
    ? new Uint16Array(step * height)
    : new Uint8Array(step * height);
  return { format, width, height, items, start: 0, step };
}

/** The same memory, the x byte being alpha. */
export const withAlpha = (pixels: Pixels): Pixels =>
  pixels.format === "xrgb32" ? { ...pixels, format: "argb32" } : pixels;

/** The same memory, alpha meaning nothing. */
export const withoutAlpha = (pixels: Pixels): Pixels =>
  pixels.format === "argb32" ? { ...pixels, format: "xrgb32" } : pixels;
