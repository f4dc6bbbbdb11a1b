import type { Drawing, Rect } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";
import { areaOf, isOpaque, otherRead, ownReads } from "./opaque.ts";
import { covers, overlap } from "./rect.ts";
import { Region } from "./region.ts";

/** How far back a new drawing looks for what it hides. */
const LOOK_BACK = 64;
/** Pieces in which a drawing may still be seen; one in more pieces is taken to be seen for good. */
const MAX_PIECES = 16;
/** Readers in between beyond which it stops looking. */
const MAX_READERS = 8;

/** Something that waits its turn: a drawing, or (null) what no drawing may be moved across. */
export interface Waiting {
  readonly drawing: Drawing | null;
}

interface Place<T> {
  readonly item: T;
  /** What it looks at on its own surface. */
  readonly reads: Rect | null;
  /** Where it can still be seen; null: in its whole area. */
  seen: Region | null;
}

/** Numbers of a place, flat, because looking back is the hot loop. */
const LEFT = 0, TOP = 1, RIGHT = 2, BOTTOM = 3, SURFACE = 4, OTHER = 5, FIELDS = 6;
/** In SURFACE: no drawing may be moved across. */
const BARRIER = -1;
/** In OTHER: looks at nothing at all; at no other surface; at more than one; the place is empty. */
const OPAQUE = -3, NONE = -1, MANY = -2, GONE = -4;

/**
 * Drawings that wait, oldest first. What later ones hide completely, before anybody has looked at
 * it, is let go: the pixels at the end are the same. libspice's tree of drawables does so too.
 */
export class DrawList<T extends Waiting> {
  #places: (Place<T> | null)[] = [];
  #numbers = new Int32Array(64 * FIELDS);
  #head = 0;
  #count = 0;

  /** onHidden: gets what was let go because nobody would see it. */
  constructor(readonly onHidden: (item: T) => void) {}

  get length(): number {
    return this.#count;
  }

  /** The oldest; undefined: there is none. */
  get first(): T | undefined {
    return this.#places[this.#head]?.item;
  }

  push(item: T): void {
    const { drawing } = item;
    const opaque = drawing !== null && isOpaque(drawing);
    if (opaque && this.#count > 0) this.#hide(drawing);
    const reads = drawing === null || opaque ? null : ownReads(drawing);
    const at = this.#places.push({ item, reads, seen: null }) * FIELDS - FIELDS;
    if (at === this.#numbers.length) {
      const bigger = new Int32Array(at * 2);
      bigger.set(this.#numbers);
      this.#numbers = bigger;
    }
    this.#count++;
    const n = this.#numbers;
    if (drawing === null) {
      n[at + SURFACE] = BARRIER;
      n[at + OTHER] = NONE;
      return;
    }
    const { box, surfaceId } = drawing.base;
    n[at + LEFT] = box.left;
    n[at + TOP] = box.top;
    n[at + RIGHT] = box.right;
    n[at + BOTTOM] = box.bottom;
    n[at + SURFACE] = surfaceId;
    n[at + OTHER] = opaque ? OPAQUE : otherRead(drawing);
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    const place = this.#places[this.#head];
    if (!place) return undefined;
    this.#empty(this.#head);
    this.#skip();
    return place.item;
  }

  #empty(place: number): void {
    this.#places[place] = null;
    this.#numbers[place * FIELDS + OTHER] = GONE;
    this.#count--;
  }

  /** INVARIANT: the head is a place that is taken, or the list is empty. */
  #skip(): void {
    const places = this.#places;
    while (this.#head < places.length && places[this.#head] === null) this.#head++;
    if (this.#head === places.length) places.length = this.#head = 0;
    else if (this.#head >= 1024) {
      this.#numbers.copyWithin(0, this.#head * FIELDS);
      this.#places = places.slice(this.#head);
      this.#head = 0;
    }
  }

  /** INVARIANT: nothing that stays, and came later than what goes, looks at what goes. */
  #hide(above: Drawing): void {
    const n = this.#numbers;
    const { surfaceId, box: { left, top, right, bottom } } = above.base;
    let area: Rect[] | null = null, readers: Rect[] | null = null;
    const newest = this.#places.length - 1;
    const end = Math.max(this.#head, newest - LOOK_BACK) * FIELDS;
    const before = (at: number) => nextBack(n, at, end, surfaceId, left, top, right, bottom);
    for (let at = before(newest * FIELDS); at >= end; at = before(at - FIELDS)) {
      const other = n[at + OTHER], surface = n[at + SURFACE];
      const near = surface === surfaceId && n[at + LEFT] < right && left < n[at + RIGHT] &&
        n[at + TOP] < bottom && top < n[at + BOTTOM];
      if (near) {
        const place = this.#places[at / FIELDS]!;
        const { box } = place.item.drawing!.base;
        area ??= areaOf(above);
        if (!readers?.some((r) => overlap(r, box)) && hides(area, place)) {
          this.#empty(at / FIELDS);
          this.onHidden(place.item);
          continue;
        }
      }
      if (other === OPAQUE) continue;
      // whoever looks at this surface keeps what it looks at, and what came before, in place
      if (surface === BARRIER || other === surfaceId || other === MANY) break;
      if (surface !== surfaceId) continue;
      const { reads } = this.#places[at / FIELDS]!;
      if (reads === null || !overlap(reads, above.base.box)) continue;
      if (readers?.length === MAX_READERS) break;
      (readers ??= []).push(reads);
    }
    const places = this.#places;
    while (places.length > this.#head && places[places.length - 1] === null) places.pop();
    this.#skip();
  }
}

/**
 * The next place, from `at` back to `end`, that shares pixels with an area or looks at any; less than
 * `end`: there is none. Small, because V8 compiles a loop as hot as this one at once, with all in it.
 */
function nextBack(
  n: Int32Array,
  at: number,
  end: number,
  surfaceId: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number {
  for (; at >= end; at -= FIELDS) {
    const other = n[at + OTHER];
    if (other === GONE) continue;
    if (
      other !== OPAQUE || n[at + SURFACE] === surfaceId && n[at + LEFT] < right &&
        left < n[at + RIGHT] && n[at + TOP] < bottom && top < n[at + BOTTOM]
    ) return at;
  }
  return at;
}

/** Nothing of the place is seen any more, now that `above` lies over it too. */
function hides(above: readonly Rect[], place: Place<Waiting>): boolean {
  const drawing = place.item.drawing!;
  if (above.length === 1 && covers(above[0], drawing.base.box)) return true;
  const seen = place.seen ??= new Region(areaOf(drawing));
  if (seen.rects.length > MAX_PIECES) return false;
  for (const rect of above) seen.subtract(rect);
  return seen.isEmpty;
}

/** Guest memory that a drawing's pixels take. */
export function bytesOf(drawing: Drawing): number {
  // whatever it is, it has a header of its own in guest memory
  let bytes = 256;
  if (drawing.kind === "copyBits") return bytes;
  const data = drawing.data;
  if ("srcBitmap" in data) bytes += imageBytes(data.srcBitmap);
  if ("maskBitmap" in data) bytes += imageBytes(data.maskBitmap ?? null);
  if ("mask" in data) bytes += imageBytes(data.mask.bitmap);
  if ("brush" in data && data.brush.type === "pattern") bytes += imageBytes(data.brush.pat);
  return bytes;
}

const imageBytes = (image: Image | null): number =>
  image !== null && "data" in image ? image.data.length : 0;
