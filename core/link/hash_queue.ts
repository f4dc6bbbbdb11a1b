/** Hashing a password takes up to a quarter of a second of a core: one at a time, and no more than these wait. */
const MOST_WAITING = 16;

/** Where passwords are hashed, whoever asks: SPICE's logins and the console's. */
export class HashQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs this when those before it are done; null: too many wait. */
  run<T>(hash: () => Promise<T>): Promise<T> | null {
    if (this.#waiting >= MOST_WAITING) return null;
    this.#waiting++;
    const turn = this.#last.then(hash).finally(() => this.#waiting--);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
