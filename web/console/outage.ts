/// <reference lib="dom" />
/** What is said when the page has found its way back by itself: how long it was away, and why. */
import type { State } from "../client/orders.ts";

/** A page that is looked at and whose clock jumps this far has been asleep, with its machine. */
const JUMP_MS = 20_000;
const LOOK_MS = 5000;

export class Outage {
  readonly #say: (text: string) => void;
  #lost: { readonly atMs: number; readonly why: string } | null = null;
  #frozenMs: number | null = null;
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
          const { atMs, why } = this.#lost;
          this.#say(`Connected again after ${span(Date.now() - atMs)}. ${why}.`);
        }
    }
    this.#lost = null;
  }

  #woke(ms: number): void {
    this.#lookedMs = Date.now();
    this.#say(`This page was asleep for ${span(ms)}.`);
  }
}

const span = (ms: number) =>
  ms < 120_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;
