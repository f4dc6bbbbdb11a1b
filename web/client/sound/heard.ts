/** When what the guest has stamped is heard here: frames wait for the sound that was made with them. */

/** Where sound waits longer, frames wait so long at most; it waits longer only before it is left out. */
export const MOST_WAIT_MS = 600;
/** Stamps further apart are of no common clock. */
const APART_MS = 5000;
/** Not told for so long, nothing is played any more. */
const SILENT_MS = 1000;

export class Heard {
  readonly #now: () => number;
  /** What is heard at a moment of `now`. */
  #told: { readonly stampMs: number; readonly atMs: number } | null = null;
  #toldAt = 0;

  /** now: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** This moment of the guest's clock leaves the loudspeaker then. */
  plays(stampMs: number, atMs: number): void {
    this.#told = { stampMs, atMs };
    this.#toldAt = this.#now();
  }

  stops(): void {
    this.#told = null;
  }

  /** Milliseconds until a moment of the guest's clock is heard; 0: it was, or nothing is. */
  until(stampMs: number): number {
    const now = this.#now();
    if (!this.#told || now - this.#toldAt > SILENT_MS) return 0;
    const wait = (stampMs - this.#told.stampMs | 0) + this.#told.atMs - now;
    return wait > APART_MS ? 0 : Math.max(0, Math.min(wait, MOST_WAIT_MS));
  }
}
