/**
 * What is on its way to a client, told from pings among the messages: the answer to one says that all
 * before it has arrived, and how long that took.
 */

/** Ids of pings that are ours; the heartbeat's stay below. */
const FIRST_ID = 0x8000_0000;
/** Probes that may be under way. */
const MOST = 64;
/** Over how long arriving bytes are counted, at least. */
const SPAN_MS = 400;
/** The shortest round trip is forgotten after so long: ways change. */
const MEMORY_MS = 60_000;

interface Probe {
  readonly id: number;
  readonly atMs: number;
  /** Bytes of the channel up to it. */
  readonly bytes: number;
}

export class Flight {
  #probes: Probe[] = [];
  #lastId = FIRST_ID - 1;
  /** Arrivals of late, oldest first. */
  #arrivals: { atMs: number; bytes: number }[] = [];
  #arrived: number;
  #shortestMs: number;
  #shortestAtMs: number;

  /** bytes: of the channel so far; roundTripMs: the shortest that is known; Infinity: none is. */
  constructor(bytes: number, roundTripMs: number, nowMs: number) {
    this.#arrived = bytes;
    this.#shortestMs = roundTripMs;
    this.#shortestAtMs = nowMs;
  }

  /** The id of a ping to be sent behind so many bytes of the channel; null: enough are under way. */
  probe(bytes: number, nowMs: number): number | null {
    if (this.#probes.length >= MOST) return null;
    this.#lastId = this.#lastId >= 0xffff_ffff ? FIRST_ID : this.#lastId + 1;
    this.#probes.push({ id: this.#lastId, atMs: nowMs, bytes });
    return this.#lastId;
  }

  /** Of `bytes` of the channel, those that may not have arrived. */
  under(bytes: number): number {
    return this.#probes.length === 0 ? 0 : bytes - this.#arrived;
  }

  /** The shortest round trip; Infinity: none came back. */
  get shortestMs(): number {
    return this.#shortestMs;
  }

  /** The answer to a ping; null: it is not one of ours that is waited for. */
  landed(
    id: number,
    nowMs: number,
  ): { roundTripMs: number; shortestMs: number; bytesPerSecond: number } | null {
    const at = this.#probes.findIndex((probe) => probe.id === id);
    if (at < 0) return null;
    const probe = this.#probes[at];
    this.#probes.splice(0, at + 1);
    const roundTripMs = nowMs - probe.atMs;
    if (roundTripMs <= this.#shortestMs || nowMs - this.#shortestAtMs > MEMORY_MS) {
      this.#shortestMs = roundTripMs;
      this.#shortestAtMs = nowMs;
    }
    this.#arrived = Math.max(this.#arrived, probe.bytes);
    const arrivals = this.#arrivals;
    arrivals.push({ atMs: nowMs, bytes: this.#arrived });
    while (arrivals.length > 2 && nowMs - arrivals[1].atMs >= SPAN_MS) arrivals.shift();
    const { atMs, bytes } = arrivals[0];
    const bytesPerSecond = (this.#arrived - bytes) * 1000 / Math.max(1, nowMs - atMs);
    return { roundTripMs, shortestMs: this.#shortestMs, bytesPerSecond };
  }
}
