import { GuestError } from "../binary/error.ts";
import { type DrawingOf, type LineAttr, LineFlags, type Point } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import { paint } from "./brush.ts";
import { dashedLine, type DashPattern } from "./dashes.ts";
import type { ImageSource } from "./images.ts";
import { linesOf } from "./path.ts";
import type { Pixels } from "./pixels.ts";
import { polyline, type TakeSpan } from "./polyline.ts";
import { around, intersection, isEmptyRect, type Rect } from "./rect.ts";
import { type Rop, ropOf } from "./rop.ts";

/** Lines one pixel wide, solid or dashed, with a brush. SPEC: the back mode means nothing. */
export function stroke(
  dest: Pixels,
  area: Area,
  { data: { path, attr, brush, foreMode } }: DrawingOf<"drawStroke">,
  source: ImageSource,
): void {
  const rop = ropOf(foreMode, "brush", "dest");
  const bounds = area.reduce(around);
  const pattern = patternOf(attr);
  const clip = clipTo(area, bounds);
  for (const points of linesOf(path)) {
    const rects: Rect[] = [];
    if (!pattern) polyline(points, bounds, clip(rects));
    else dashes(points, pattern, rop, bounds, clip(rects));
    paint(dest, rects, brush, rop, source);
  }
}

function dashes(
  points: readonly Point[],
  pattern: DashPattern,
  rop: Rop,
  bounds: Rect,
  take: TakeSpan,
): void {
  // SPEC: what a second time would undo or change is done once for each pixel of the polyline
  if (points.length < 3 || isIdempotent(rop)) {
    return dashedLine(points, pattern, bounds, false, take);
  }
  const rows = new Map<number, [number, number][]>();
  dashedLine(points, pattern, bounds, true, (x, y, width) => {
    if (y < bounds.top || y >= bounds.bottom) return;
    const row = rows.get(y);
    if (row) row.push([x, x + width]);
    else rows.set(y, [[x, x + width]]);
  });
  for (const [y, spans] of rows) {
    let end = -Infinity;
    for (const [left, right] of spans.sort((a, b) => a[0] - b[0])) {
      const from = Math.max(left, end);
      if (right > from) take(from, y, right - from), end = right;
    }
  }
}

/** Drawing a second time changes nothing: lines.c miSpansEasyRop. */
function isIdempotent(rop: Rop): boolean {
  const twice = (d: number, s: number) => rop >> (s << 1 | rop >> (s << 1 | d) & 1) & 1;
  return [0, 1].every((s) => [0, 1].every((d) => twice(d, s) === (rop >> (s << 1 | d) & 1)));
}

/** SPEC: a pattern that starts with a gap has its first length at its end, and its new first past. */
function patternOf(attr: LineAttr): DashPattern | null {
  if (!(attr.flags & LineFlags.styled)) return null;
  const lengths = (attr.style ?? []).map((length) => {
    const fixed = length * 16 | 0;
    return (fixed >> 4) + ((fixed & 15) > 8 ? 1 : 0) & 255;
  });
  if (!lengths.some((length) => length > 0)) {
    throw new GuestError("Cannot stroke: the style has no length");
  }
  if (!(attr.flags & LineFlags.startWithGap)) return { lengths, start: 0 };
  lengths.push(lengths.shift()!);
  return { lengths, start: lengths[0] };
}

/** What collects spans as rects within the area. */
function clipTo(area: Area, bounds: Rect): (rects: Rect[]) => TakeSpan {
  const rows: Rect[][] = [];
  if (area.length > 1) {
    for (let y = bounds.top; y < bounds.bottom; y++) rows.push([]);
    for (const r of area) for (let y = r.top; y < r.bottom; y++) rows[y - bounds.top].push(r);
  }
  return (rects) => (x, y, width) => {
    if (y < bounds.top || y >= bounds.bottom) return;
    const span = { top: y, left: x, bottom: y + 1, right: x + width };
    for (const r of area.length > 1 ? rows[y - bounds.top] : area) {
      const part = intersection(span, r);
      if (!isEmptyRect(part)) rects.push(part);
    }
  };
}
