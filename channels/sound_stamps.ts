/**
 * When sound is to be heard: counted in samples, so that stamps are even, and held to the clock, so
 * that a source whose samples are a little long or short stays beside the video.
 */

/** Sooner than this by its samples, sound is too early: the source does not keep time. */
const EARLY_MS = 200;
/** Later than this by its samples, the source paused: counting begins anew. */
const LATE_MS = 200;
/** The part of a difference that one packet makes good. */
const PULL = 0.01;

/** Stamps of one stretch of sound, from its start to its stop. */
export class SoundStamps {
  #next: number;

  /** now: milliseconds of some clock, the same that `take` is given. */
  constructor(now: number) {
    this.#next = now;
  }

  /** The moment of a packet that is so long; null: it is too early, and left out. Never goes back. */
  take(now: number, lengthMs: number): number | null {
    let late = now - this.#next;
    if (late < -EARLY_MS) return null;
    if (late > LATE_MS) {
      this.#next = now;
      late = 0;
    }
    const moment = this.#next;
    this.#next += lengthMs + Math.max(-lengthMs, late * PULL);
    return moment;
  }
}
