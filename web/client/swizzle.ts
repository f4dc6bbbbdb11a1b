/** A surface's pixels in the order of a canvas. */
import type { Rect } from "../../core/protocol/drawing.ts";
import { itemsOf } from "../../core/raster/pixels.ts";
import type { Surface } from "../../core/raster/surface.ts";

const OPAQUE = 0xff << 24;

/**
 * Writes the rect, which lies within the surface, as opaque r, g, b, a: its first pixel to out[at],
 * rows `step` pixels apart.
 */
export function toCanvas(
  surface: Surface,
  rect: Rect,
  out: Int32Array,
  at: number,
  step: number,
): void {
  const { bytes, origin, stride, format } = surface;
  const wide = format === "xrgb32" || format === "argb32";
  const shift = wide ? 2 : 1;
  const items = itemsOf(bytes.buffer, wide ? 32 : 16);
  const first = (bytes.byteOffset + origin + rect.top * stride >> shift) + rect.left;
  const width = rect.right - rect.left, height = rect.bottom - rect.top;
  const rows = stride >> shift;
  if (wide) return words(items as Int32Array, first, rows, out, at, step, width, height);
  const colours = format === "rgb565" ? from565 : from555;
  for (let y = 0; y < height; y++) {
    const from = first + y * rows, to = at + y * step;
    for (let x = 0; x < width; x++) out[to + x] = colours(items[from + x]);
  }
}

function words(
  items: Int32Array,
  first: number,
  rows: number,
  out: Int32Array,
  at: number,
  step: number,
  width: number,
  height: number,
): void {
  for (let y = 0; y < height; y++) {
    let from = first + y * rows;
    for (let to = at + y * step, end = to + width; to < end; to++, from++) {
      const p = items[from];
      out[to] = OPAQUE | (p & 0xff) << 16 | p & 0xff00 | p >> 16 & 0xff;
    }
  }
}

const five = (c: number) => c << 3 | c >> 2;

const from555 = (p: number) =>
  OPAQUE | five(p & 31) << 16 | five(p >> 5 & 31) << 8 | five(p >> 10 & 31);

function from565(p: number): number {
  const green = p >> 5 & 63;
  return OPAQUE | five(p & 31) << 16 | (green << 2 | green >> 4) << 8 | five(p >> 11 & 31);
}
