import type { DrawingOf } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import { compose } from "./compose.ts";
import { filterFor, sameSize } from "./copy.ts";
import { detached, imagePixels, type ImageSource } from "./images.ts";
import { masked } from "./masks.ts";
import { OP } from "./operators.ts";
import { createPixels, type Pixels } from "./pixels.ts";
import { around, intersection, isEmptyRect, moved, type Rect } from "./rect.ts";
import { ropMasks } from "./rop.ts";
import { Sampler } from "./sampler.ts";

/**
 * Joins pattern, source and destination by one of the 256 codes: bit (p << 2 | s << 1 | d) of the
 * code is the result.
 */
export function rop3(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawRop3">,
  source: ImageSource,
): void {
  let draw: ((area: Area) => void) | undefined;
  for (const where of masked(dest, area, data.mask, box.left, box.top, source)) {
    draw ??= joiner(dest, area.reduce(around), box, data, source);
    draw(where);
  }
}

/** Joins one area within the bounds after the other. */
function joiner(
  dest: Pixels,
  bounds: Rect,
  box: Rect,
  data: DrawingOf<"drawRop3">["data"],
  source: ImageSource,
): (area: Area) => void {
  let from = detached(imagePixels(data.srcBitmap, dest, source), dest);
  let dx = box.left - data.srcArea.left, dy = box.top - data.srcArea.top;
  if (!sameSize(box, data.srcArea)) {
    from = scaled(from, data.srcArea, box, bounds, filterFor(data.scaleMode));
    dx = bounds.left, dy = bounds.top;
  }
  const { brush } = data;
  let tile: Pixels;
  let origin = { x: 0, y: 0 };
  if (brush.type === "pattern") {
    tile = detached(imagePixels(brush.pat, dest, source), dest);
    origin = brush.pos;
    if (tile.width <= 0 || tile.height <= 0) return () => {};
  } else {
    tile = createPixels(dest.format, 1, 1);
    tile.items[0] = brush.type === "solid" ? brush.color : 0;
  }
  const reach = moved({ top: 0, left: 0, bottom: from.height, right: from.width }, dx, dy);
  return (area) => {
    for (const rect of area) {
      const r = intersection(rect, reach);
      if (!isEmptyRect(r)) join(data.rop3, dest, r, from, dx, dy, tile, origin);
    }
  };
}

const modulo = (a: number, b: number) => ((a % b) + b) % b;

function join(
  code: number,
  { items, start, step }: Pixels,
  r: Rect,
  from: Pixels,
  dx: number,
  dy: number,
  tile: Pixels,
  origin: { x: number; y: number },
): void {
  const low = ropMasks[code & 15];
  // what the code's two halves differ in, a set bit of the pattern turns over
  const turn = ropMasks[(code ^ code >> 4) & 15];
  for (let y = r.top; y < r.bottom; y++) {
    const to = start + y * step, at = from.start + (y - dy) * from.step - dx;
    const row = tile.start + modulo(y - origin.y, tile.height) * tile.step;
    let column = modulo(r.left - origin.x, tile.width);
    for (let x = r.left; x < r.right; x++) {
      const s = from.items[at + x], d = items[to + x], p = tile.items[row + column];
      items[to + x] = low.one ^ (s & low.sOnly) ^ (d & (low.dOnly ^ (s & low.both))) ^
        (p & (turn.one ^ (s & turn.sOnly) ^ (d & (turn.dOnly ^ (s & turn.both)))));
      if (++column === tile.width) column = 0;
    }
  }
}

/** What the bounds need of the source as large as the box. SPEC: another rounding than a copy's. */
function scaled(
  pixels: Pixels,
  from: Rect,
  box: Rect,
  bounds: Rect,
  filter: "nearest" | "bilinear",
): Pixels {
  const width = bounds.right - bounds.left, height = bounds.bottom - bounds.top;
  const part = createPixels(pixels.format, width, height);
  const sx = (from.right - from.left) / (box.right - box.left);
  const sy = (from.bottom - from.top) / (box.bottom - box.top);
  const sampler = new Sampler(
    pixels,
    [Math.trunc(sx * 65536) | 0, 0, 0, 0, Math.trunc(sy * 65536) | 0, 0],
    filter,
  );
  const dx = bounds.left - box.left + Math.floor(from.left / sx + 0.5);
  const dy = bounds.top - box.top + Math.floor(from.top / sy + 0.5);
  if (!Number.isSafeInteger(dx) || !Number.isSafeInteger(dy)) return part;
  compose(OP.src, part, [{ top: 0, left: 0, bottom: height, right: width }], {
    from: sampler,
    dx,
    dy,
  });
  return part;
}
