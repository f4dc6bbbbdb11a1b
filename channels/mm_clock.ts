import type { Cancel, Clock } from "../core/clock.ts";

/**
 * How far clients' multimedia time lies behind ours: their jitter buffer for video.
 * libspice 0.16 sends the time as it is. We follow 0.15 because of spice-gtk 0.42: its MJPEG decoder
 * drops every frame whose stamp is older than the session's time on arrival (`margin < 0` in
 * mjpeg_decoder_queue_frame), so with no delay any jitter loses frames; and where the delay would be
 * felt (a surface in streaming mode, no sound) it sets the margin to 0 by itself.
 * Source of truth: reds-private.h, MM_TIME_DELTA; spice-gtk's channel-display.c, display_handle_stream_data.
 */
const MM_TIME_DELTA_MS = 400;

/** The guest's multimedia time: milliseconds in a u32 that wraps. */
export class MmClock {
  #latencyMs = MM_TIME_DELTA_MS;
  #paused = false;
  readonly #listeners = new Set<(time: number) => void>();
  readonly #latencyListeners = new Set<(latencyMs: number) => void>();

  constructor(readonly clock: Clock) {}

  /** The stamp of a frame made now. Never 0, which spice-gtk takes for an error. */
  get now(): number {
    return this.at(this.clock.now());
  }

  /** The stamp of a moment of `clock`. */
  at(ms: number): number {
    return ms >>> 0 || 1;
  }

  /** What a client's clock is set to. */
  get forClient(): number {
    return this.now - this.#latencyMs >>> 0;
  }

  /** How far clients' time lies behind now. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** What a stream demanded, if that is more than the usual; null: nothing. */
  get demandedMs(): number | null {
    return this.#latencyMs > MM_TIME_DELTA_MS ? this.#latencyMs : null;
  }

  /** A stream needs so much time on its way. It only grows, until sound has played. */
  demandLatency(latencyMs: number): void {
    if (latencyMs <= this.#latencyMs) return;
    this.#latencyMs = latencyMs;
    if (!this.#paused) return this.#announce();
    for (const listener of this.#latencyListeners) listener(latencyMs);
  }

  /** Sound plays: clients take their time from it. */
  pause(): void {
    this.#paused = true;
  }

  /** Sound stopped: clients take their time from us again. */
  resume(): void {
    this.#paused = false;
    this.#latencyMs = MM_TIME_DELTA_MS;
    this.#announce();
  }

  /** Calls when clients are to be told the time anew. */
  onAnnounce(listener: (time: number) => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls when a stream demands more while sound plays: then it is the sound that must wait. */
  onLatency(listener: (latencyMs: number) => void): Cancel {
    this.#latencyListeners.add(listener);
    return () => this.#latencyListeners.delete(listener);
  }

  #announce(): void {
    for (const listener of this.#listeners) listener(this.forClient);
  }
}
