/**
 * Pings a quiet channel: learns how long the way is, and whether anybody is still there.
 * Source of truth: red-channel-client.cpp, ping_timer and connectivity_timer.
 */
import type { Cancel } from "../core/clock.ts";
import type { Client } from "./client.ts";
import type { Speaker } from "./base.ts";

const INTERVAL_MS = 15_000;
/**
 * So long may nothing move in either direction. libspice waits 30 to 75 s;
 * a client that slept for a minute shall find its session.
 */
const SILENCE_MS = 90_000;
const NOTHING = new Uint8Array(0);

/** Beats until the outbox is closed. */
export class Heartbeat {
  /** The latest round trip of a ping; null: none came back yet. */
  latencyMs: number | null = null;
  readonly #client: Client;
  readonly #peer: Speaker;
  readonly #onDead: (() => void) | null;
  #cancel: Cancel;
  #moved = -1;
  #movedAt = 0;
  #id: number;
  #sentAt: number | null = null;

  /** firstId: ids below it are for other pings. onDead: nothing moved for 90 s; without it that is no matter. */
  constructor(
    client: Client,
    peer: Speaker,
    options: { firstId?: number; onDead?: () => void } = {},
  ) {
    this.#client = client;
    this.#peer = peer;
    this.#id = options.firstId ?? 1;
    this.#onDead = options.onDead ?? null;
    this.#movedAt = client.clock.now();
    this.#cancel = client.clock.after(INTERVAL_MS, this.#beat);
    peer.outbox.whenClosed(() => this.stop());
  }

  /** The answer to a ping. One that was not waited for is passed over. */
  pong(id: number): void {
    if (this.#sentAt === null || id !== this.#id) return;
    this.latencyMs = this.#client.clock.now() - this.#sentAt;
    this.#sentAt = null;
    this.#id = this.#id + 1 >>> 0;
  }

  /** No more beats. May be called again. */
  stop(): void {
    this.#cancel();
  }

  readonly #beat = (): void => {
    const { received, outbox } = this.#peer;
    const now = this.#client.clock.now();
    const moved = received.bytes + outbox.sentBytes;
    if (moved !== this.#moved) {
      this.#moved = moved;
      this.#movedAt = now;
    } else if (now - this.#movedAt >= SILENCE_MS && this.#onDead) {
      return this.#onDead();
    }
    // Behind a full outbox it would measure our own queue. Where nothing is read for a while, as the guest
    // takes nothing, only a second write tells that the other end is gone.
    const again = this.#onDead === null;
    if ((this.#sentAt === null || again) && outbox.empty) {
      this.#sentAt ??= now;
      this.#peer.send.ping({ id: this.#id, timestamp: microseconds(now), data: NOTHING });
    }
    this.#cancel = this.#client.clock.after(INTERVAL_MS, this.#beat);
  };
}

/** A clock's milliseconds as the time stamps of `ping` have them. */
export const microseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000));
