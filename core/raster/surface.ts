import type { SurfaceFormat } from "../protocol/display.ts";

/** Pixels in memory that somebody owns: the card's, as a rule. Nothing here is a copy. */
export interface Surface {
  readonly width: number;
  readonly height: number;
  readonly format: SurfaceFormat;
  /** The memory; may be shared between threads. Its byteOffset is a multiple of 4. */
  readonly bytes: Uint8Array;
  /** Where in bytes the top left pixel is; a multiple of 4. */
  readonly origin: number;
  /** Bytes from a pixel to the one below it: negative when the bottom row lies first; a multiple of 4. */
  readonly stride: number;
}

/** Bytes that a row of so many pixels takes at least. */
export function rowBytes(format: SurfaceFormat, width: number): number {
  switch (format) {
    case "a1":
      return (width + 7) >> 3;
    case "a8":
      return width;
    case "rgb555":
    case "rgb565":
      return width * 2;
    case "xrgb32":
    case "argb32":
      return width * 4;
    case "invalid":
      throw new RangeError("A surface needs a format");
  }
}

/** A surface with memory of its own, all zero. */
export function createSurface(format: SurfaceFormat, width: number, height: number): Surface {
  const stride = (rowBytes(format, width) + 3) & ~3;
  return { width, height, format, stride, origin: 0, bytes: new Uint8Array(stride * height) };
}
