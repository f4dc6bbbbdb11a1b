/**
 * A set of pixels, kept as rects that do not overlap; rects given and taken are never changed.
 * Every operation costs in the order of the number of rects held: `simplify` keeps that small.
 */
import { absorb, joinCheapest } from "./join.ts";
import {
  areaOf,
  around,
  covers,
  intersection,
  isEmptyRect,
  moved,
  overlap,
  without,
} from "./rect.ts";
import type { Rect } from "./rect.ts";

export class Region {
  #rects: Rect[] = [];
  /** The spare list that the next change is built in. */
  #spare: Rect[] = [];

  /** The union of these rects; they may overlap. */
  constructor(rects: Iterable<Rect> = []) {
    for (const rect of rects) this.add(rect);
  }

  /** In no order. Valid until the region changes. */
  get rects(): readonly Rect[] {
    return this.#rects;
  }

  get isEmpty(): boolean {
    return this.#rects.length === 0;
  }

  /** Pixels in it. */
  get area(): number {
    let sum = 0;
    for (const rect of this.#rects) sum += areaOf(rect);
    return sum;
  }

  /** The smallest rect around all; null when empty. */
  get bounds(): Rect | null {
    const rects = this.#rects;
    if (rects.length === 0) return null;
    let all = rects[0];
    for (let i = 1; i < rects.length; i++) all = around(all, rects[i]);
    return all;
  }

  clear(): void {
    this.#rects.length = 0;
  }

  clone(): Region {
    const copy = new Region();
    copy.#rects = this.#rects.slice();
    return copy;
  }

  /** Union with a rect; an empty one changes nothing. */
  add(rect: Rect): void {
    if (isEmptyRect(rect)) return;
    const rects = this.#rects;
    let touched = false;
    for (let i = 0; i < rects.length; i++) {
      const r = rects[i];
      if (overlap(r, rect)) {
        if (covers(r, rect)) return;
        touched = true;
      }
    }
    if (touched) this.subtract(rect);
    this.#rects.push(rect);
    this.#mergeLast();
  }

  addAll(other: Region): void {
    if (other === this) return;
    for (const rect of other.#rects) this.add(rect);
  }

  /** Takes the rect's pixels out. */
  subtract(rect: Rect): void {
    if (isEmptyRect(rect)) return;
    const kept = this.#spare;
    for (const r of this.#rects) {
      if (overlap(r, rect)) without(r, rect, (part) => kept.push(part));
      else kept.push(r);
    }
    this.#swap();
  }

  subtractAll(other: Region): void {
    if (other === this) return this.clear();
    for (const rect of other.#rects) this.subtract(rect);
  }

  /** Keeps only what lies within the rect. */
  intersect(rect: Rect): void {
    if (isEmptyRect(rect)) return this.clear();
    const kept = this.#spare;
    for (const r of this.#rects) {
      if (covers(rect, r)) kept.push(r);
      else if (overlap(r, rect)) kept.push(intersection(r, rect));
    }
    this.#swap();
  }

  intersectAll(other: Region): void {
    if (other === this) return;
    const kept = this.#spare;
    for (const r of this.#rects) {
      for (const o of other.#rects) if (overlap(r, o)) kept.push(intersection(r, o));
    }
    this.#swap();
  }

  translate(dx: number, dy: number): void {
    for (let i = 0; i < this.#rects.length; i++) this.#rects[i] = moved(this.#rects[i], dx, dy);
  }

  /** Every pixel of the rect is in it. True for an empty rect. */
  contains(rect: Rect): boolean {
    if (isEmptyRect(rect)) return true;
    let missing = areaOf(rect);
    for (const r of this.#rects) {
      if (!overlap(r, rect)) continue;
      missing -= areaOf(intersection(r, rect));
      if (missing === 0) return true;
    }
    return false;
  }

  /** Some pixel of the rect is in it. */
  overlaps(rect: Rect): boolean {
    if (isEmptyRect(rect)) return false;
    for (const r of this.#rects) if (overlap(r, rect)) return true;
    return false;
  }

  /** Holds at most `most` rects afterwards (1 or more), covering more pixels where it must. */
  simplify(most: number): void {
    if (!(most >= 1)) throw new RangeError(`A region cannot be simplified to ${most} rects`);
    if (this.#rects.length <= most) return;
    // pairs cost the square of the count: neighbours in reading order go together first
    const few = Math.max(128, most * 2);
    if (this.#rects.length > few) this.#joinNeighbours(few);
    if (this.#rects.length > most) joinCheapest(this.#rects, most);
  }

  #swap(): void {
    const old = this.#rects;
    this.#rects = this.#spare;
    old.length = 0;
    this.#spare = old;
  }

  /** The last rect grows by those that continue it exactly, as lines of text and window edges do. */
  #mergeLast(): void {
    const rects = this.#rects;
    let last = rects[rects.length - 1];
    for (let i = rects.length - 2; i >= 0; i--) {
      const r = rects[i];
      const beside = r.top === last.top && r.bottom === last.bottom &&
        (r.right === last.left || r.left === last.right);
      const above = r.left === last.left && r.right === last.right &&
        (r.bottom === last.top || r.top === last.bottom);
      if (!beside && !above) continue;
      last = around(r, last);
      rects.pop();
      rects[i] = last;
      rects.splice(i, 1);
      rects.push(last);
      i = rects.length - 1;
    }
  }

  #joinNeighbours(most: number): void {
    const sorted = this.#rects.toSorted((a, b) => a.top - b.top || a.left - b.left);
    const each = Math.ceil(sorted.length / most);
    this.#rects = [];
    for (let i = 0; i < sorted.length; i += each) {
      absorb(this.#rects, sorted.slice(i, i + each).reduce(around));
    }
  }
}
