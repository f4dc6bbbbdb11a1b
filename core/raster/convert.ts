import { createPixels, type Items, type PixelFormat, type Pixels } from "./pixels.ts";

/** A pixel of any format as a8r8g8b8; what a format lacks is 0, an alpha that it lacks is 255. */
export function toArgb(format: PixelFormat, v: number): number {
  switch (format) {
    case "argb32":
      return v;
    case "xrgb32":
      return v | 0xff000000;
    case "rgb555":
      return 0xff000000 | (v & 0x7c00) << 9 | (v & 0x7000) << 4 | (v & 0x3e0) << 6 |
        (v & 0x380) << 1 | (v & 0x1f) << 3 | (v & 0x1c) >> 2;
    case "rgb565":
      return 0xff000000 | (v & 0xf800) << 8 | (v & 0xe000) << 3 | (v & 0x7e0) << 5 |
        (v & 0x600) >> 1 | (v & 0x1f) << 3 | (v & 0x1c) >> 2;
    case "a8":
      return v << 24;
    case "a1":
      return -(v & 1) & 0xff000000;
  }
}

/** An a8r8g8b8 pixel in any format; low bits are cut off. */
export function fromArgb(format: PixelFormat, v: number): number {
  switch (format) {
    case "argb32":
    case "xrgb32":
      return v;
    case "rgb555":
      return v >> 9 & 0x7c00 | v >> 6 & 0x3e0 | v >> 3 & 0x1f;
    case "rgb565":
      return v >> 8 & 0xf800 | v >> 5 & 0x7e0 | v >> 3 & 0x1f;
    case "a8":
      return v >>> 24;
    case "a1":
      return v >>> 31;
  }
}

/** n items as a8r8g8b8. */
export function loadRow(
  items: Items,
  format: PixelFormat,
  at: number,
  n: number,
  into: Int32Array,
): void {
  if (format === "argb32") { for (let i = 0; i < n; i++) into[i] = items[at + i]; }
  else if (format === "xrgb32") {
    for (let i = 0; i < n; i++) {
      into[i] = items[at + i] | 0xff000000;
    }
  } else if (format === "a8") { for (let i = 0; i < n; i++) into[i] = items[at + i] << 24; }
  else for (let i = 0; i < n; i++) into[i] = toArgb(format, items[at + i]);
}

/** The way back. */
export function storeRow(
  items: Items,
  format: PixelFormat,
  at: number,
  n: number,
  from: Int32Array,
): void {
  if (items instanceof Int32Array) { for (let i = 0; i < n; i++) items[at + i] = from[i]; }
  else for (let i = 0; i < n; i++) items[at + i] = fromArgb(format, from[i]);
}

/** The same picture in another format; itself when that is its own. Neither is a1. */
export function convert(pixels: Pixels, format: PixelFormat): Pixels {
  if (pixels.format === format) return pixels;
  const { width, height } = pixels;
  const made = createPixels(format, width, height);
  const row = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    loadRow(pixels.items, pixels.format, pixels.start + y * pixels.step, width, row);
    storeRow(made.items, format, made.start + y * made.step, width, row);
  }
  return made;
}

/** A 1-bit picture with one item a pixel, 0 or 255. */
export function unpacked(bits: Pixels): Pixels {
  const made = createPixels("a8", bits.width, bits.height);
  for (let y = 0; y < bits.height; y++) {
    const from = bits.start + y * bits.step, to = y * made.step;
    for (let x = 0; x < bits.width; x++) {
      made.items[to + x] = -(bits.items[from + (x >> 3)] >> (x & 7) & 1);
    }
  }
  return made;
}

/** The way back: what is at least half there becomes 1. */
export function packInto(bits: Pixels, a8: Pixels): void {
  for (let y = 0; y < bits.height; y++) {
    const to = bits.start + y * bits.step, from = a8.start + y * a8.step;
    for (let x = 0; x < bits.width; x++) {
      const at = to + (x >> 3), bit = 1 << (x & 7);
      if (a8.items[from + x] & 0x80) bits.items[at] |= bit;
      else bits.items[at] &= ~bit;
    }
  }
}
