/** Whose password or token this is. */
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { SaslOptions, WebRole, WebToken, WebUser } from "../core/config/options.ts";
import type { HashQueue } from "../core/link/hash_queue.ts";
import { isPassword, type ScramKeys } from "../core/link/scram.ts";
import type { Tickets } from "../core/link/ticket.ts";
import { sha256 } from "./logins.ts";

/** Somebody who proved it. */
export interface Account {
  /** null: whoever knows the ticket. */
  readonly user: string | null;
  readonly role: WebRole;
}

export interface AccountsOptions {
  readonly users: readonly WebUser[];
  readonly tokens: readonly WebToken[];
  /** The users of `[sasl]`, who are operators here. */
  readonly sasl: SaslOptions | null;
  /** The SPICE password; null, or not required: it opens nothing. */
  readonly ticket: Pick<Tickets, "isCurrent" | "required"> | null;
  /** Where passwords are hashed. */
  readonly hashes: HashQueue;
}

interface User {
  readonly role: WebRole;
  readonly secret: Secret;
}

type Secret = { readonly scram: ScramKeys } | { readonly password: string };

/** Attempts of one address at the same time, so that many at once win nothing. */
const MOST_OF_ADDRESS = 4;

export class Accounts {
  #users = new Map<string, User>();
  #tokens: readonly WebToken[] = [];
  readonly #ticket: AccountsOptions["ticket"];
  /** Is hashed for users that there are not, and for those with fewer iterations, so that all take as long. */
  #nobody!: ScramKeys;
  readonly #hashes: HashQueue;
  readonly #trying = new Map<string, number>();

  constructor(options: AccountsOptions) {
    this.#ticket = options.ticket;
    this.#hashes = options.hashes;
    this.use(options);
  }

  /** Takes these users and tokens instead; comes back with whether a login is still what it was. */
  use(
    { users, tokens, sasl }: Omit<AccountsOptions, "ticket" | "hashes">,
  ): (login: { readonly user: string | null }) => boolean {
    const before = this.#users;
    this.#users = new Map();
    for (const { name, secret } of sasl?.users ?? []) {
      this.#users.set(name, { role: "operator", secret });
    }
    for (const { name, role, scram } of users) this.#users.set(name, { role, secret: { scram } });
    this.#tokens = tokens;
    const all = [...this.#users.values()].map(({ secret }) => iterationsOf(secret));
    const iterations = Math.max(4096, ...all);
    const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));
    this.#nobody = { iterations, salt: random(16), storedKey: random(32), serverKey: random(32) };
    return ({ user }) => user === null || same(before.get(user), this.#users.get(user));
  }

  /** What a login can be made with; nothing: nobody is asked. */
  get ways(): ("ticket" | "user")[] {
    return [
      ...this.#ticket?.required ? ["ticket" as const] : [],
      ...this.#users.size === 0 ? [] : ["user" as const],
    ];
  }

  /** Begins an attempt of this address, to be disposed of when it is over; null: it makes too many at once. */
  begin(address: string): Disposable | null {
    const count = this.#trying.get(address) ?? 0;
    if (count >= MOST_OF_ADDRESS) return null;
    this.#trying.set(address, count + 1);
    return {
      [Symbol.dispose]: () => {
        const left = this.#trying.get(address)! - 1;
        if (left > 0) this.#trying.set(address, left);
        else this.#trying.delete(address);
      },
    };
  }

  /** user undefined: the password is the ticket. null: wrong. "busy": too many ask at the same time. */
  async check(user: string | undefined, password: string): Promise<Account | null | "busy"> {
    if (user === undefined) {
      const right = this.#ticket?.required && await this.#ticket.isCurrent(password);
      return right ? { user: null, role: "operator" } : null;
    }
    const turn = this.#hashes.run(() => this.#isUser(user, password));
    return turn === null ? "busy" : await turn;
  }

  async #isUser(name: string, password: string): Promise<Account | null> {
    const user = this.#users.get(name);
    if (user !== undefined && await opens(user.secret, password)) {
      return { user: name, role: user.role };
    }
    // INVARIANT: a refusal takes as long whoever it is
    const left = this.#nobody.iterations - (user ? iterationsOf(user.secret) : 0);
    if (left > 0) await isPassword(password, { ...this.#nobody, iterations: left });
    return null;
  }

  /** The program that shows this token; null: none. */
  token(token: string): Account | null {
    const shown = sha256(token);
    const found = this.#tokens.filter(({ sha256 }) => timingSafeEqual(sha256, shown)).at(0);
    return found === undefined ? null : { user: found.name, role: found.role };
  }
}

async function opens(secret: Secret, password: string): Promise<boolean> {
  return "scram" in secret
    ? await isPassword(password, secret.scram)
    : timingSafeEqual(sha256(password), sha256(secret.password));
}

const iterationsOf = (secret: Secret) => "scram" in secret ? secret.scram.iterations : 0;

/** The same role and the same secret. */
function same(a: User | undefined, b: User | undefined): boolean {
  const text = (user: User | undefined) =>
    JSON.stringify(user, (_, inner) => inner instanceof Uint8Array ? inner.toHex() : inner);
  return text(a) === text(b);
}
