/** Write locks that the guest's programs have taken. Source of truth: RFC 4918, 6, 7 and 10.4. */
import type { Path } from "./folder.ts";

export interface Lock {
  /** `urn:uuid:…` */
  readonly token: string;
  readonly path: Path;
  /** Holds for all that is inside, too. */
  readonly deep: boolean;
  /** XML of who has it, as it was said; kept and given back. */
  readonly owner: string;
  untilMs: number;
}

const MOST_LOCKS = 1000;
export const LONGEST_LOCK_SECONDS = 3600;

export class Locks {
  readonly #all = new Map<string, Lock>();
  readonly #now: () => number;
  readonly #uuid: () => string;

  /** now: milliseconds of any clock. */
  constructor(now: () => number, uuid: () => string) {
    this.#now = now;
    this.#uuid = uuid;
  }

  /** Those that hold for this path; `inside`: and those for what lies in it. */
  at(path: Path, inside: boolean): Lock[] {
    const now = this.#now();
    for (const lock of this.#all.values()) {
      if (lock.untilMs <= now) this.#all.delete(lock.token);
    }
    return [...this.#all.values()].filter((lock) =>
      same(lock.path, path) || lock.deep && within(path, lock.path) ||
      inside && within(lock.path, path)
    );
  }

  /** null: there are too many. */
  take(path: Path, deep: boolean, owner: string, seconds: number): Lock | null {
    if (this.#all.size >= MOST_LOCKS) return null;
    const token = `urn:uuid:${this.#uuid()}`;
    const lock = { token, path, deep, owner, untilMs: this.#until(seconds) };
    this.#all.set(token, lock);
    return lock;
  }

  renew(lock: Lock, seconds: number): void {
    lock.untilMs = this.#until(seconds);
  }

  /** false: there is none with this token at the path. */
  free(path: Path, token: string): boolean {
    return this.at(path, false).some((lock) => lock.token === token) && this.#all.delete(token);
  }

  /** What lay there is gone. */
  gone(path: Path): void {
    for (const { path: at, token } of this.#all.values()) {
      if (same(at, path) || within(at, path)) this.#all.delete(token);
    }
  }

  secondsLeft(lock: Lock): number {
    return Math.max(0, Math.ceil((lock.untilMs - this.#now()) / 1000));
  }

  #until(seconds: number): number {
    return this.#now() + Math.min(seconds, LONGEST_LOCK_SECONDS) * 1000;
  }
}

export const same = (a: Path, b: Path): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** Whether a lies in b, at any depth. */
export const within = (a: Path, b: Path): boolean =>
  a.length > b.length && b.every((name, i) => name === a[i]);

/** The path as a disk sees it that tells neither large from small letters nor one way to write them from another. */
export const alike = (path: Path): Path => path.map((name) => name.normalize("NFC").toLowerCase());
