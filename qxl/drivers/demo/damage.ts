/** What of a screen is not right any more, and which pixels only need to be moved. */
import type { Drawing, Rect } from "../../../core/protocol/drawing.ts";
import { intersection, isEmptyRect, moved } from "../../../core/raster/rect.ts";
import { Region } from "../../../core/raster/region.ts";

/** More than these are not worth their while. */
const maxCopies = 8, maxRects = 24;

const same = (a: Rect, b: Rect) =>
  a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;

export class Damage {
  /** INVARIANT: what is wrong after the copies were made. */
  readonly #wrong = new Region();
  #copies: { from: Rect; to: Rect }[] = [];

  get isEmpty(): boolean {
    return this.#wrong.isEmpty && this.#copies.length === 0;
  }

  add(rect: Rect): void {
    this.#wrong.add(rect);
    if (this.#wrong.rects.length > 4 * maxRects) this.#wrong.simplify(maxRects);
  }

  addAll(region: Region): void {
    for (const rect of region.rects) this.add(rect);
  }

  /** All pixels of from, which nothing covers, are now wanted so much further on. */
  move(from: Rect, dx: number, dy: number): void {
    if (isEmptyRect(from) || dx === 0 && dy === 0) return;
    const to = moved(from, dx, dy);
    if (this.#copies.length >= maxCopies) return this.add(to);
    const carried = this.#wrong.clone();
    carried.intersect(from);
    carried.translate(dx, dy);
    this.#wrong.subtract(to);
    this.addAll(carried);
    const last = this.#copies.at(-1);
    if (last && same(last.to, from)) last.to = to;
    else this.#copies.push({ from, to });
  }

  /** The copies as drawings, and the region to be painted after them; nothing is left. */
  take(screen: Rect): { copies: Drawing[]; region: Region } {
    const copies: Drawing[] = this.#copies.map(({ from, to }) => ({
      kind: "copyBits",
      base: { surfaceId: 0, box: to, clip: { type: "none" } },
      srcPos: { x: from.left, y: from.top },
    }));
    this.#copies = [];
    const region = this.#wrong.clone();
    this.#wrong.clear();
    region.intersect(screen);
    region.simplify(maxRects);
    return { copies, region };
  }

  /** Everything is wrong, as after a change of mode. */
  all(screen: Rect): void {
    this.#copies = [];
    this.#wrong.clear();
    this.#wrong.add(screen);
  }
}

/** The part of from that, moved, stays within bounds. */
export function movable(from: Rect, dx: number, dy: number, bounds: Rect): Rect {
  return intersection(intersection(from, bounds), moved(bounds, -dx, -dy));
}
