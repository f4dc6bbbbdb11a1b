/**
 * Lines of no width, pixel for pixel those of the X server's mi (spice-common's lines.c): Bresenham
 * from point to point, each line without its last pixel, a tie going to the axis in some octants.
 */
import type { Point } from "../protocol/drawing.ts";
import type { Rect } from "./rect.ts";

/** Takes a row of pixels. */
export type TakeSpan = (x: number, y: number, width: number) => void;

/** The octants (x decreasing: 4, y decreasing: 2, steep: 1) whose ties take the axial step. */
const TIES_TO_AXIS = 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7;

/** Gives every pixel of the polyline within bounds; a pixel that two lines have is given twice. */
export function polyline(points: readonly Point[], bounds: Rect, take: TakeSpan): void {
  for (let i = 1; i < points.length; i++) line(points[i - 1], points[i], bounds, take);
}

function line(from: Point, to: Point, bounds: Rect, take: TakeSpan): void {
  const width = Math.abs(to.x - from.x), height = Math.abs(to.y - from.y);
  const right = to.x < from.x ? -1 : 1, down = to.y < from.y ? -1 : 1;
  const steep = width <= height;
  const octant = (right < 0 ? 4 : 0) | (down < 0 ? 2 : 0) | (steep ? 1 : 0);
  const bias = TIES_TO_AXIS >> octant & 1;
  const far = steep ? height : width, near = steep ? width : height;
  // after i steps along the line, floor((2·near·i + far - bias) / 2·far) were taken to the side
  const { top, left, bottom, right: edge } = bounds;
  let [first, last] = steep ? steps(from.y, down, top, bottom) : steps(from.x, right, left, edge);
  const [low, high] = steep ? steps(from.x, right, left, edge) : steps(from.y, down, top, bottom);
  if (near === 0) {
    if (low > 0 || high <= 0) return;
  } else {
    first = Math.max(first, Math.floor((2 * low - 1) * far / (2 * near)) - 1);
    last = Math.min(last, Math.ceil((2 * high - 1) * far / (2 * near)) + 2);
  }
  first = Math.max(first, 0), last = Math.min(last, far);
  if (first >= last) return;

  let [aside, rest] = divide(near, first, far, bias);
  if (steep) {
    let x = from.x + right * aside, y = from.y + down * first;
    for (let i = first; i < last; i++, y += down) {
      take(x, y, 1);
      if ((rest += 2 * near) >= 2 * far) rest -= 2 * far, x += right;
    }
    return;
  }
  let begun = first;
  for (let i = first; i < last; i++) {
    rest += 2 * near;
    if (rest < 2 * far && i + 1 < last) continue;
    const x = right > 0 ? from.x + begun : from.x - i;
    take(x, from.y + down * aside, i + 1 - begun);
    if (rest >= 2 * far) rest -= 2 * far, aside++;
    begun = i + 1;
  }
}

/** The steps from a coordinate on, in a direction, that end in [low, high): first and beyond last. */
function steps(from: number, direction: number, low: number, high: number): [number, number] {
  return direction > 0 ? [low - from, high - from] : [from - high + 1, from - low + 1];
}

/** (2·near·i + far - bias) / 2·far: whole and remainder, exact. */
function divide(near: number, i: number, far: number, bias: number): [number, number] {
  const sum = 2 * near * i + far - bias;
  if (sum <= Number.MAX_SAFE_INTEGER) {
    const whole = Math.floor(sum / (2 * far));
    return [whole, sum - whole * 2 * far];
  }
  const exact = 2n * BigInt(near) * BigInt(i) + BigInt(far - bias), by = 2n * BigInt(far);
  return [Number(exact / by), Number(exact % by)];
}
