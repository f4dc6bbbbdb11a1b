import { GuestError } from "../binary/error.ts";
import type { Bitmap, Palette } from "../protocol/image.ts";
import { BitmapFlags } from "../protocol/image.ts";
import { createPixels, itemsOf, type PixelFormat, type Pixels } from "./pixels.ts";

const BITS = {
  invalid: 0,
  bit1Le: 1,
  bit1Be: 1,
  bit4Le: 4,
  bit4Be: 4,
  bit8: 8,
  bit16: 16,
  bit24: 24,
  bit32: 32,
  rgba: 32,
  bit8A: 8,
} as const;

/** Bytes from the first row's begin, and from a row to the one below it. */
interface Rows {
  readonly origin: number;
  readonly stride: number;
}

/** GuestError if the data is shorter than its rows. */
function rowsOf(bitmap: Bitmap): Rows {
  const { format, x, y, stride, data, bitmapFlags } = bitmap;
  if (format === "invalid") throw new GuestError("Cannot draw a bitmap of no format");
  const row = Math.ceil(x * BITS[format] / 8);
  if (x === 0 || y === 0) return { origin: 0, stride: 0 };
  if (row > stride || stride * (y - 1) + row > data.length) {
    throw new GuestError(
      `Cannot draw a bitmap of ${x}×${y} ${format}: stride is ${stride}, data ${data.length} bytes`,
    );
  }
  return bitmapFlags & BitmapFlags.topDown
    ? { origin: 0, stride }
    : { origin: stride * (y - 1), stride: -stride };
}

/**
 * The bitmap's pixels, in place where the format allows. An entry of the palette is a pixel of
 * the destination as it is (`indexed` is the destination's format); one that is not there is 0.
 */
export function bitmapPixels(
  bitmap: Bitmap,
  palette: Palette | null | undefined,
  indexed: PixelFormat,
): Pixels {
  const rows = rowsOf(bitmap);
  if (bitmap.x === 0 || bitmap.y === 0) return createPixels(indexed, 0, 0);
  switch (bitmap.format) {
    case "bit32":
      return inPlace(bitmap, rows, "xrgb32", 32);
    case "rgba":
      return inPlace(bitmap, rows, "argb32", 32);
    case "bit16":
      return inPlace(bitmap, rows, "rgb555", 16);
    case "bit8A":
      return inPlace(bitmap, rows, "a8", 8);
    case "bit24":
      return widened(bitmap, rows);
  }
  if (!palette) throw new GuestError(`Cannot draw a bitmap of ${bitmap.format} without a palette`);
  return looked(bitmap, rows, palette.entries, indexed);
}

function inPlace(bitmap: Bitmap, rows: Rows, format: PixelFormat, bits: 8 | 16 | 32): Pixels {
  const { x: width, y: height } = bitmap;
  let { data } = bitmap;
  let { origin, stride } = rows;
  const shift = bits >> 4, mask = (1 << shift) - 1;
  if ((data.byteOffset + origin | stride) & mask) {
    // rows that begin between two pixels
    const size = width << shift, copy = new Uint8Array(size * height);
    for (let y = 0; y < height; y++) {
      const at = origin + y * stride;
      copy.set(data.subarray(at, at + size), y * size);
    }
    data = copy, origin = 0, stride = size;
  }
  return {
    format,
    width,
    height,
    items: itemsOf(data.buffer, bits),
    start: data.byteOffset + origin >> shift,
    step: stride >> shift,
  };
}

function widened({ x: width, y: height, data }: Bitmap, { origin, stride }: Rows): Pixels {
  const made = createPixels("xrgb32", width, height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, at = origin + y * stride; x < width; x++, at += 3) {
      made.items[to++] = data[at] | data[at + 1] << 8 | data[at + 2] << 16;
    }
  }
  return made;
}

function looked(bitmap: Bitmap, rows: Rows, entries: number[], format: PixelFormat): Pixels {
  const { x: width, y: height, data } = bitmap;
  const made = createPixels(format, width, height);
  const colours = new Int32Array(256);
  for (let i = 0; i < entries.length && i < 256; i++) colours[i] = entries[i];
  for (let y = 0, to = 0; y < height; y++) {
    const at = rows.origin + y * rows.stride;
    switch (bitmap.format) {
      case "bit8":
        for (let x = 0; x < width; x++) made.items[to++] = colours[data[at + x]];
        break;
      case "bit4Be":
        for (let x = 0; x < width; x++) {
          made.items[to++] = colours[data[at + (x >> 1)] >> (x & 1 ? 0 : 4) & 15];
        }
        break;
      case "bit4Le":
        for (let x = 0; x < width; x++) {
          made.items[to++] = colours[data[at + (x >> 1)] >> (x & 1 ? 4 : 0) & 15];
        }
        break;
      case "bit1Be":
        for (let x = 0; x < width; x++) {
          made.items[to++] = colours[data[at + (x >> 3)] >> (7 - (x & 7)) & 1];
        }
        break;
      case "bit1Le":
        for (let x = 0; x < width; x++) {
          made.items[to++] = colours[data[at + (x >> 3)] >> (x & 7) & 1];
        }
        break;
    }
  }
  return made;
}

/** A 1-bit bitmap as a mask: where it is set. Others are no masks. */
export function bitmapMask(bitmap: Bitmap): Pixels {
  const { format, x: width, y: height, data } = bitmap;
  if (format !== "bit1Le" && format !== "bit1Be") {
    throw new GuestError(`Cannot mask with a bitmap of ${format}: it has more than 1 bit`);
  }
  const { origin, stride } = rowsOf(bitmap);
  if (width === 0 || height === 0) return createPixels("a1", 0, 0);
  const made = createPixels("a1", width, height);
  for (let y = 0; y < height; y++) {
    const from = origin + y * stride, to = y * made.step;
    for (let i = 0; i < made.step; i++) {
      const eight = data[from + i];
      made.items[to + i] = format === "bit1Le" ? eight : reversed[eight];
    }
  }
  return made;
}

/** Bytes with their bits the other way round. */
export const reversed: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let back = 0;
  for (let bit = 0; bit < 8; bit++) back |= (byte >> bit & 1) << (7 - bit);
  return back;
});
