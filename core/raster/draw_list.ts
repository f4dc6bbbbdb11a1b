import type { Drawing, Rect } from "../protocol/drawing.ts";
import { isOpaque, readsFrom } from "./opaque.ts";
import { covers, overlap } from "./rect.ts";

/** How far back a new drawing looks for what it hides. */
const LOOK_BACK = 128;
/** Readers in between beyond which it stops looking. */
const MAX_READERS = 8;

/** Something that waits its turn: a drawing, or (null) what no drawing may be moved across. */
export interface Waiting {
  readonly drawing: Drawing | null;
}

/**
 * Drawings that wait, oldest first. What a later one hides completely, before anybody has looked at
 * it, is let go: the pixels at the end are the same.
 */
export class DrawList<T extends Waiting> {
  #items: (T | null)[] = [];
  #head = 0;
  #count = 0;

  /** onHidden: gets what was let go because nobody would see it. */
  constructor(readonly onHidden: (item: T) => void) {}

  get length(): number {
    return this.#count;
  }

  /** The oldest; undefined: there is none. */
  get first(): T | undefined {
    this.#skip();
    return this.#items[this.#head] ?? undefined;
  }

  push(item: T): void {
    if (item.drawing !== null && this.#count > 0 && isOpaque(item.drawing)) {
      this.#hide(item.drawing);
    }
    this.#items.push(item);
    this.#count++;
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    this.#skip();
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head]!;
    this.#items[this.#head++] = null;
    this.#count--;
    this.#skip();
    return item;
  }

  #skip(): void {
    const items = this.#items;
    while (this.#head < items.length && items[this.#head] === null) this.#head++;
    if (this.#head === items.length) items.length = this.#head = 0;
    else if (this.#head >= 1024) this.#items = items.slice(this.#head), this.#head = 0;
  }

  /** INVARIANT: nothing that stays, and came later than what goes, looks at what goes. */
  #hide(above: Drawing): void {
    const items = this.#items;
    const { surfaceId, box } = above.base;
    let readers: Rect[] | null = null;
    for (let n = items.length - 1, last = Math.max(this.#head, n - LOOK_BACK); n >= last; n--) {
      const item = items[n];
      if (item === null) continue;
      const below = item.drawing;
      if (below === null) return;
      if (below.base.surfaceId === surfaceId && covers(box, below.base.box)) {
        if (readers === null || !readers.some((r) => overlap(r, below.base.box))) {
          items[n] = null;
          this.#count--;
          this.onHidden(item);
          continue;
        }
      }
      const read = readsFrom(below, surfaceId);
      if (read === null || !overlap(read, box)) continue;
      if (readers?.length === MAX_READERS) return;
      (readers ??= []).push(read);
    }
    while (items.length > this.#head && items[items.length - 1] === null) items.pop();
    if (items.length === this.#head) items.length = this.#head = 0;
  }
}
