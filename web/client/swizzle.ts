/** A surface's pixels in the order of a canvas. */
import { roomFor, turn } from "../../core/codecs/rgba/mod.ts";
import type { Rect } from "../../core/protocol/drawing.ts";
import { itemsOf } from "../../core/raster/pixels.ts";
import type { Surface } from "../../core/raster/surface.ts";

const OPAQUE = 0xff << 24;

/**
 * The rect, which lies within the surface, as opaque r, g, b, a, rows without padding: a view that
 * the next call overwrites.
 */
export function toCanvas(surface: Surface, rect: Rect): Uint8ClampedArray<ArrayBuffer> {
  const width = rect.right - rect.left, height = rect.bottom - rect.top;
  const room = roomFor(width * height);
  const { buffer, byteOffset, length } = room;
  if (surface.format === "xrgb32" || surface.format === "argb32") {
    copyRows(surface, rect, room);
    turn(room);
  } else widen(surface, rect, new Int32Array(buffer, byteOffset, width * height));
  return new Uint8ClampedArray(buffer as ArrayBuffer, byteOffset, length);
}

function copyRows({ bytes, origin, stride }: Surface, rect: Rect, room: Uint8Array): void {
  const rowBytes = (rect.right - rect.left) * 4;
  let from = origin + rect.top * stride + rect.left * 4;
  if (stride === rowBytes) return room.set(bytes.subarray(from, from + room.length));
  for (let to = 0; to < room.length; to += rowBytes, from += stride) {
    room.set(bytes.subarray(from, from + rowBytes), to);
  }
}

function widen({ bytes, origin, stride, format }: Surface, rect: Rect, out: Int32Array): void {
  const items = itemsOf(bytes.buffer, 16);
  const width = rect.right - rect.left;
  let from = (bytes.byteOffset + origin + rect.top * stride >> 1) + rect.left;
  const colours = format === "rgb565" ? from565 : from555;
  for (let to = 0; to < out.length; to += width, from += stride >> 1) {
    for (let x = 0; x < width; x++) out[to + x] = colours(items[from + x]);
  }
}

const five = (c: number) => c << 3 | c >> 2;

const from555 = (p: number) =>
  OPAQUE | five(p & 31) << 16 | five(p >> 5 & 31) << 8 | five(p >> 10 & 31);

function from565(p: number): number {
  const green = p >> 5 & 63;
  return OPAQUE | five(p & 31) << 16 | (green << 2 | green >> 4) << 8 | five(p >> 11 & 31);
}
