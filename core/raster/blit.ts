import type { Area } from "./area.ts";
import { nearOf } from "./near.ts";
import { createPixels, type Pixels } from "./pixels.ts";
import { around, intersection, isEmptyRect, moved, type Rect } from "./rect.ts";
import { ROP, type Rop, ropMasks } from "./rop.ts";

/** Below so many pixels a loop beats the call of a built-in. */
const FEW = 24;

const boundsOf = (pixels: Pixels): Rect => ({
  top: 0,
  left: 0,
  bottom: pixels.height,
  right: pixels.width,
});

/** A copy with memory of its own, of all or of a part that lies within the pixels; of a1 it begins with a byte. */
export function cutOut(pixels: Pixels, part: Rect = boundsOf(pixels)): Pixels {
  const { format, items, start, step } = pixels;
  const width = part.right - part.left, height = part.bottom - part.top;
  const copy = createPixels(format, width, height), row = copy.step;
  const left = format === "a1" ? part.left >> 3 : part.left;
  for (let y = 0; y < height; y++) {
    const from = start + (part.top + y) * step + left;
    copy.items.set(items.subarray(from, from + row), y * row);
  }
  return copy;
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
  if (mayMeet(dest, source)) {
    if (area.length > 1 || source.step !== dest.step || rop !== ROP.copy) {
      const part = intersection(moved(area.reduce(around), -dx, -dy), boundsOf(source));
      if (isEmptyRect(part)) return;
      source = cutOut(source, part);
      dx += part.left, dy += part.top;
    }
  }
  for (let i = 0; i < area.length; i++) {
    const r = intersection(area[i], reach);
    if (isEmptyRect(r)) continue;
    if (rop === ROP.copy) copyRect(dest, r, source, dx, dy);
    else ropRect(dest, r, source, dx, dy, rop);
  }
}

/** They share memory, as far as their rows tell: of a1 more may be told than is so. */
export function mayMeet(a: Pixels, b: Pixels): boolean {
  if (a.items.buffer !== b.items.buffer) return false;
  const [aLow, aHigh] = extent(a), [bLow, bHigh] = extent(b);
  return aLow < bHigh && bLow < aHigh;
}

function extent({ items, start, step, width, height }: Pixels): [number, number] {
  const size = items.BYTES_PER_ELEMENT, last = start + step * (height - 1);
  return [Math.min(start, last) * size, (Math.max(start, last) + width) * size];
}

function copyRect(dest: Pixels, r: Rect, source: Pixels, dx: number, dy: number): void {
  const { items } = dest;
  let width = r.right - r.left;
  let { step } = dest, from = source.step;
  let to = dest.start + r.top * step + r.left;
  let at = source.start + (r.top - dy) * from + r.left - dx;
  let rows = r.bottom - r.top;
  const within = items === source.items;
  if (width === step && width === from && rows > 1) {
    width *= rows;
    rows = 1;
  }
  if (within && (step > 0 ? to > at : to < at)) {
    // rows would be overwritten before they are read: the last one first
    to += step * (rows - 1), at += from * (rows - 1);
    step = -step, from = -from;
  }
  const near = within ? nearOf(items) : null;
  if (near !== null) {
    const size = items.BYTES_PER_ELEMENT;
    return near.copy(to * size, step * size, at * size, from * size, width * size, rows);
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
  const near = items === from ? nearOf(items) : null;
  if (near !== null) {
    const size = items.BYTES_PER_ELEMENT;
    const to = dest.start + r.top * dest.step + r.left;
    const at = source.start + (r.top - dy) * source.step + r.left - dx;
    return near.mix(
      to * size,
      dest.step * size,
      at * size,
      source.step * size,
      width * size,
      r.bottom - r.top,
      one,
      sOnly,
      dOnly,
      both,
    );
  }
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
  if (mayMeet(dest, source)) {
    source = cutOut(source);
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
