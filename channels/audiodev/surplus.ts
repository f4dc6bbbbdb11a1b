/**
 * What of a live source's sound waits all the time. It is heard no sooner for that: the source, or
 * whoever reads it, stood still once, or the source's clock is the faster one, and until the
 * surplus is left out everything comes late by it.
 */

/** How long is looked at; what is there only now and then keeps the sound whole. */
const WINDOW_MS = 500;
/** As little as this is not worth a cut. */
const LITTLE_MS = 30;

export class Surplus {
  readonly #bytesPerMs: number;
  #least = Infinity;
  #since = -Infinity;

  constructor(bytesPerMs: number) {
    this.#bytesPerMs = bytesPerMs;
  }

  /** Bytes wait at this time, in milliseconds: so many of these are too many. */
  of(waitingBytes: number, now: number): number {
    this.#least = Math.min(this.#least, waitingBytes);
    if (now - this.#since < WINDOW_MS) return 0;
    const least = this.#since === -Infinity ? 0 : this.#least;
    this.#since = now;
    this.#least = Infinity;
    return least > LITTLE_MS * this.#bytesPerMs ? least : 0;
  }

  /** The sound begins anew. */
  reset(): void {
    this.#least = Infinity;
    this.#since = -Infinity;
  }
}
