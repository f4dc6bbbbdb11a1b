/** A limit of bandwidth: streams that share it take turns, each a small piece at a time. */
import type { Clock } from "../clock.ts";
import type { Duplex } from "./duplex.ts";

/** So long a stream that was quiet may be ahead of its rate. */
const BURST_MS = 100;
/** A piece takes about so long, so that a key's echo does not wait behind a whole picture. */
const PIECE_MS = 10;
const LEAST_PIECE = 1460, MOST_PIECE = 64 << 10;

/** So many bytes a second, whoever they are of. */
export class Rate {
  readonly bytesPerSecond: number;
  readonly #clock: Clock;
  /** When all that was taken so far has had its time. */
  #free = -Infinity;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
  }

  /** Bytes that go at once. */
  get piece(): number {
    const some = Math.round(this.bytesPerSecond * PIECE_MS / 1000);
    return Math.min(MOST_PIECE, Math.max(LEAST_PIECE, some));
  }

  /** Takes the next place for so many bytes; the result is when it comes, in milliseconds from now. */
  take(bytes: number): number {
    const now = this.#clock.now();
    const at = Math.max(this.#free, now - BURST_MS);
    this.#free = at + bytes * 1000 / this.bytesPerSecond;
    return Math.max(0, at - now);
  }
}

/** The stream, no faster than all the rates allow, each direction by itself. */
export function limited(duplex: Duplex, rates: readonly Rates[], clock: Clock): Duplex {
  if (rates.length === 0) return duplex;
  const piece = Math.min(...rates.map(({ sent }) => sent.piece));
  const sleep = (ms: number) => new Promise<void>((wake) => void clock.after(ms, wake));
  const turn = async (of: (rates: Rates) => Rate, bytes: number) => {
    const ms = Math.max(...rates.map((rate) => of(rate).take(bytes)));
    if (ms > 0) await sleep(ms);
  };
  return {
    remote: duplex.remote,
    async read(into) {
      const n = await duplex.read(into.subarray(0, piece));
      if (n !== null) await turn(({ received }) => received, n);
      return n;
    },
    async write(bytes, lastAt = 0) {
      const part = bytes.subarray(0, piece);
      await turn(({ sent }) => sent, part.length);
      return await writeAllOf(duplex, part, lastAt < part.length ? lastAt : 0);
    },
    close: () => duplex.close(),
  };
}

/** A limit has one rate for each direction. */
export interface Rates {
  readonly sent: Rate;
  readonly received: Rate;
}

/** What was paid for is written. */
async function writeAllOf(duplex: Duplex, bytes: Uint8Array, lastAt: number): Promise<number> {
  let at = await duplex.write(bytes, lastAt);
  while (at < bytes.length) {
    at += await duplex.write(bytes.subarray(at), Math.max(0, lastAt - at));
  }
  return at;
}
