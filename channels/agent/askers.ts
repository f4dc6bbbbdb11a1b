/** Who waits for the content of a selection, in the order in which the guest will answer. */

/** Requests of one client that the guest has not answered. */
const MAX_ASKED = 8;
/**
 * Requests of clients who left that the guest has not answered: from then on it has each client's only
 * one at a time. Whoever asks and leaves so takes nothing from those who stay.
 */
const MANY_LEFT = 64;

export class Askers<Talk> {
  /** Each with how many requests in a row are its own; null: it left. INVARIANT: neighbours differ. */
  readonly #runs: { asker: Talk | null; count: number }[] = [];

  /** False: it has asked enough. */
  ask(asker: Talk): boolean {
    const most = this.#of(null) < MANY_LEFT ? MAX_ASKED : 1;
    if (this.#of(asker) >= most) return false;
    this.#push(asker, 1);
    return true;
  }

  /** The guest answers: whom; null: somebody who left, or nobody asked. */
  next(): Talk | null {
    const [first] = this.#runs;
    if (!first) return null;
    if (--first.count === 0) this.#runs.shift();
    return first.asker;
  }

  /** The guest will answer its requests all the same, and that is nobody else's. */
  left(talk: Talk): void {
    for (const { asker, count } of this.#runs.splice(0)) {
      this.#push(asker === talk ? null : asker, count);
    }
  }

  #of(asker: Talk | null): number {
    return this.#runs.reduce((sum, run) => run.asker === asker ? sum + run.count : sum, 0);
  }

  #push(asker: Talk | null, count: number): void {
    const last = this.#runs.at(-1);
    if (last?.asker === asker) last.count += count;
    else this.#runs.push({ asker, count });
  }
}
