import type { Area } from "./area.ts";
import { nearOf } from "./near.ts";
import type { Items, Pixels } from "./pixels.ts";
import { ROP, type Rop, ropMasks } from "./rop.ts";

/** Below so many pixels a loop beats the call of a built-in. */
const FEW = 24;

/** Every pixel of the area becomes rop(value, pixel). */
export function fillSolid(dest: Pixels, area: Area, value: number, rop: Rop): void {
  const { items, start, step } = dest;
  // with the source known, a rop leaves, clears, sets or inverts each bit of d
  const m = ropMasks[rop];
  const keep = m.dOnly ^ (value & m.both), flip = m.one ^ (value & m.sOnly);
  const near = nearOf(items);
  if (near !== null) {
    const size = items.BYTES_PER_ELEMENT;
    const flips = repeated(flip, size), keeps = repeated(keep, size);
    for (let i = 0; i < area.length; i++) {
      const { top, left, bottom, right } = area[i];
      if (left >= right || top >= bottom) continue;
      const at = (start + top * step + left) * size, bytes = (right - left) * size;
      if (keep === 0) near.fill(at, step * size, bytes, bottom - top, flips);
      else near.flip(at, step * size, bytes, bottom - top, keeps, flips);
    }
    return;
  }
  for (let i = 0; i < area.length; i++) {
    const r = area[i], width = r.right - r.left;
    let at = start + r.top * step + r.left;
    for (let y = r.top; y < r.bottom; y++, at += step) {
      const end = at + width;
      if (keep !== 0) { for (let x = at; x < end; x++) items[x] = (items[x] & keep) ^ flip; }
      else if (width >= FEW) items.fill(flip, at, end);
      else for (let x = at; x < end; x++) items[x] = flip;
    }
  }
}

/** An item of so many bytes in all four of a word. */
function repeated(item: number, size: Items["BYTES_PER_ELEMENT"]): number {
  if (size === 4) return item;
  return size === 2 ? (item & 0xffff) * 0x10001 : (item & 0xff) * 0x1010101;
}

const modulo = (a: number, b: number) => ((a % b) + b) % b;

/** The same with a source that repeats; its pixel (0, 0) lies at the origin. */
export function fillTiled(
  dest: Pixels,
  area: Area,
  tile: Pixels,
  origin: { x: number; y: number },
  rop: Rop,
): void {
  if (tile.width <= 0 || tile.height <= 0) return;
  const { items, start, step } = dest;
  const { one, sOnly, dOnly, both } = ropMasks[rop];
  for (const r of area) {
    const left = modulo(r.left - origin.x, tile.width);
    let ty = modulo(r.top - origin.y, tile.height);
    for (let y = r.top; y < r.bottom; y++) {
      const row = tile.start + ty * tile.step, rowEnd = row + tile.width;
      let from = row + left;
      let at = start + y * step + r.left;
      const end = at + r.right - r.left;
      if (rop === ROP.copy) {
        for (; at < end; at++) {
          items[at] = tile.items[from];
          if (++from === rowEnd) from = row;
        }
      } else {
        for (; at < end; at++) {
          const s = tile.items[from], d = items[at];
          items[at] = one ^ (s & sOnly) ^ (d & (dOnly ^ (s & both)));
          if (++from === rowEnd) from = row;
        }
      }
      if (++ty === tile.height) ty = 0;
    }
  }
}
