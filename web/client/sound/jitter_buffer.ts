/**
 * Sound that waits to be heard: as little as the way's unevenness allows. It learns from gaps to wait
 * longer, and from their absence to wait less; it plays a little faster or slower to stay there.
 */

/** Frames a second, here and on the wire. */
export const RATE = 48_000;
const frames = (ms: number) => Math.round(ms * RATE / 1000);

const FIRST_TARGET_MS = 60;
const LEAST_TARGET_MS = 30;
const MOST_TARGET_MS = 400;
/** A gap raises the target by so much, and so much in parts of itself. */
const RAISE_MS = 20;
const RAISE = 1.25;
/** Without a gap for so long the target falls a little. */
const CALM_MS = 5000;
const FALL_MS = 5;
/**
 * What waits beyond the target by so much is not made up by playing faster: the oldest is left out, as
 * after a stall. Where sound comes in bursts, as much as they swing is no surplus, within bounds.
 */
const SURPLUS_MS = 60, MOST_SURPLUS_MS = 200;
/** For so long it is looked how far what waits swings; a swing counts when it comes again. */
const LOOK_MS = 1000;
/** So near to the target it plays as it is. */
const NEAR_MS = 12;
/** No more than this much faster or slower: nobody hears it. */
const MOST_BEND = 0.006;

export class JitterBuffer {
  readonly #ring = new Float32Array(2 * RATE);
  #read = 0;
  #count = 0;
  /** Between two frames, when played faster or slower. */
  #between = 0;
  #target = frames(FIRST_TARGET_MS);
  #playing = false;
  #ended = true;
  #calm = 0;
  #least = Infinity;
  /** Of a look: most and least that waited. */
  #high = 0;
  #low = Infinity;
  #looked = 0;
  /** How far what waits swung in the last two looks. */
  #swings = [0, 0];
  /** The guest's clock at the end of what waits, in milliseconds; null: not said. */
  #end: number | null = null;
  /** Times that sound was missing in the middle. */
  gaps = 0;
  /** Frames that were left out because too many waited. */
  left = 0;

  /** What is aimed at, and what waits, in milliseconds. */
  get targetMs(): number {
    return this.#target * 1000 / RATE;
  }

  get waitingMs(): number {
    return this.#count * 1000 / RATE;
  }

  /** The guest's clock of what is handed over next, in milliseconds; null: nothing is. */
  get stamp(): number | null {
    return this.#playing && this.#end !== null ? this.#end - this.waitingMs : null;
  }

  /** samples: both channels, interleaved, -1 to 1. stamp: the guest's clock at their end, in milliseconds. */
  push(samples: Float32Array, stamp: number | null = null): void {
    const count = samples.length >> 1, size = this.#ring.length >> 1;
    this.#ended = false;
    this.#end = stamp;
    this.#high = Math.max(this.#high, this.#count + count);
    let from = 0;
    const swing = Math.min(...this.#swings, frames(MOST_SURPLUS_MS));
    const room = Math.max(frames(SURPLUS_MS), swing);
    if (this.#count + count > Math.min(size - 2, this.#target + room)) {
      const most = Math.min(size - 2, this.#target + (swing < room ? 0 : swing));
      const surplus = this.#count + count - most;
      from = Math.max(0, surplus - this.#count);
      this.#skip(surplus - from);
      this.left += surplus;
    }
    for (let i = from; i < count; i++) {
      const at = (this.#read + this.#count++) % size * 2;
      this.#ring[at] = samples[2 * i];
      this.#ring[at + 1] = samples[2 * i + 1];
    }
  }

  /** Nothing more comes: what waits is played, and that it ends is no gap. */
  end(): void {
    this.#ended = true;
  }

  /** Fills both with what is to be heard now; silence where there is nothing. */
  pull(left: Float32Array, right: Float32Array): void {
    this.#look(left.length);
    if (!this.#playing) {
      if (this.#count < (this.#ended ? 1 : this.#target)) return silence(left, right);
      this.#playing = true;
      this.#least = Infinity;
      this.#calm = 0;
    }
    this.#least = Math.min(this.#least, this.#count);
    const ring = this.#ring, size = ring.length >> 1, step = this.#step();
    for (let i = 0; i < left.length; i++) {
      if (this.#count < 2) {
        left.fill(0, i);
        right.fill(0, i);
        return this.#ranDry();
      }
      const a = this.#read * 2, b = (this.#read + 1) % size * 2, t = this.#between;
      left[i] = ring[a] + (ring[b] - ring[a]) * t;
      right[i] = ring[a + 1] + (ring[b + 1] - ring[a + 1]) * t;
      this.#between += step;
      const whole = Math.floor(this.#between);
      this.#between -= whole;
      this.#skip(whole);
    }
    this.#learn(left.length);
  }

  #look(played: number): void {
    this.#low = Math.min(this.#low, this.#count);
    this.#looked += played;
    if (this.#looked < frames(LOOK_MS)) return;
    this.#swings = [this.#swings[1], Math.max(0, this.#high - this.#low)];
    this.#high = this.#looked = 0;
    this.#low = Infinity;
  }

  #step(): number {
    if (this.#ended) return 1;
    const off = this.#count - this.#target;
    if (Math.abs(off) < frames(NEAR_MS)) return 1;
    return 1 + Math.max(-MOST_BEND, Math.min(MOST_BEND, off / RATE * 0.1));
  }

  #skip(count: number): void {
    const skipped = Math.min(count, this.#count);
    this.#read = (this.#read + skipped) % (this.#ring.length >> 1);
    this.#count -= skipped;
  }

  #ranDry(): void {
    this.#playing = false;
    this.#count = 0;
    this.#between = 0;
    if (this.#ended) return;
    this.gaps++;
    // INVARIANT: in whole frames, as what is left out by it moves the place in the ring
    const raised = Math.round(this.#target * RAISE) + frames(RAISE_MS);
    this.#target = Math.min(raised, frames(MOST_TARGET_MS));
  }

  #learn(played: number): void {
    this.#calm += played;
    if (this.#calm < frames(CALM_MS)) return;
    // as much as was never used, but not all at once
    const spare = this.#least - frames(10);
    if (spare > 0) {
      this.#target = Math.max(
        frames(LEAST_TARGET_MS),
        this.#target - Math.min(spare, frames(FALL_MS)),
      );
    }
    this.#calm = 0;
    this.#least = Infinity;
  }
}

function silence(left: Float32Array, right: Float32Array): void {
  left.fill(0);
  right.fill(0);
}
