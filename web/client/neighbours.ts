/// <reference lib="dom" />
/**
 * The windows of one browser that show the same guest, each with a session of its own: they tell each
 * other how large what they show shall be, as whoever asks a guest for monitors names them all.
 */
import type { Wish } from "./arrangement.ts";
import type { After } from "./after.ts";

/** What one window tells the others. */
export interface Word {
  /** Which window. */
  readonly from: string;
  /** null: it shows nothing that has a size of its own. */
  readonly wish: Wish | null;
  /** It shows nothing any more. */
  readonly closed: boolean;
  /** Its person has just wished for that; otherwise it is what it shows. */
  readonly now: boolean;
  /** The others are asked to say theirs. */
  readonly ask: boolean;
}

export interface NeighboursHost {
  after: After;
  /** To all other windows. */
  say(word: Word): void;
  /** One has just wished for another size than before. */
  changed(): void;
  /** A window was closed, and none shows what it showed. */
  closed(wish: Wish): void;
}

/** More windows than this are not heard. */
const MOST = 32;
/** A page that is loaded anew is back by then. */
const BACK_MS = 3000;

export class Neighbours {
  readonly #host: NeighboursHost;
  readonly #from: string;
  readonly #wishes = new Map<string, Wish>();
  #own: Wish | null = null;

  /** from: a name that no other window has. */
  constructor(from: string, host: NeighboursHost) {
    this.#from = from;
    this.#host = host;
    this.#say({ ask: true });
  }

  /** What the other windows wish for, of what this one does not show. */
  get wishes(): Wish[] {
    const own = this.#own;
    return [...this.#wishes.values()].filter((wish) => !own || !samePlace(wish, own));
  }

  /** This window wishes for that now. */
  wish(own: Wish): void {
    this.#own = own;
    this.#say({ now: true });
  }

  /** What this window shows, whoever wished for it; null: nothing that has a size of its own. */
  set own(own: Wish | null) {
    this.#own = own;
    this.#say({});
  }

  /** This window shows nothing any more. */
  close(): void {
    this.#own = null;
    this.#say({ closed: true });
  }

  hear({ from, wish, now, ask, closed }: Word): void {
    if (ask && this.#own) this.#say({});
    const before = this.#wishes.get(from);
    if (wish) {
      if (before || this.#wishes.size < MOST) this.#wishes.set(from, wish);
      const another = before?.width !== wish.width || before.height !== wish.height;
      if (now && another) this.#host.changed();
      return;
    }
    // one that shows all heads from now on has closed none of them
    if (!this.#wishes.delete(from) || !closed) return;
    this.#host.after(BACK_MS, () => {
      const shown = [...this.#wishes.values(), ...this.#own ? [this.#own] : []];
      if (!shown.some((other) => samePlace(other, before!))) this.#host.closed(before!);
    });
  }

  #say({ now = false, ask = false, closed = false }): void {
    this.#host.say({ from: this.#from, wish: this.#own, now, ask, closed });
  }
}

const samePlace = (a: Wish, b: Wish) => a.display === b.display && (a.head ?? 0) === (b.head ?? 0);
