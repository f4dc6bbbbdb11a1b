import type { Cancel, Clock } from "../../core/clock.ts";

/** A clock that stands until it is told to go on. */
export class FakeClock implements Clock {
  #now: number;
  #planned: { at: number; call: () => void }[] = [];

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): Cancel {
    const plan = { at: this.#now + ms, call };
    this.#planned.push(plan);
    return () => this.#planned = this.#planned.filter((p) => p !== plan);
  }

  /** Calls that wait for their time. */
  get planned(): number {
    return this.#planned.length;
  }

  /** Time goes by, and what falls due is called in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#planned.reduce<{ at: number; call: () => void } | null>(
        (first, p) => p.at <= end && (first === null || p.at < first.at) ? p : first,
        null,
      );
      if (!next) break;
      this.#planned = this.#planned.filter((p) => p !== next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = end;
  }
}
