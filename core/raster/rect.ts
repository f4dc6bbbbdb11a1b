import type { Rect } from "../protocol/drawing.ts";

export type { Rect };

/** Nothing lies within: inverted ones too. */
export const isEmptyRect = (r: Rect): boolean => r.right <= r.left || r.bottom <= r.top;

/** Pixels within; 0 for an inverted one. */
export const areaOf = (r: Rect): number =>
  isEmptyRect(r) ? 0 : (r.right - r.left) * (r.bottom - r.top);

/** What lies within both: may come out inverted. */
export function intersection(a: Rect, b: Rect): Rect {
  return {
    top: a.top > b.top ? a.top : b.top,
    left: a.left > b.left ? a.left : b.left,
    bottom: a.bottom < b.bottom ? a.bottom : b.bottom,
    right: a.right < b.right ? a.right : b.right,
  };
}

/** The smallest rect around both. */
export function around(a: Rect, b: Rect): Rect {
  return {
    top: a.top < b.top ? a.top : b.top,
    left: a.left < b.left ? a.left : b.left,
    bottom: a.bottom > b.bottom ? a.bottom : b.bottom,
    right: a.right > b.right ? a.right : b.right,
  };
}

/** outer holds every pixel of inner. */
export const covers = (outer: Rect, inner: Rect): boolean =>
  outer.left <= inner.left && outer.top <= inner.top && outer.right >= inner.right &&
  outer.bottom >= inner.bottom;

/** Some pixel lies within both, neither of which is empty. */
export const overlap = (a: Rect, b: Rect): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

export const moved = (r: Rect, dx: number, dy: number): Rect => ({
  top: r.top + dy,
  left: r.left + dx,
  bottom: r.bottom + dy,
  right: r.right + dx,
});

/** Gives every part of r outside of hole, at most four. The two overlap. */
export function without(r: Rect, hole: Rect, give: (part: Rect) => void): void {
  let { top, bottom } = r;
  if (hole.top > top) {
    give({ top, left: r.left, bottom: hole.top, right: r.right });
    top = hole.top;
  }
  if (hole.bottom < bottom) {
    give({ top: hole.bottom, left: r.left, bottom, right: r.right });
    bottom = hole.bottom;
  }
  if (hole.left > r.left) give({ top, left: r.left, bottom, right: hole.left });
  if (hole.right < r.right) give({ top, left: hole.right, bottom, right: r.right });
}
