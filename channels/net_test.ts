/**
 * Measures the way to the client once, by three pings on main: a warm-up, an empty one, a large one.
 * Source of truth: main-channel-client.cpp, start_net_test and handle_pong.
 */
import type { Client } from "./client.ts";

const LARGE = new Uint8Array(250 * 1024);
const SIZES = [0, 0, LARGE.length];
/** main-channel-client.cpp: is_low_bandwidth */
const LOW_BITS_PER_SECOND = 10 * 1024 * 1024;

export class NetTest {
  readonly #sentAt: number[] = [];
  #stage = 0;
  #latencyMs = Infinity;

  constructor(readonly client: Client) {}

  /** Sends the pings, ids 1 to 3. */
  start(ping: (id: number, data: Uint8Array) => void): void {
    SIZES.forEach((size, i) => {
      this.#sentAt.push(this.client.clock.now());
      ping(i + 1, LARGE.subarray(0, size));
    });
  }

  /** It runs: a pong with one of its ids is for it. */
  get running(): boolean {
    return this.#sentAt.length > 0 && this.#stage < SIZES.length;
  }

  /** Takes a pong; false: it is not the one that is waited for. */
  pong(id: number): boolean {
    if (!this.running || id !== this.#stage + 1) return false;
    // SPEC: the client echoes our time stamp, but what it echoes need not be what we sent
    const roundTripMs = this.client.clock.now() - this.#sentAt[this.#stage];
    this.#stage++;
    if (this.running) this.#latencyMs = Math.min(this.#latencyMs, roundTripMs);
    else this.#judge(roundTripMs);
    return true;
  }

  #judge(roundTripMs: number): void {
    const { client } = this;
    client.latencyMs = this.#latencyMs;
    // a large ping that took no longer says that the machine was busy, not that the way is slow
    if (roundTripMs <= this.#latencyMs) return;
    client.bitsPerSecond = LARGE.length * 8 * 1000 / (roundTripMs - this.#latencyMs);
    client.lowBandwidth = client.bitsPerSecond < LOW_BITS_PER_SECOND;
    client.log.info("net-test", {
      latencyMs: client.latencyMs,
      bitsPerSecond: Math.round(client.bitsPerSecond),
      lowBandwidth: client.lowBandwidth,
    });
  }
}
