/** A connection that has not linked yet. */
export interface Arrival {
  /** Aborted when the link takes too long, or the place is given to somebody else. */
  readonly deadline: AbortSignal;
  /** The link stands, or is over: the connection is no longer counted or timed. May be called again. */
  leave(): void;
}

export interface LobbyOptions {
  /** Connections that may wait at the same time, from everywhere and from one address. */
  readonly most?: number;
  readonly mostPerAddress?: number;
  readonly deadlineMs?: number;
}

interface Waiting extends Arrival {
  readonly address: string;
  readonly since: number;
  evict(reason: string): void;
}

/**
 * Where connections are until they have linked. It is never full: who comes when there is no place
 * takes that of the connection that has waited longest. A proper client links in milliseconds, so
 * crowds that connect and say nothing keep nobody out.
 */
export class Lobby {
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #deadlineMs: number;
  /** In order of arrival. */
  readonly #waiting = new Set<Waiting>();
  readonly #perAddress = new Map<string, number>();

  constructor({ most = 512, mostPerAddress = 128, deadlineMs = 10_000 }: LobbyOptions = {}) {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
    this.#deadlineMs = deadlineMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Lets a connection in; close ends it, and is called at most once. deadlineMs: if another than the lobby's own. */
  enter(address: string, close: () => void, deadlineMs = this.#deadlineMs): Arrival {
    if ((this.#perAddress.get(address) ?? 0) >= this.#mostPerAddress) this.#evictOldest(address);
    if (this.#waiting.size >= this.#most) this.#evictOldest();
    const controller = new AbortController();
    const waiting: Waiting = {
      address,
      since: performance.now(),
      deadline: controller.signal,
      leave: () => {
        if (!this.#waiting.delete(waiting)) return;
        clearTimeout(timer);
        const count = this.#perAddress.get(address)! - 1;
        if (count === 0) this.#perAddress.delete(address);
        else this.#perAddress.set(address, count);
      },
      evict: (reason) => {
        waiting.leave();
        controller.abort(new Error(reason));
        close();
      },
    };
    const timer = setTimeout(
      () => waiting.evict(`No link within ${deadlineMs} ms`),
      deadlineMs,
    );
    this.#waiting.add(waiting);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    return waiting;
  }

  /** Gives one descriptor back, if a connection has waited so long that it is hardly a proper client. */
  makeRoom(): void {
    const [oldest] = this.#waiting;
    if (oldest !== undefined && performance.now() - oldest.since > PROPER_MS) {
      this.#evictOldest();
    }
  }

  /** Ends all that wait. */
  close(): void {
    for (const waiting of [...this.#waiting]) waiting.evict("The server closes");
  }

  #evictOldest(address?: string): void {
    for (const waiting of this.#waiting) {
      if (address === undefined || waiting.address === address) {
        return waiting.evict("Others came, and this one had waited longest");
      }
    }
  }
}

/** Proper clients link faster than this. */
const PROPER_MS = 1000;
