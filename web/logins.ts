/** Who has logged in at the console: what a cookie stands for, and how long. */
import { createHash } from "node:crypto";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { WebRole } from "../core/config/options.ts";

/** One login. */
export interface Login {
  /** Names it to SPICE sessions and logs; tells nothing of the cookie. */
  readonly id: string;
  /** null: whoever knows the ticket. */
  readonly user: string | null;
  readonly role: WebRole;
  /** What pages send along with every change. */
  readonly csrf: string;
  /** Milliseconds of the clock at which it ends, whatever happens. */
  readonly untilMs: number;
}

export interface LoginsOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** A login that is not used ends after so long. */
  readonly idleMs: number;
  /** Every login ends after so long. */
  readonly longestMs: number;
  /** It ended: whatever it vouched for ends too. */
  readonly onEnd?: (login: Login) => void;
  /** Whether something that it opened is still in use; then it is not idle. */
  readonly inUse?: (login: Login) => boolean;
}

interface Kept extends Login {
  /** What it is found by. */
  readonly mark: string;
  usedMs: number;
}

/** Logins at a time; the one that was idle longest goes first. */
const MOST = 1000;

export class Logins {
  readonly #o: LoginsOptions;
  /** By the cookie's hash: what memory holds cannot be shown as a cookie. In the order of last use. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: LoginsOptions) {
    this.#o = options;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** A new login, and the cookie's value that stands for it. */
  open(user: string | null, role: WebRole): { cookie: string; login: Login } {
    this.sweep();
    if (this.#kept.size >= MOST) this.#end(this.#kept.values().next().value!);
    const cookie = random(), mark = markOf(cookie), now = this.#o.now();
    const login = {
      id: random().slice(0, 12),
      user,
      role,
      csrf: random(),
      untilMs: now + this.#o.longestMs,
      usedMs: now,
      mark,
    };
    this.#kept.set(mark, login);
    return { cookie, login };
  }

  /** The login that a cookie stands for, which is used with this call; null: none, or none any more. */
  find(cookie: string): Login | null {
    const login = this.#kept.get(markOf(cookie));
    if (login === undefined || this.#over(login)) return null;
    login.usedMs = this.#o.now();
    this.#kept.delete(login.mark);
    this.#kept.set(login.mark, login);
    return login;
  }

  close(login: Login): void {
    const kept = [...this.#kept.values()].find(({ id }) => id === login.id);
    if (kept !== undefined) this.#end(kept);
  }

  /** Ends those of which this is not so. */
  keep(is: (login: Login) => boolean): void {
    for (const login of [...this.#kept.values()]) if (!is(login)) this.#end(login);
  }

  /** Ends what is over; to be called now and then. */
  sweep(): void {
    for (const login of [...this.#kept.values()]) this.#over(login);
  }

  #over(login: Kept): boolean {
    const now = this.#o.now();
    if (this.#o.inUse?.(login)) login.usedMs = now;
    if (now < login.untilMs && now < login.usedMs + this.#o.idleMs) return false;
    this.#end(login);
    return true;
  }

  #end(login: Kept): void {
    this.#kept.delete(login.mark);
    this.#o.onEnd?.(login);
  }
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

export function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}

const markOf = (cookie: string) => sha256(cookie).toHex();

/** 256 bits. */
function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
