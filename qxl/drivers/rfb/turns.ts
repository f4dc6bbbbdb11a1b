/**
 * When each screen of one machine may be asked for another size. SPEC (Linux, virtgpu_kms.c): a second
 * change that comes while the first is looked at is cleared with it, and never seen.
 */
import type { Clock } from "../../../core/clock.ts";

/** So long a guest may look at one change. */
const APART_MS = 400;

export class Turns {
  readonly #clock: Clock;
  #last: object | null = null;
  /** When the last one's turn is or was, and when the next one's may be. */
  #lastMs = 0;
  #freeMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until it is this one's turn, which is so taken. Who had the last has the next one too. */
  take(who: object): number {
    const now = this.#clock.now();
    const at = Math.max(now, who === this.#last ? this.#lastMs : this.#freeMs);
    this.#last = who;
    this.#lastMs = at;
    this.#freeMs = at + APART_MS;
    return at - now;
  }
}
