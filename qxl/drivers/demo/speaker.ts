/** The demo's loudspeaker and its ear. */
import type { Cancel, Clock } from "../../../core/clock.ts";
import type { GuestMicrophone, GuestSound, SoundListener } from "../../../core/guest.ts";
import { RATE, type Tune } from "./tunes.ts";

const TICK_MS = 10;
/** After a longer pause (the machine slept) what was not played is not made up for. */
const MAX_BEHIND = RATE / 5;

/** Plays one tune at a time, at the pace of the clock. */
export class Speaker implements GuestSound {
  readonly #clock: Clock;
  #listener: SoundListener | null = null;
  #tune: Tune | null = null;
  #frame = 0;
  #from = 0;
  #cancel: Cancel = () => {};
  /** Called when a tune ends by itself. */
  onEnd: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get tune(): Tune | null {
    return this.#tune;
  }

  attach(listener: SoundListener | null): void {
    this.#listener = listener;
    if (this.#tune) listener?.started();
  }

  play(tune: Tune): void {
    this.stop();
    this.#tune = tune;
    this.#frame = 0;
    this.#from = this.#clock.now();
    this.#listener?.started();
    this.#tick();
  }

  /** May be called again. */
  stop(): void {
    this.#cancel();
    if (!this.#tune) return;
    this.#tune = null;
    this.#listener?.stopped();
  }

  readonly #tick = (): void => {
    const tune = this.#tune!;
    const until = Math.floor((this.#clock.now() - this.#from + TICK_MS) * RATE / 1000);
    const behind = until - this.#frame - MAX_BEHIND;
    if (behind > 0) {
      // it goes on where it was
      this.#from += behind * 1000 / RATE;
    }
    const frames = Math.min(until - Math.max(0, behind), tune.frames) - this.#frame;
    if (frames > 0) {
      const samples = new Int16Array(2 * frames);
      for (let i = 0; i < frames; i++) {
        samples[2 * i] = samples[2 * i + 1] = Math.round(32767 * tune.at(this.#frame + i));
      }
      this.#frame += frames;
      this.#listener?.played(samples);
    }
    if (this.#frame < tune.frames) this.#cancel = this.#clock.after(TICK_MS, this.#tick);
    else {
      this.stop();
      this.onEnd?.();
    }
  };
}

/** Listens while it is on, and knows how loud it was. */
export class Ear implements GuestMicrophone {
  readonly #listeners: ((wanted: boolean) => void)[] = [];
  #wanted = false;
  #peak = 0;
  /** Frames that were heard. */
  frames = 0;

  get wanted(): boolean {
    return this.#wanted;
  }

  set wanted(wanted: boolean) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#peak = 0;
    for (const listener of this.#listeners) listener(wanted);
  }

  onWanted(listener: (wanted: boolean) => void): void {
    this.#listeners.push(listener);
  }

  spoken(samples: Int16Array): void {
    if (!this.#wanted) return;
    this.frames += samples.length / 2;
    for (const sample of samples) this.#peak = Math.max(this.#peak, Math.abs(sample) / 32768);
  }

  /** The loudest since the last call, 0 to 1. */
  take(): number {
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }
}
