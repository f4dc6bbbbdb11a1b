import type { Clock } from "../../core/clock.ts";

/** A frame of 640×360 takes 0.6 ms to encode; telling a worker takes as much again, of both threads. */
const MOST_PIXELS = 1 << 18;
/** What is encoded in the thread that serves all takes a twentieth of its time. */
const PIXELS_PER_MS = 16_000;
const BURST_MS = 50;

/** Which frames of films are encoded where they are asked for, rather than by a worker. */
export class FrameBudget {
  readonly #clock: Clock;
  /** When all that was taken so far has had its time. */
  #freeMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** true: a frame of so many pixels is to be encoded here and now. */
  takes(pixels: number): boolean {
    const now = this.#clock.now();
    if (pixels > MOST_PIXELS || this.#freeMs > now) return false;
    this.#freeMs = Math.max(this.#freeMs, now - BURST_MS) + pixels / PIXELS_PER_MS;
    return true;
  }
}
