/**
 * Cursors of every kind as the one kind that a browser can show.
 * Source of truth: spice-gtk's channel-cursor.c, set_cursor.
 */
import type { CursorType } from "../protocol/cursor.ts";

/** A shape with its pixels: `data` is what `Cursor.data` holds for this type. */
export interface CursorPixels {
  readonly type: CursorType;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Where the guest wants what lies below inverted, no alpha does it: a chequer that is seen on any ground. */
const INVERT = [0x80303030, 0x80505050] as const;
const WHITE = 0xffffff;

/** width × height pixels b, g, r, a, premultiplied. Bytes that data lacks count as 0. */
export function alphaPixels(cursor: CursorPixels): Uint8Array<ArrayBuffer> {
  const { type, width, height, data } = cursor;
  if (type === "alpha") return data.slice(0, width * height * 4);
  const out = new Uint8Array(width * height * 4);
  const view = new DataView(out.buffer);
  const color = colors[type](cursor);
  const mask = bits(cursor, maskAt(cursor));
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const rgb = color(x, y);
      const pixel = mask(x, y) === 0 ? 0xff000000 | rgb : rgb === WHITE
        ? INVERT[(x ^ y) & 1]
        // SPEC: XOR with a colour that is neither white nor black; what is asked for cannot be seen
        : 0;
      view.setUint32(i * 4, pixel, true);
    }
  }
  return out;
}

type ColorAt = (x: number, y: number) => number;

/** Whether a bit is set, in a bitmap whose rows are padded to bytes, the first pixel in the highest bit. */
function bits({ width, data }: CursorPixels, at: number): ColorAt {
  const stride = width + 7 >> 3;
  return (x, y) => (data[at + y * stride + (x >> 3)] ?? 0) & 0x80 >> (x & 7) ? 1 : 0;
}

/** Where the AND bitmap begins: behind pixels and palette, but for mono in front of the XOR bitmap. */
function maskAt({ type, width, height }: CursorPixels): number {
  switch (type) {
    case "color4":
      return (width + 1 >> 1) * height + 16 * 4;
    case "color8":
      return width * height + 256 * 4;
    case "color16":
      return width * height * 2;
    case "color24":
      return width * height * 3;
    case "color32":
      return width * height * 4;
    default:
      return 0;
  }
}

function palette(data: Uint8Array, at: number, index: number): number {
  const entry = at + index * 4;
  return (data[entry] ?? 0) | (data[entry + 1] ?? 0) << 8 | (data[entry + 2] ?? 0) << 16;
}

/** 0x00rrggbb of a pixel. */
const colors: { [T in Exclude<CursorType, "alpha">]: (cursor: CursorPixels) => ColorAt } = {
  mono(cursor) {
    const xor = bits(cursor, (cursor.width + 7 >> 3) * cursor.height);
    return (x, y) => xor(x, y) ? WHITE : 0;
  },
  color4({ width, height, data }) {
    const stride = width + 1 >> 1;
    return (x, y) => {
      const two = data[y * stride + (x >> 1)] ?? 0;
      return palette(data, stride * height, x & 1 ? two & 15 : two >> 4);
    };
  },
  color8: ({ width, height, data }) => (x, y) =>
    palette(data, width * height, data[y * width + x] ?? 0),
  color16: ({ width, data }) => (x, y) => {
    const at = (y * width + x) * 2;
    const p = (data[at] ?? 0) | (data[at + 1] ?? 0) << 8;
    const wide = (five: number) => five << 3 | five >> 2;
    return wide(p >> 10 & 31) << 16 | wide(p >> 5 & 31) << 8 | wide(p & 31);
  },
  color24: ({ width, data }) => (x, y) => palette(data, (y * width + x) * 3, 0),
  color32: ({ width, data }) => (x, y) => palette(data, (y * width + x) * 4, 0),
};
