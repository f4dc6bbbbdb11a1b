/**
 * Convex polygons of three or four corners, pixel for pixel those of the X server's mi
 * (spice-common's lines.c), which draws dashes with them.
 */
import type { TakeSpan } from "./polyline.ts";

export interface Vertex {
  x: number;
  y: number;
}

/** A side's direction, and k = x · dy - y · dx for every point (x, y) of it. */
export interface Slope {
  dx: number;
  dy: number;
  k: number;
}

interface Edge {
  top: number;
  height: number;
  x: number;
  step: number;
  sign: number;
  /** Above 0: one further pixel aside. */
  error: number;
  dx: number;
  dy: number;
}

/** SPEC: what is not whole rounds up above zero, and towards zero below it. */
const ceil = (x: number) => x < 0 ? Math.trunc(x) : Math.ceil(x);
const around = (i: number, by: number, count: number) => (i + by + count) % count;

/** Gives the rows of a polygon whose corners count from (x, y); slopes[i] leads from corner i on. */
export function polygon(
  corners: readonly Vertex[],
  slopes: readonly Slope[],
  x: number,
  y: number,
  take: TakeSpan,
): void {
  const count = corners.length;
  let top = 0, bottom = 0;
  for (let i = 1; i < count; i++) {
    if (corners[i].y < corners[top].y) top = i;
    if (corners[i].y >= corners[bottom].y) bottom = i;
  }
  const before = slopes[around(top, -1, count)], after = slopes[top];
  const clockwise = before.dy * after.dx > after.dy * before.dx ? -1 : 1;
  const end = ceil(corners[bottom].y) + y;
  const side = (direction: number, left: number): Edge[] => {
    const edges: Edge[] = [];
    let s = direction > 0 ? top : around(top, -1, count);
    for (let i = top; i !== bottom; i = around(i, direction, count)) {
      if (slopes[s].dy !== 0) edges.push(edgeOf(corners[i], slopes[s], x + left, y));
      s = around(s, direction, count);
    }
    edges.forEach((edge, i) => edge.height = (edges[i + 1]?.top ?? end) - edge.top);
    return edges;
  };
  fill(side(-clockwise, 1), side(clockwise, 0), take);
}

function edgeOf(corner: Vertex, { dx, dy, k }: Slope, x: number, y: number): Edge {
  if (dy < 0) dx = -dx, dy = -dy, k = -k;
  const top = ceil(corner.y);
  const product = ceil(k) + top * dx;
  const whole = product <= 0 ? -Math.trunc(-product / dy) - 1 : Math.trunc((product - 1) / dy);
  const error = product - whole * dy;
  return {
    top: top + y,
    height: 0,
    x: whole + x,
    step: Math.trunc(dx / dy),
    sign: dx >= 0 ? 1 : -1,
    error: (dx >= 0 ? error : dy - error + 1) - dy,
    dx: Math.abs(dx) % dy,
    dy,
  };
}

function fill(left: Edge[], right: Edge[], take: TakeSpan): void {
  let l = left.shift(), r = right.shift();
  if (!l || !r) return;
  // SPEC: both sides begin at the top that was found last
  let y = r.top;
  for (;;) {
    while (l.height === 0) if (!(l = left.shift())) return;
    while (r.height === 0) if (!(r = right.shift())) return;
    const rows = Math.min(l.height, r.height);
    if (rows < 0) return;
    l.height -= rows, r.height -= rows;
    for (let i = 0; i < rows; i++, y++) {
      if (r.x >= l.x) take(l.x, y, r.x - l.x + 1);
      step(l);
      step(r);
    }
  }
}

function step(edge: Edge): void {
  edge.x += edge.step;
  if ((edge.error += edge.dx) > 0) edge.x += edge.sign, edge.error -= edge.dy;
}
