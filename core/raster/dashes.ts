/**
 * Dashed lines one pixel wide, pixel for pixel those of the X server's mi (spice-common's lines.c):
 * each dash is a polygon, corners are mitred.
 */
import type { Point } from "../protocol/drawing.ts";
import { polygon, type Slope, type Vertex } from "./polygon.ts";
import type { TakeSpan } from "./polyline.ts";
import type { Rect } from "./rect.ts";

/** Lengths of dash, gap, dash …, 0 … 255 and not all 0; `start` pixels of them are past already. */
export interface DashPattern {
  readonly lengths: readonly number[];
  readonly start: number;
}

/** An end of a line; (xa, ya) leads from its middle to a corner. */
interface Face extends Point {
  xa: number;
  ya: number;
  dx: number;
  dy: number;
  k: number;
}

/** Beyond bounds so many rounds of the pattern or more are left out at once. */
const MANY = 16;
/** 1 / sin²(11°/2): a sharper corner is cut off. */
const MITER_LIMIT = 108.856472512142;

class Dashes {
  index = 0;
  /** Pixels of lengths[index] that are past. */
  offset = 0;
  readonly period: number;
  readonly lengths: readonly number[];

  constructor({ lengths, start }: DashPattern) {
    this.lengths = lengths;
    this.period = lengths.reduce((a, b) => a + b, 0);
    if (start < lengths[0]) {
      this.offset = start;
      return;
    }
    let left = (start - lengths[0]) % this.period;
    this.next();
    while (left >= this.length) {
      left -= this.length;
      this.next();
    }
    this.offset = left;
  }

  get length(): number {
    return this.lengths[this.index];
  }

  /** This is a dash, not a gap. */
  get isInk(): boolean {
    return (this.index & 1) === 0;
  }

  next(): void {
    this.index = this.index + 1 === this.lengths.length ? 0 : this.index + 1;
    this.offset = 0;
  }
}

/** Gives the pixels of the dashes that reach bounds; overlapping: see `joined`. */
export function dashedLine(
  points: readonly Point[],
  pattern: DashPattern,
  bounds: Rect,
  joined: boolean,
  take: TakeSpan,
): void {
  const dashes = new Dashes(pattern);
  const begin = points[0], end = points[points.length - 1];
  const closed = begin.x === end.x && begin.y === end.y;
  let first: Face | null = null, before: Face | null = null, inkBefore = false, drawn = false;
  for (let i = 1; i < points.length; i++) {
    const from = points[i - 1], to = points[i];
    if (from.x === to.x && from.y === to.y) continue;
    const inkFirst = dashes.isInk;
    const [left, right] = segment(from, to, dashes, bounds, take);
    if (inkFirst) {
      if (!drawn && closed) first = { ...left };
      else if (drawn && inkBefore) join(left, before!, joined, take);
    }
    inkBefore = endsInInk(dashes);
    before = right;
    drawn = true;
  }
  if (drawn && first && inkBefore) join(first, before!, joined, take);
}

/** SPEC: `(dashIndex & 1) ^ (dashOffset != 0)` */
const endsInInk = (dashes: Dashes) => ((dashes.index & 1) ^ (dashes.offset !== 0 ? 1 : 0)) === 1;

