/**
 * Samples as they are, through a stream of bytes: what a guest plays comes out of it, what it listens
 * to goes in. Nothing in the stream says when a sample is to be heard: the clock does, and a writer
 * that is faster waits.
 */
import type { Cancel, Clock } from "../../core/clock.ts";
import type {
  GuestMicrophone,
  GuestPort,
  GuestPortUser,
  GuestSound,
  SoundListener,
} from "../../core/guest.ts";
import { Resampler, spread } from "./resampler.ts";

const RATE = 48_000, CHANNELS = 2;
/** So far ahead of the clock sound is handed on. */
const AHEAD_MS = 80;
/** A writer that is later than this paused: it does not get that time back. */
const LATE_MS = 80;
/** A writer that is too fast is looked at again after so long. */
const PIECE_MS = 20;
/** Nothing, or nothing but silence, for so long: the guest plays no more. */
const SILENCE_MS = 1000;
/** So much speech may wait for a reader that is slow, a third of a second; what is beyond is lost. */
const MOST_WAITING_BYTES = 1 << 16;

/** Signed 16 bits, little-endian, interleaved. */
export interface PcmFormat {
  /** Frames a second. */
  readonly frequency: number;
  readonly channels: 1 | 2;
}

/** What the guest plays. */
export class PcmSound implements GuestSound {
  readonly #format: PcmFormat;
  readonly #clock: Clock;
  readonly #flow: (on: boolean) => void;
  #listener: SoundListener | null = null;
  #resampler: Resampler;
  /** Bytes that are too early, or half a frame. */
  #waiting: Uint8Array = new Uint8Array();
  /** When the next sample is to be heard, by the clock. */
  #due = -Infinity;
  /** It is playing something that can be heard. */
  #playing = false;
  /** Since when it has been silent. */
  #quietSince = 0;
  #look: Cancel | null = null;

  /** flow(false): no more bytes shall come until flow(true). */
  constructor(format: PcmFormat, clock: Clock, flow: (on: boolean) => void) {
    this.#format = format;
    this.#clock = clock;
    this.#flow = flow;
    this.#resampler = new Resampler(format.frequency, RATE, format.channels);
  }

  attach(listener: SoundListener | null): void {
    this.#listener = listener;
    if (this.#playing) listener?.started();
  }

  /** Somebody hears it. */
  get heard(): boolean {
    return this.#listener !== null;
  }

  /** Bytes that came too early. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Bytes of the stream, which need not end with a frame; valid during the call. */
  data(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#waiting.length + bytes.length);
    all.set(this.#waiting);
    all.set(bytes, this.#waiting.length);
    this.#waiting = all;
    this.#hand();
  }

  /** Leaves out the oldest of what waits, so many bytes of whole frames at most. */
  skip(bytes: number): void {
    const frameBytes = 2 * this.#format.channels;
    const most = Math.min(bytes, this.#waiting.length);
    this.#waiting = this.#waiting.subarray(most - most % frameBytes);
  }

  /** The stream is over: what was half said is void. */
  reset(): void {
    this.#look?.();
    this.#look = null;
    this.#waiting = new Uint8Array();
    this.#due = -Infinity;
    this.#stop();
    const { frequency, channels } = this.#format;
    this.#resampler = new Resampler(frequency, RATE, channels);
  }

  /** Hands on what is due. */
  #hand(): void {
    this.#look?.();
    const { frequency, channels } = this.#format, frameBytes = 2 * channels;
    const now = this.#clock.now();
    if (this.#due < now - LATE_MS) this.#due = now;
    const most = Math.floor((now + AHEAD_MS - this.#due) * frequency / 1000);
    const frames = Math.min(most, Math.floor(this.#waiting.length / frameBytes));
    if (frames > 0) {
      // a copy: samples must lie at even addresses, and `waiting` moves on
      const samples = new Int16Array(this.#waiting.slice(0, frames * frameBytes).buffer);
      this.#waiting = this.#waiting.subarray(frames * frameBytes);
      this.#due += frames * 1000 / frequency;
      this.#play(samples, now);
    }
    const early = this.#waiting.length >= frameBytes;
    this.#flow(!early);
    this.#look = early
      ? this.#clock.after(PIECE_MS, () => this.#hand())
      : this.#playing
      ? this.#clock.after(SILENCE_MS, () => this.#stop())
      : null;
  }

  #play(samples: Int16Array, now: number): void {
    if (samples.some((sample) => sample !== 0)) {
      this.#quietSince = now;
      this.#start();
    } else if (now - this.#quietSince >= SILENCE_MS) this.#stop();
    if (!this.#playing) return;
    const { channels } = this.#format;
    this.#listener?.played(spread(this.#resampler.push(samples), channels, CHANNELS));
  }

  #start(): void {
    if (this.#playing) return;
    this.#playing = true;
    this.#listener?.started();
  }

  #stop(): void {
    if (!this.#playing) return;
    this.#playing = false;
    this.#listener?.stopped();
  }
}

/** What the guest listens to. Whoever holds the other end may record: that it wants to is all that is known. */
export class PcmMicrophone implements GuestMicrophone {
  readonly #format: PcmFormat;
  readonly #port: GuestPort;
  readonly #listeners: ((wanted: boolean) => void)[] = [];
  #resampler: Resampler | null = null;

  constructor(format: PcmFormat, port: GuestPort) {
    this.#format = format;
    this.#port = port;
  }

  get wanted(): boolean {
    return this.#port.open;
  }

  onWanted(listener: (wanted: boolean) => void): void {
    this.#listeners.push(listener);
  }

  spoken(samples: Int16Array): void {
    const { frequency, channels } = this.#format;
    if (!this.wanted || this.#port.waitingBytes > MOST_WAITING_BYTES) return;
    this.#resampler ??= new Resampler(RATE, frequency, channels);
    const out = this.#resampler.push(spread(samples, CHANNELS, channels));
    this.#port.write(new Uint8Array(out.buffer, out.byteOffset, out.byteLength));
  }

  /** The other end came or went. */
  opened(open: boolean): void {
    this.#resampler = null;
    for (const listener of this.#listeners) listener(open);
  }
}

/** Both, at one port. microphone: null where the guest has none. */
export function pcmUser(sound: PcmSound, microphone: PcmMicrophone | null): GuestPortUser {
  return {
    data: (bytes) => sound.data(bytes),
    opened(open) {
      sound.reset();
      microphone?.opened(open);
    },
    drained() {},
  };
}
