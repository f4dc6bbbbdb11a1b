import { GuestError } from "../binary/error.ts";
import { type Path, PathFlags, type Point, type PointFix } from "../protocol/drawing.ts";

/** More points than any picture has. */
const MOST_POINTS = 1 << 18;
/** A curve is halved at most so often. */
const MOST_HALVINGS = 14;

/** SPEC: half a pixel counts as none. */
const whole = (fixed: number) => (fixed >> 4) + ((fixed & 15) > 8 ? 1 : 0);
/** 28.4 as the integer that it travels as. */
const fixedOf = ({ x, y }: PointFix): Point => ({ x: x * 16 | 0, y: y * 16 | 0 });
const pointOf = (p: PointFix): Point => {
  const { x, y } = fixedOf(p);
  return { x: whole(x), y: whole(y) };
};

/** The path as lines from pixel to pixel, one list for each run that hangs together. */
export function linesOf(path: Path): Point[][] {
  const runs: Point[][] = [];
  let run: Point[] = [], count = 0;
  const add = (point: Point) => {
    if (++count > MOST_POINTS) throw new GuestError("Cannot stroke a path: it has too many points");
    run.push(point);
  };
  const end = () => {
    if (run.length > 1) runs.push(run);
    run = [];
  };
  for (const { flags, points } of path.segments) {
    let at = 0;
    if (flags & PathFlags.begin) {
      end();
      if (points.length > 0) add(pointOf(points[at++]));
    }
    if (flags & PathFlags.bezier) {
      if ((points.length - at) % 3 !== 0 || run.length === 0) {
        throw new GuestError(`Cannot stroke a curve of ${points.length - at} points`);
      }
      for (; at < points.length; at += 3) {
        const { x, y } = run[run.length - 1];
        const [a, b, c] = [points[at], points[at + 1], points[at + 2]];
        curve({ x: x << 4, y: y << 4 }, fixedOf(a), fixedOf(b), fixedOf(c), MOST_HALVINGS, add);
      }
    } else for (; at < points.length; at++) add(pointOf(points[at]));
    if (flags & PathFlags.end) {
      if (flags & PathFlags.close && run.length > 0) add(run[0]);
      end();
    }
  }
  end();
  return runs;
}

/** Halves a Bézier curve until it is straight to half a pixel, as canvas_base.c does. */
function curve(
  a: Point,
  b: Point,
  c: Point,
  d: Point,
  halvings: number,
  add: (point: Point) => void,
): void {
  if (halvings === 0 || isStraight(a, b, c, d)) return add({ x: whole(d.x), y: whole(d.y) });
  const ab = middle(a, b), bc = middle(b, c), cd = middle(c, d);
  const abc = middle(ab, bc), bcd = middle(bc, cd), abcd = middle(abc, bcd);
  curve(a, ab, abc, abcd, halvings - 1, add);
  curve(abcd, bcd, cd, d, halvings - 1, add);
}

const middle = (p: Point, q: Point): Point => ({
  x: Math.trunc((p.x + q.x) / 2),
  y: Math.trunc((p.y + q.y) / 2),
});

function isStraight(a: Point, b: Point, c: Point, d: Point): boolean {
  const dot = (x1: number, y1: number, x2: number, y2: number) =>
    (BigInt(x1) * BigInt(x2) + BigInt(y1) * BigInt(y2)) >> 4n;
  const [bx, by, dx, dy] = [b.x - a.x, b.y - a.y, d.x - a.x, d.y - a.y];
  const [cx, cy] = [c.x - d.x, c.y - d.y];
  const length = dot(dx, dy, dx, dy);
  const ab = dot(bx, by, dx, dy), cd = dot(cx, cy, -dx, -dy);
  return (dot(bx, by, bx, by) * length - ab * ab) >> 3n < length &&
    (dot(cx, cy, cx, cy) * length - cd * cd) >> 3n < length;
}
