import type { Drawing } from "../../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import { isOpaque } from "../../core/raster/opaque.ts";
import type { Rect } from "../../core/raster/rect.ts";
import { PlanePair } from "./plane_pair.ts";

/** 32-bit pixels where they lie, in a surface's coordinates: (x, y) is words[origin + y * pitch + x]. */
export interface Plane {
  readonly words: Uint32Array;
  readonly origin: number;
  /** From one row to the next, in words; below 0 where the picture is stored bottom-up. */
  readonly pitch: number;
  /** Pictures of two formats are not compared: what they show may differ in bits that do not. */
  readonly format: Bitmap["format"];
}

/** The pixels that an opaque copy puts on its surface; null: it is no such copy, or not of whole words. */
export function planeOf(drawing: Drawing): Plane | null {
  if (drawing.kind !== "drawCopy" || !isOpaque(drawing)) return null;
  const { base: { box }, data: { srcBitmap: image, srcArea } } = drawing;
  if (image?.type !== "bitmap") return null;
  const { format, width, height, stride, data, bitmapFlags } = image;
  if (format !== "bit32" && format !== "rgba") return null;
  if (image.x !== width || image.y !== height || stride & 3 || data.byteOffset & 3) return null;
  if (stride < width * 4 || data.length < stride * (height - 1) + width * 4) return null;
  if (
    srcArea.right - srcArea.left !== box.right - box.left ||
    srcArea.bottom - srcArea.top !== box.bottom - box.top
  ) return null;
  const topDown = (bitmapFlags & BitmapFlags.topDown) !== 0;
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  const row = stride >> 2, pitch = topDown ? row : -row;
  const first = topDown ? 0 : (height - 1) * row;
  const origin = first + (srcArea.top - box.top) * pitch + srcArea.left - box.left;
  return { words, origin, pitch, format };
}

/**
 * The smallest rect around the pixels within `rect` that differ; null: none does. Of pixels that the guest
 * changes meanwhile it is any rect within, or none.
 */
export function changed(a: Plane, b: Plane, rect: Rect): Rect | null {
  const { left, right } = rect;
  const pair = new PlanePair(a, b);
  const top = rect.top + pair.sameRows(rect, 0, 1);
  const bottom = rect.bottom - pair.sameRows({ ...rect, top }, 0, -1);
  if (top >= bottom) return null;
  const rows = { top, left, bottom, right };
  const l = left + pair.sameLeft(rows, 0), r = right - pair.sameRight(rows, 0);
  return l < r ? { top, left: l, bottom, right: r } : null;
}

/** Rows that must agree on how far they moved. */
const LEAST_VOTES = 8;

/** What lies at `rect` in a lay `dy` rows lower in b: scrolled up when dy is above 0. */
export interface Scroll {
  readonly rect: Rect;
  readonly dy: number;
}

/**
 * The largest part of `rect` that was there before, only higher or lower; null: none is seen. Rows are
 * known again by a few pixels of their middle, so that a scroll bar beside them does not matter; all
 * that is told has been compared.
 */
export function scrolled(a: Plane, b: Plane, rect: Rect): Scroll | null {
  const { top, left, bottom, right } = rect;
  const edge = (right - left) >> 3;
  const from = left + edge, until = right - edge;
  const pair = new PlanePair(a, b);
  const places = new Map<number, number>();
  for (let y = top; y < bottom; y++) {
    const mark = pair.markOf(b, y, from, until);
    // a row like others says nothing
    places.set(mark, places.has(mark) ? NOWHERE : y);
  }
  const votes = new Map<number, number>();
  let dy = 0, most = 0;
  for (let y = top; y < bottom; y++) {
    const place = places.get(pair.markOf(a, y, from, until));
    if (place === undefined || place === NOWHERE || place === y) continue;
    const count = (votes.get(place - y) ?? 0) + 1;
    votes.set(place - y, count);
    if (count > most) most = count, dy = place - y;
  }
  if (most < LEAST_VOTES) return null;
  const first = Math.max(top, top - dy), last = Math.min(bottom, bottom - dy);
  let best = { top: first, bottom: first };
  for (let start = first; start < last; start++) {
    const rows = { top: start, left: from, bottom: last, right: until };
    const end = start + pair.sameRows(rows, dy, 1);
    if (end - start > best.bottom - best.top) best = { top: start, bottom: end };
    start = end;
  }
  if (best.top === best.bottom) return null;
  const l = from - pair.sameRight({ ...best, left, right: from }, dy);
  const r = until + pair.sameLeft({ ...best, left: until, right }, dy);
  return { rect: { ...best, left: l, right: r }, dy };
}

const NOWHERE = -(2 ** 30);
