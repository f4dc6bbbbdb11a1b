import type { Cancel, Clock } from "../core/clock.ts";
import type { Client } from "./client.ts";

/**
 * How far clients' multimedia time lies behind ours: their jitter buffer for video.
 * libspice 0.16 sends the time as it is. We follow 0.15 because of spice-gtk 0.42: its MJPEG decoder
 * drops every frame whose stamp is older than the session's time on arrival (`margin < 0` in
 * mjpeg_decoder_queue_frame), so with no delay any jitter loses frames; and where the delay would be
 * felt (a surface in streaming mode, no sound) it sets the margin to 0 by itself.
 * Source of truth: reds-private.h, MM_TIME_DELTA; spice-gtk's channel-display.c, display_handle_stream_data.
 */
const MM_TIME_DELTA_MS = 400;

/**
 * The guest's multimedia time: milliseconds in a u32 that wraps. One for all clients; how far behind it
 * each one's own lies is as its way to us demands, and no other's.
 */
export class MmClock {
  /** What streams demanded, by client. */
  #demands = new WeakMap<Client, number>();
  #paused = false;
  readonly #listeners = new Map<(time: number) => void, Client>();
  readonly #latencyListeners = new Map<(latencyMs: number) => void, Client>();

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
  forClient(client: Client): number {
    return this.now - this.latencyOf(client) >>> 0;
  }

  /** How far a client's time lies behind now. */
  latencyOf(client: Client): number {
    return this.demandedBy(client) ?? MM_TIME_DELTA_MS;
  }

  /** What a stream to a client demanded, if that is more than the usual; null: nothing. */
  demandedBy(client: Client): number | null {
    return this.#demands.get(client) ?? null;
  }

  /** A stream needs so much time on its way to a client. It only grows, until sound has played. */
  demandLatency(client: Client, latencyMs: number): void {
    if (latencyMs <= this.latencyOf(client)) return;
    this.#demands.set(client, latencyMs);
    if (!this.#paused) return this.#announce(client);
    for (const [listener, of] of this.#latencyListeners) if (of === client) listener(latencyMs);
  }

  /** Sound plays: clients take their time from it. */
  pause(): void {
    this.#paused = true;
  }

  /** Sound stopped: clients take their time from us again. */
  resume(): void {
    this.#paused = false;
    this.#demands = new WeakMap();
    this.#announce(null);
  }

  /** Calls when a client is to be told the time anew. */
  onAnnounce(client: Client, listener: (time: number) => void): Cancel {
    this.#listeners.set(listener, client);
    return () => this.#listeners.delete(listener);
  }

  /** Calls when a stream to a client demands more while sound plays: then it is the sound that must wait. */
  onLatency(client: Client, listener: (latencyMs: number) => void): Cancel {
    this.#latencyListeners.set(listener, client);
    return () => this.#latencyListeners.delete(listener);
  }

  /** null: all are told. */
  #announce(whom: Client | null): void {
    for (const [listener, client] of this.#listeners) {
      if (whom === null || whom === client) listener(this.forClient(client));
    }
  }
}
