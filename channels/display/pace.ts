import type { Cancel, Clock } from "../../core/clock.ts";

/**
 * What leaves at once; a guest that draws more in one tick than this is shown tick by tick, with
 * what was hidden meanwhile left out. A screen shows no more pictures than these in a second.
 */
const BURST_BYTES = 1 << 20;
const TICK_MS = 16;

/** When a client is sent how much. */
export class Pace {
  #tickStart = 0;
  #allowance = 0;
  #cancel: Cancel | null = null;

  /** gathered: bytes that wait now; they may all leave in the next tick. onTick: a new tick began. */
  constructor(
    readonly clock: Clock,
    readonly gathered: () => number,
    readonly onTick: () => void,
  ) {}

  /** More may leave now; if not, `onTick` will be called when it may. */
  get open(): boolean {
    return this.#allowance > 0;
  }

  /** Looks at the clock; comes back with what it says. */
  look(): number {
    const now = this.clock.now();
    const left = this.#tickStart + TICK_MS - now;
    if (left <= 0) {
      this.#tickStart = now;
      this.#allowance = BURST_BYTES + this.gathered();
    } else if (this.#allowance <= 0) {
      this.#cancel ??= this.clock.after(left, () => {
        this.#cancel = null;
        this.onTick();
      });
    }
    return now;
  }

  /** So much left. */
  spend(bytes: number): void {
    this.#allowance -= bytes;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
