import type { Area } from "./area.ts";
import type { Pixels } from "./pixels.ts";
import { intersection, isEmptyRect, moved, type Rect } from "./rect.ts";
import { ROP, type Rop, ropMasks } from "./rop.ts";

/** Below so many pixels a loop beats the call of a built-in. */
const FEW = 24;

const boundsOf = (pixels: Pixels): Rect => ({
  top: 0,
  left: 0,
  bottom: pixels.height,
  right: pixels.width,
});

/** A copy of a part that lies within the pixels, with memory of its own. */
export function cutOut(pixels: Pixels, part: Rect): Pixels {
  const width = part.right - part.left, height = part.bottom - part.top;
  const { items, step } = pixels;
  const from = pixels.start + part.top * step + part.left;
  const copy = items instanceof Int32Array
    ? new Int32Array(width * height)
    : items instanceof Uint16Array
    ? new Uint16Array(width * height)
    : new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    copy.set(items.subarray(from + y * step, from + y * step + width), y * width);
  }
  return { format: pixels.format, width, height, items: copy, start: 0, step: width };
}

/**
 * The area takes pixels of a source whose pixel (0, 0) lies at (dx, dy) of the destination;
 * where the source has none nothing changes. Both have items of the same size.
 */
export function blit(
  dest: Pixels,
  area: Area,
  source: Pixels,
  dx: number,
  dy: number,
  rop: Rop,
): void {
  const reach = moved(boundsOf(source), dx, dy);
  // what is written must not be read again as source
  const shared = source.items.buffer === dest.items.buffer && mayMeet(dest, source);
  if (shared && (area.length > 1 || source.step !== dest.step || rop !== ROP.copy)) {
    source = cutOut(source, boundsOf(source));
  }
  for (let i = 0; i < area.length; i++) {
    const r = intersection(area[i], reach);
    if (isEmptyRect(r)) continue;
    if (rop === ROP.copy) copyRect(dest, r, source, dx, dy);
    else ropRect(dest, r, source, dx, dy, rop);
  }
}

function mayMeet(a: Pixels, b: Pixels): boolean {
  const aLast = a.start + a.step * (a.height - 1), bLast = b.start + b.step * (b.height - 1);
  return Math.min(a.start, aLast) < Math.max(b.start, bLast) + b.width &&
    Math.min(b.start, bLast) < Math.max(a.start, aLast) + a.width;
}

function copyRect(dest: Pixels, r: Rect, source: Pixels, dx: number, dy: number): void {
  const { items } = dest;
  const width = r.right - r.left;
  let { step } = dest, from = source.step;
  let to = dest.start + r.top * step + r.left;
  let at = source.start + (r.top - dy) * from + r.left - dx;
  let rows = r.bottom - r.top;
  const within = items === source.items;
  if (width === step && width === from && rows > 1) {
    const count = width * rows;
    if (within) items.copyWithin(to, at, at + count);
    else items.set(source.items.subarray(at, at + count), to);
    return;
  }
  if (within && (step > 0 ? to > at : to < at)) {
    // rows would be overwritten before they are read: the last one first
    to += step * (rows - 1), at += from * (rows - 1);
    step = -step, from = -from;
  }
  for (; rows > 0; rows--, to += step, at += from) {
    if (within) items.copyWithin(to, at, at + width);
    else if (width >= FEW) items.set(source.items.subarray(at, at + width), to);
    else for (let x = 0; x < width; x++) items[to + x] = source.items[at + x];
  }
}

function ropRect(dest: Pixels, r: Rect, source: Pixels, dx: number, dy: number, rop: Rop): void {
  const { one, sOnly, dOnly, both } = ropMasks[rop];
  const { items } = dest, from = source.items;
  const width = r.right - r.left;
  for (let y = r.top; y < r.bottom; y++) {
    const to = dest.start + y * dest.step + r.left;
    const at = source.start + (y - dy) * source.step + r.left - dx;
    for (let x = 0; x < width; x++) {
      const s = from[at + x], d = items[to + x];
      items[to + x] = one ^ (s & sOnly) ^ (d & (dOnly ^ (s & both)));
    }
  }
}

/** As a plain blit, without the pixels that have the key's colour; key has no more bits than compare. */
export function blitKeyed(
  dest: Pixels,
  area: Area,
  source: Pixels,
  dx: number,
  dy: number,
  key: number,
  compare: number,
): void {
  const reach = moved(boundsOf(source), dx, dy);
  if (source.items.buffer === dest.items.buffer && mayMeet(dest, source)) {
    source = cutOut(source, boundsOf(source));
  }
  const { items } = dest, from = source.items;
  for (const rect of area) {
    const r = intersection(rect, reach);
    for (let y = r.top; y < r.bottom; y++) {
      const to = dest.start + y * dest.step;
      const at = source.start + (y - dy) * source.step - dx;
      for (let x = r.left; x < r.right; x++) {
        const pixel = from[at + x];
        if ((pixel & compare) !== key) items[to + x] = pixel;
      }
    }
  }
}

/** Pixels of the area come from (x - dx, y - dy) of the same surface, as they were before. */
export function copyWithin(dest: Pixels, area: Area, dx: number, dy: number): void {
  if (dx !== 0 || dy !== 0) blit(dest, area, dest, dx, dy, ROP.copy);
}
