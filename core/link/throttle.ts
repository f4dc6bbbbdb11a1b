import { Bans } from "./bans.ts";
import { HashQueue } from "./hash_queue.ts";

/** How failed logins are slowed. Times in milliseconds. */
export interface ThrottleOptions {
  /** A clock that never goes back. */
  readonly now: () => number;
  /** Failures of an address that cost it nothing: people mistype. */
  readonly free?: number;
  /** Pause after the first failure that is not free; each further one doubles it. */
  readonly firstMs?: number;
  readonly longestMs?: number;
  /** An attempt that would have to wait longer is refused at once, unchecked. */
  readonly patienceMs?: number;
  /** After so long without a failure an address starts anew. */
  readonly forgetMs?: number;
  /** Addresses remembered; the one touched least recently goes first. */
  readonly addresses?: number;
  /** Attempts per second of all addresses that never succeeded, together. */
  readonly strangersPerSecond?: number;
}

interface Failures {
  count: number;
  /** How many of them were whose; undefined: whoever knows the ticket. */
  readonly of: Map<string | undefined, number>;
  /** No attempt before. */
  next: number;
  latest: number;
}

/** Names whose failures one address has counted apart; those of more are forgiven by time alone. */
const MOST_NAMES = 8;
/** Of longer ones nothing is kept. */
const MOST_NAME_LENGTH = 256;

/**
 * Slows guessing: each address waits after its failures, twice as long each time, and attempts in
 * parallel queue for the same slots, so more connections win nothing. A login forgives the failures
 * of that user and of nobody else, or guesses at others would cost nothing to who has one. A second
 * rate, over all addresses, bounds a guess from many; an address that has logged in before is
 * outside of it.
 */
export class Throttle {
  readonly #o: Required<ThrottleOptions>;
  /** Who may not even try. */
  readonly bans: Bans;
  /** Attempts that take hashing take turns here, whatever their address. */
  readonly hashes = new HashQueue();
  /** Both in the order of last touch. */
  readonly #failures = new Map<string, Failures>();
  readonly #known = new Map<string, true>();
  /** Failures of who would join a session, by what opened it. */
  readonly #ofSessions = new WeakMap<object, number>();
  /** Where the queue of all strangers ends. */
  #strangersNext = -Infinity;

  constructor(options: ThrottleOptions) {
    this.#o = {
      free: 4,
      firstMs: 250,
      longestMs: 30_000,
      patienceMs: 4_000,
      forgetMs: 15 * 60_000,
      addresses: 4096,
      strangersPerSecond: 100,
      ...options,
    };
    this.bans = new Bans(options.now);
  }

  /** Nobody from here is let in now, whatever they know. */
  banned(address: string): boolean {
    return this.bans.has(counted(address));
  }

  /** Addresses remembered now; never more than twice `addresses`. */
  get size(): number {
    return this.#failures.size + this.#known.size;
  }

  /** Ends a ban before its time, and forgets what led to it; false: there is none. */
  pardon(address: string): boolean {
    if (!this.bans.lift(address)) return false;
    this.#failures.delete(address);
    return true;
  }

  /**
   * How long an attempt from here must wait before it is checked; Infinity: refuse it unchecked.
   * The slot is taken with this call; report how the attempt ended by `failed` or `succeeded`.
   * session: what opened the one that it would join: its person is not made to wait for what others
   * do at that address, unless somebody guesses at the session itself.
   */
  admit(address: string, session?: object): number {
    if (session && (this.#ofSessions.get(session) ?? 0) <= this.#o.free) return 0;
    const now = this.#o.now();
    const key = counted(address);
    if (this.bans.has(key)) return Infinity;
    const failures = this.#failuresOf(key, now);
    const slowed = failures !== undefined && failures.count > this.#o.free;
    const stranger = !this.#known.has(key);
    const at = Math.max(
      now,
      slowed ? failures.next : now,
      stranger ? this.#strangersNext - BURST_MS : now,
    );
    if (at - now > this.#o.patienceMs) return Infinity;
    if (slowed) failures.next = at + this.#pause(failures.count);
    if (stranger) this.#strangersNext = Math.max(this.#strangersNext, now) + this.#strangersGap;
    return at - now;
  }

  /**
   * A wrong password, an unknown user, a ticket that does not decrypt. user: who it was said to be;
   * undefined: whoever knows the ticket. session: as for `admit`.
   */
  failed(address: string, user?: string, session?: object): void {
    const now = this.#o.now();
    const key = counted(address);
    if (session) this.#ofSessions.set(session, (this.#ofSessions.get(session) ?? 0) + 1);
    const failures = this.#failuresOf(key, now) ??
      { count: 0, of: new Map(), next: now, latest: now };
    failures.count++;
    failures.latest = now;
    const { of } = failures, before = of.get(user);
    const short = user === undefined || user.length <= MOST_NAME_LENGTH;
    if (before !== undefined || of.size < MOST_NAMES && short) of.set(user, (before ?? 0) + 1);
    if (failures.count > this.#o.free) {
      failures.next = Math.max(failures.next, now + this.#pause(failures.count));
    }
    touch(this.#failures, key, failures, this.#o.addresses);
    this.bans.failed(key, short ? user : "");
  }

  /** user: who it is; undefined: whoever knows the ticket. */
  succeeded(address: string, user?: string): void {
    const key = counted(address);
    const failures = this.#failures.get(key);
    if (failures) {
      failures.count -= failures.of.get(user) ?? 0;
      failures.of.delete(user);
      if (failures.count === 0) this.#failures.delete(key);
    }
    this.bans.succeeded(key, user);
    if (!this.#known.has(key)) this.#strangersNext -= this.#strangersGap;
    touch(this.#known, key, true, this.#o.addresses);
  }

  get #strangersGap(): number {
    return 1000 / this.#o.strangersPerSecond;
  }

  #pause(count: number): number {
    return Math.min(this.#o.longestMs, this.#o.firstMs * 2 ** (count - this.#o.free - 1));
  }

  #failuresOf(key: string, now: number): Failures | undefined {
    const failures = this.#failures.get(key);
    if (failures === undefined || now - failures.latest <= this.#o.forgetMs) return failures;
    this.#failures.delete(key);
  }
}

/** Strangers may come at once for as long as this before their rate holds. */
const BURST_MS = 1000;

/** Puts an entry last, and drops the first when there are too many. */
function touch<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  if (map.size >= most) map.delete(map.keys().next().value!);
  map.set(key, value);
}

/** IPv6 counts by its /64, which is what one customer gets; everything else as it is. */
function counted(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1];
  if (!address.includes(":")) return address;
  const [front, back] = address.split("::");
  const groups = front === "" ? [] : front.split(":");
  if (back !== undefined) {
    const tail = back === "" ? [] : back.split(":");
    while (groups.length + tail.length < 8) groups.push("0");
    groups.push(...tail);
  }
  return groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":") + "::/64";
}
