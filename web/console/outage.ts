/// <reference lib="dom" />
/** What is said when the page has found its way back by itself: how long it was away, and why. */
import type { State } from "../client/orders.ts";

/** A page that is looked at and whose clock jumps this far has been asleep, with its machine. */
const JUMP_MS = 20_000;
const LOOK_MS = 5000;
/** What is lost so soon after waking was lost in sleep. */
const WAKING_MS = 10_000;

export class Outage {
  readonly #say: (text: string) => void;
  #lost: { readonly atMs: number; readonly why: string } | null = null;
  #frozenMs: number | null = null;
  /** The last sleep: how long it was, and when it ended. */
  #slept: { readonly ms: number; readonly atMs: number } | null = null;
  #lookedMs = Date.now();

  constructor(say: (text: string) => void) {
    this.#say = say;
    // browsers freeze pages that nobody looks at
    document.addEventListener("freeze", () => this.#frozenMs = Date.now());
    document.addEventListener("resume", () => {
      if (this.#frozenMs !== null) this.#woke(Date.now() - this.#frozenMs);
      this.#frozenMs = null;
    });
    document.addEventListener("visibilitychange", () => this.#lookedMs = Date.now());
    setInterval(() => {
      const now = Date.now(), ms = now - this.#lookedMs;
      this.#lookedMs = now;
      if (ms > JUMP_MS && !document.hidden) this.#woke(ms);
    }, LOOK_MS);
  }

  hear(state: State, why: string): void {
    switch (state) {
      case "waiting":
        this.#lost ??= { atMs: Date.now(), why };
        return;
      case "connecting":
        return;
      case "connected":
        if (this.#lost) {
          const { atMs } = this.#lost;
          this.#say(`Connected again after ${span(Date.now() - atMs)}. ${this.#why(this.#lost)}.`);
        }
    }
    this.#lost = null;
  }

  /** A browser may close a sleeper's connections, and the page hears of it when it wakes. */
  #why({ atMs, why }: { atMs: number; why: string }): string {
    const slept = this.#slept;
    return slept && Math.abs(atMs - slept.atMs) < WAKING_MS ? asleep(slept.ms) : why;
  }

  #woke(ms: number): void {
    const atMs = this.#lookedMs = Date.now();
    this.#slept = { ms, atMs };
    this.#say(`${asleep(ms)}.`);
  }
}

const asleep = (ms: number) => `This page was asleep for ${span(ms)}`;

const span = (ms: number) =>
  ms < 120_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;