function segment(
  from: Point,
  to: Point,
  dashes: Dashes,
  bounds: Rect,
  take: TakeSpan,
): [Face, Face] {
  const dx = to.x - from.x, dy = to.y - from.y;
  const length = dx === 0 ? Math.abs(dy) : dy === 0 ? Math.abs(dx) : Math.hypot(dx, dy);
  const half = 0.5 / length;
  const rdx = dy === 0 ? Math.sign(dx) / 2 : half * dx;
  const rdy = dx === 0 ? Math.sign(dy) / 2 : half * dy;
  const k = length / 2;
  const slopes: Slope[] = [
    { dx, dy, k },
    { dx: -dy, dy: dx, k: 0 },
    { dx: -dx, dy: -dy, k },
    { dx: dy, dy: -dx, k: 0 },
  ];
  // clockwise from the left corner of the begin, if the line leads to the right
  let a = { x: rdy, y: -rdx }, b = { x: rdy, y: -rdx };
  let c = { x: -rdy, y: rdx }, d = { x: -rdy, y: rdx };
  const [enters, leaves] = within(from, dx, dy, length, bounds);
  let left = length, remain = dashes.length - dashes.offset;
  while (left > remain) {
    const at = length - left;
    const skip = Math.floor(
      ((at < enters ? Math.min(enters - at, left - 1) : at > leaves ? left - 1 : 0) - remain) /
        dashes.period,
    );
    if (skip >= MANY) {
      const x = skip * dashes.period * dx / length, y = skip * dashes.period * dy / length;
      for (const corner of [a, b, c, d]) corner.x += x, corner.y += y;
      slopes[3].k = -(b.x * dx + b.y * dy);
      left -= skip * dashes.period;
      continue;
    }
    const x = remain * dx / length, y = remain * dy / length;
    b.x += x, b.y += y, c.x += x, c.y += y;
    slopes[1].k = b.x * dx + b.y * dy;
    if (dashes.isInk) polygon([a, b, c, d], slopes, from.x, from.y, take);
    left -= remain;
    dashes.next();
    remain = dashes.length;
    a = { ...b }, d = { ...c };
    slopes[3].k = -slopes[1].k;
  }
  if (dashes.isInk) {
    a.x -= dx, a.y -= dy, d.x -= dx, d.y -= dy;
    b = { x: rdy, y: -rdx }, c = { x: -rdy, y: rdx };
    slopes[1].k = 0;
    slopes[3].k += dx * dx + dy * dy;
    polygon([a, b, c, d], slopes, to.x, to.y, take);
  }
  // SPEC: what remains of a dash is cut to whole pixels at each point
  remain = Math.trunc(remain - left);
  if (remain === 0) {
    dashes.next();
    remain = dashes.length;
  }
  dashes.offset = dashes.length - remain;
  return [
    { x: from.x, y: from.y, dx, dy, xa: rdy, ya: -rdx, k },
    { x: to.x, y: to.y, dx: -dx, dy: -dy, xa: -rdy, ya: rdx, k },
  ];
}

/** How far along the line it comes near to the bounds, and how far it has left them. */
function within(
  from: Point,
  dx: number,
  dy: number,
  length: number,
  bounds: Rect,
): [number, number] {
  let enters = 0, leaves = length;
  const slab = (at: number, by: number, low: number, high: number) => {
    const one = (low - 4 - at) / by * length, two = (high + 4 - at) / by * length;
    if (by === 0) {
      if (at < low - 4 || at > high + 4) enters = length;
      return;
    }
    enters = Math.max(enters, Math.min(one, two));
    leaves = Math.min(leaves, Math.max(one, two));
  };
  slab(from.x, dx, bounds.left, bounds.right);
  slab(from.y, dy, bounds.top, bounds.bottom);
  return enters > leaves ? [length, length] : [enters, leaves];
}

/**
 * Fills the corner between two lines. `joined`: every pixel counts once however many dashes have
 * it; then the corner is filled even where one of the lines has it already.
 */
function join(left: Face, right: Face, joined: boolean, take: TakeSpan): void {
  if (!joined) {
    if (left.dx > 0 || left.dx === 0 && left.dy > 0) return;
    if (right.dx > 0 || right.dx === 0 && right.dy > 0) return;
  }
  const denominator = -left.dx * right.dy + right.dx * left.dy;
  if (denominator === 0) return;
  const turn = denominator > 0 ? 1 : -1;
  const l = turn > 0 ? opposite(left) : { ...left };
  const r = turn > 0 ? { ...right } : opposite(right);
  const y = (l.dy * (r.xa * r.dy - r.ya * r.dx) - r.dy * (l.xa * l.dy - l.ya * l.dx)) /
    denominator;
  const x = l.dy !== 0 ? l.xa + (y - l.ya) * l.dx / l.dy : r.xa + (y - r.ya) * r.dx / r.dy;
  const corners: Vertex[] = [{ x: r.xa, y: r.ya }, { x: 0, y: 0 }, { x: l.xa, y: l.ya }];
  const slopes: Slope[] = [
    { dx: -r.dy, dy: r.dx, k: 0 },
    { dx: l.dy, dy: -l.dx, k: 0 },
  ];
  if ((x * x + y * y) * 4 > MITER_LIMIT) {
    const ax = r.xa - l.xa, ay = r.ya - l.ya, scale = Math.max(Math.abs(ax), Math.abs(ay));
    const dx = Math.trunc(ax * 65536 / scale), dy = Math.trunc(ay * 65536 / scale);
    slopes.push({ dx, dy, k: ((l.xa + r.xa) * dy - (l.ya + r.ya) * dx) / 2 });
  } else {
    slopes.push({ dx: turn * l.dx, dy: turn * l.dy, k: turn * l.k });
    slopes.push({ dx: turn * r.dx, dy: turn * r.dy, k: turn * r.k });
    corners.push({ x, y });
  }
  polygon(corners, slopes, left.x, left.y, take);
}

const opposite = (face: Face): Face => ({
  ...face,
  xa: -face.xa,
  ya: -face.ya,
  dx: -face.dx,
  dy: -face.dy,
});
