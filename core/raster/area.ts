import type { Clip, DisplayBase } from "../protocol/drawing.ts";
import { intersection, isEmptyRect, type Rect } from "./rect.ts";
import { Region } from "./region.ts";

/** Where a drawing may change pixels: rects within the surface that do not overlap. */
export type Area = readonly Rect[];

const NOWHERE: Area = [];

/** The drawing's box within a surface of this size and within the clip. */
export function clippedArea(width: number, height: number, { box, clip }: DisplayBase): Area {
  const r = {
    top: box.top > 0 ? box.top : 0,
    left: box.left > 0 ? box.left : 0,
    bottom: box.bottom < height ? box.bottom : height,
    right: box.right < width ? box.right : width,
  };
  if (isEmptyRect(r)) return NOWHERE;
  return clip.type === "none" ? [r] : within(r, clip);
}

function within(bounds: Rect, clip: Clip): Area {
  if (clip.type === "none") return [bounds];
  if (clip.rects.length > 64) return manyWithin(bounds, clip.rects);
  const region = new Region();
  for (const rect of clip.rects) region.add(intersection(bounds, rect));
  return region.rects;
}

/** The same in time of the number of rects plus the bounds' pixels: a clip may have 65536 rects. */
function manyWithin(bounds: Rect, rects: readonly Rect[]): Area {
  const width = bounds.right - bounds.left + 1, height = bounds.bottom - bounds.top + 1;
  // how many more rects lie on a pixel than on its neighbours, then summed up over both axes
  const cover = new Int32Array(width * height);
  for (const rect of rects) {
    const r = intersection(bounds, rect);
    if (isEmptyRect(r)) continue;
    const left = r.left - bounds.left, right = r.right - bounds.left;
    const top = (r.top - bounds.top) * width, bottom = (r.bottom - bounds.top) * width;
    cover[top + left]++, cover[top + right]--;
    cover[bottom + left]--, cover[bottom + right]++;
  }
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 1; x < width; x++) cover[row + x] += cover[row + x - 1];
    if (y > 0) { for (let x = 0; x < width; x++) cover[row + x] += cover[row + x - width]; }
  }
  return runs(bounds, (x, y) => cover[(y - bounds.top) * width + x - bounds.left] > 0);
}

/** The pixels of bounds for which a rule holds, as rects; equal runs in one row after the other join. */
export function runs(bounds: Rect, holds: (x: number, y: number) => boolean): Rect[] {
  const done: Rect[] = [];
  let above: Rect[] = [];
  for (let y = bounds.top; y < bounds.bottom; y++) {
    const row: Rect[] = [];
    let next = 0;
    for (let x = bounds.left; x < bounds.right; x++) {
      if (!holds(x, y)) continue;
      const left = x;
      while (++x < bounds.right && holds(x, y));
      while (next < above.length && above[next].left < left) next++;
      const same = above[next];
      if (same && same.left === left && same.right === x) {
        same.bottom = y + 1;
        row.push(same);
      } else {
        const run = { top: y, left, bottom: y + 1, right: x };
        done.push(run);
        row.push(run);
      }
    }
    above = row;
  }
  return done;
}
