import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Drawing, Rect } from "../../core/protocol/drawing.ts";
import { cropped, unclipped } from "./crop.ts";
import { newsOf } from "./news.ts";
import type { Piece, Shown } from "./shown.ts";

/** What was told to a client that showed this. */
interface Told {
  /** Commands by number: who holds them holds all that they were told before. */
  readonly pieces: readonly { readonly command: number; readonly seen: readonly Rect[] }[];
  readonly news: readonly Drawing[] | null;
}

/**
 * Drawings as they are made for one client and are right for the next: those that keep up show the
 * same, so what is new is found once, and its pictures, being the same objects, are encoded once.
 */
export class NewsDesk {
  readonly #whole = new WeakMap<Drawing, Drawing>();
  readonly #cropped = new WeakMap<Drawing, Drawing>();
  readonly #told = new WeakMap<Drawing, Told>();
  readonly #numbers = new WeakMap<BorrowedDrawing, number>();
  #lastNumber = 0;

  /** The drawing as news are looked for in it. */
  whole(drawing: Drawing): Drawing {
    return kept(this.#whole, drawing, unclipped);
  }

  /** The drawing with no more of its picture than is drawn. */
  cropped(drawing: Drawing): Drawing {
    return kept(this.#cropped, drawing, cropped);
  }

  /** What is new in the drawing to a client that shows this; null: most of it. */
  news(drawing: Drawing, shown: Shown): readonly Drawing[] | null {
    const told = this.#told.get(drawing);
    if (told && this.#shows(shown.pieces, told.pieces)) return told.news;
    const news = newsOf(drawing, shown);
    if (news === null || told) return news;
    const pieces = shown.pieces.map(({ command, seen }) => ({
      command: this.#numberOf(command),
      seen: [...seen.rects],
    }));
    this.#told.set(drawing, { pieces, news });
    return news;
  }

  #shows(pieces: readonly Piece[], told: Told["pieces"]): boolean {
    return told.length === pieces.length && told.every(({ command, seen }, i) => {
      const { rects } = pieces[i].seen;
      return command === this.#numbers.get(pieces[i].command) && seen.length === rects.length &&
        seen.every((rect, n) => sameRect(rect, rects[n]));
    });
  }

  #numberOf(command: BorrowedDrawing): number {
    let number = this.#numbers.get(command);
    if (number === undefined) this.#numbers.set(command, number = ++this.#lastNumber);
    return number;
  }
}

/** Made once; what comes out the same is not kept. */
function kept(
  map: WeakMap<Drawing, Drawing>,
  drawing: Drawing,
  make: (drawing: Drawing) => Drawing,
): Drawing {
  // others are as they are whatever is made of them
  if (drawing.kind !== "drawCopy") return drawing;
  let made = map.get(drawing);
  if (!made) {
    made = make(drawing);
    if (made !== drawing) map.set(drawing, made);
  }
  return made;
}

const sameRect = (a: Rect, b: Rect): boolean =>
  a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;
