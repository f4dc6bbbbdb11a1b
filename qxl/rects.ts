/** Points and rects as guest memory has them. */
import type { Point, Point16, Rect } from "../core/protocol/drawing.ts";

export const rectAt = (view: DataView, at: number): Rect => ({
  top: view.getInt32(at, true),
  left: view.getInt32(at + 4, true),
  bottom: view.getInt32(at + 8, true),
  right: view.getInt32(at + 12, true),
});
export const pointAt = (view: DataView, at: number): Point => ({
  x: view.getInt32(at, true),
  y: view.getInt32(at + 4, true),
});
export const point16At = (view: DataView, at: number): Point16 => ({
  x: view.getInt16(at, true),
  y: view.getInt16(at + 2, true),
});

export const show = ({ left, top, right, bottom }: Rect) =>
  `(${left}, ${top})–(${right}, ${bottom})`;

/** The box and one of the rects have a pixel in common. */
export function touches(box: Rect, rects: readonly Rect[]): boolean {
  for (let i = 0; i < rects.length; i++) {
    const r = rects[i];
    if (
      Math.max(r.left, box.left) < Math.min(r.right, box.right) &&
      Math.max(r.top, box.top) < Math.min(r.bottom, box.bottom)
    ) return true;
  }
  return false;
}
