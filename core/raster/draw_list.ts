import type { Drawing, Rect } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";
import { areaOf, isOpaque, readsFrom } from "./opaque.ts";
import { covers, overlap } from "./rect.ts";
import { Region } from "./region.ts";

/** How far back a new drawing looks for what it hides. */
const LOOK_BACK = 256;
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
  /** Replaces its area and looks at nothing. */
  readonly opaque: boolean;
  /** Where it can still be seen; null: in its whole area. */
  seen: Region | null;
}

/**
 * Drawings that wait, oldest first. What a later one hides completely, before anybody has looked at
 * it, is let go: the pixels at the end are the same.
 */
export class DrawList<T extends Waiting> {
  #places: (Place<T> | null)[] = [];
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
    this.#places.push({ item, opaque, seen: null });
    this.#count++;
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    const place = this.#places[this.#head];
    if (!place) return undefined;
    this.#places[this.#head++] = null;
    this.#count--;
    this.#skip();
    return place.item;
  }

  /** INVARIANT: the head is a place that is taken, or the list is empty. */
  #skip(): void {
    const places = this.#places;
    while (this.#head < places.length && places[this.#head] === null) this.#head++;
    if (this.#head === places.length) places.length = this.#head = 0;
    else if (this.#head >= 1024) this.#places = places.slice(this.#head), this.#head = 0;
  }

  /** INVARIANT: nothing that stays, and came later than what goes, looks at what goes. */
  #hide(above: Drawing): void {
    const places = this.#places;
    const { surfaceId, box } = above.base;
    const area = areaOf(above);
    let readers: Rect[] | null = null;
    const newest = places.length - 1, oldest = Math.max(this.#head, newest - LOOK_BACK);
    for (let n = newest; n >= oldest; n--) {
      const place = places[n];
      if (place === null) continue;
      const below = place.item.drawing;
      if (below === null) break;
      const { base } = below;
      if (
        base.surfaceId === surfaceId && overlap(box, base.box) &&
        (readers === null || !readers.some((r) => overlap(r, base.box))) &&
        hides(area, place)
      ) {
        places[n] = null;
        this.#count--;
        this.onHidden(place.item);
        continue;
      }
      if (place.opaque) continue;
      const read = readsFrom(below, surfaceId);
      if (read === null || !overlap(read, box)) continue;
      if (readers?.length === MAX_READERS) break;
      (readers ??= []).push(read);
    }
    while (places.length > this.#head && places[places.length - 1] === null) places.pop();
    this.#skip();
  }
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
