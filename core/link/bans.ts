/** Addresses that may not even connect for a time, because too many logins from there failed. */

/** When an address is banned, and for how long. */
export interface BanRule {
  /** Failed logins in `minutes`, none of which was followed by one of the same user that succeeded. */
  readonly failures: number;
  readonly minutes: number;
}

/** A ban that stands. */
export interface Ban {
  /** As failed logins are counted: an IPv6 address by its /64. */
  readonly address: string;
  /** When it ends, by the clock that was given. */
  readonly untilMs: number;
}

interface Failure {
  readonly at: number;
  readonly user: string | undefined;
}

/** Addresses remembered, of each kind; the one touched least recently goes first. */
const MOST = 4096;

export class Bans {
  /** null: nobody is banned from now on; bans that stand end. */
  #rule: BanRule | null = null;
  readonly #now: () => number;
  /** Until when, by address; and when logins failed, in the order of the last. */
  readonly #bans = new Map<string, number>();
  readonly #failures = new Map<string, Failure[]>();
  /** Called with each new ban. */
  onBan: (ban: Ban) => void = () => {};

  constructor(now: () => number) {
    this.#now = now;
  }

  get rule(): BanRule | null {
    return this.#rule;
  }

  set rule(rule: BanRule | null) {
    this.#rule = rule;
    if (rule !== null) return;
    this.#bans.clear();
    this.#failures.clear();
  }

  /** A login failed. Local sockets are nobody's address. user: undefined: whoever knows the ticket. */
  failed(address: string, user?: string): void {
    // what was under way when the ban began changes nothing
    if (this.#rule === null || address === "unix" || this.has(address)) return;
    const { failures: most, minutes } = this.#rule;
    const now = this.#now(), since = now - minutes * 60_000;
    const failures = (this.#failures.get(address) ?? []).filter(({ at }) => at > since);
    failures.push({ at: now, user });
    this.#failures.delete(address);
    if (failures.length < most) return keep(this.#failures, address, failures);
    const untilMs = now + minutes * 60_000;
    keep(this.#bans, address, untilMs);
    this.onBan({ address, untilMs });
  }

  /** Forgives this user's failures, and nobody else's. */
  succeeded(address: string, user?: string): void {
    const left = this.#failures.get(address)?.filter((failure) => failure.user !== user) ?? [];
    if (left.length === 0) this.#failures.delete(address);
    else this.#failures.set(address, left);
  }

  has(address: string): boolean {
    const until = this.#bans.get(address);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#bans.delete(address);
    return false;
  }

  /** Those that stand. */
  list(): Ban[] {
    return [...this.#bans].filter(([address]) => this.has(address))
      .map(([address, untilMs]) => ({ address, untilMs }));
  }

  /** Ends a ban before its time; false: there is none. */
  lift(address: string): boolean {
    return this.has(address) && this.#bans.delete(address);
  }
}

function keep<T>(map: Map<string, T>, address: string, value: T): void {
  if (map.size >= MOST) map.delete(map.keys().next().value!);
  map.set(address, value);
}
