/**
 * Users and passwords instead of a ticket, as SPICE carries SASL.
 * Source of truth: red-stream.cpp red_sasl_start_auth to red_sasl_handle_auth_step, spice-gtk
 * spice_channel_perform_auth_sasl. Strings are a u32 length and bytes; data that is there, however
 * short, is followed by a NUL that its length counts, and absent data has length 0.
 */
import { ProtocolError } from "../binary/error.ts";
import type { Duplex } from "./duplex.ts";
import { readExactly, writeAll } from "./exact.ts";
import { LinkRefused } from "./handshake.ts";
import { HashQueue } from "./hash_queue.ts";
import {
  clientFirst,
  isPassword,
  type ScramKeys,
  scramKeys,
  serverFinal,
  serverFirst,
} from "./scram.ts";

/** A user: a password, or what SCRAM keeps of one. */
export type SaslUser = { readonly password: string } | ScramKeys;

export interface SaslOptions {
  /** By name. */
  readonly users: ReadonlyMap<string, SaslUser>;
  /** Iterations for users given by password; the default is the most that others have, 10 000 at least. */
  readonly iterations?: number;
  /** Where passwords are hashed; the default is a queue of its own. */
  readonly hashes?: HashQueue;
}

/** Who proved to be one of the users. */
export interface Identity {
  readonly identity: string;
}

/**
 * Runs a check when it is its turn; null: the check failed, or was not allowed to run. user: who the
 * client says that it is, as far as that can be read.
 */
export type Judge = (
  check: () => Promise<Identity | null>,
  user?: string,
) => Promise<Identity | null>;

const MECHANISMS = ",SCRAM-SHA-256,PLAIN,";
/** red-stream.cpp: SASL_MAX_MECHNAME_LEN */
const MAX_MECHANISM_BYTES = 100;
/** SPEC: libspice allows 1 MiB; what PLAIN and SCRAM say fits into this many times over. */
const MAX_DATA_BYTES = 4096;

/** Offers PLAIN and SCRAM-SHA-256. The connection itself must be secret. */
export class Sasl {
  readonly #keys = new Map<string, Promise<ScramKeys>>();
  readonly #hashes: HashQueue;
  readonly #secret = random(32);
  /** Iterations of every user: who does not exist is shown, and takes, those of somebody. */
  readonly #iterations: readonly number[];
  readonly #nobody = { storedKey: random(32), serverKey: random(32) };

  constructor(options: SaslOptions) {
    const { users, hashes = new HashQueue() } = options;
    const kept = [...users.values()].flatMap((user) => "password" in user ? [] : user.iterations);
    const iterations = options.iterations ?? Math.max(10_000, ...kept);
    this.#hashes = hashes;
    const all = [...users.values()].map((user) =>
      "password" in user ? iterations : user.iterations
    );
    this.#iterations = all.length === 0 ? [iterations] : all;
    for (const [name, user] of users) {
      const keys = "password" in user
        ? scramKeys(user.password, random(SALT_BYTES), iterations)
        : Promise.resolve(user);
      this.#keys.set(name, keys);
    }
  }

  /**
   * Leads one client through its login, up to the word that says it passed; null: it failed, and
   * that word is the caller's to send. ProtocolError or LinkRefused: it was no login at all.
   */
  async serve(duplex: Duplex, judge: Judge): Promise<Identity | null> {
    await writeAll(duplex, concat(u32(MECHANISMS.length), ascii(MECHANISMS)));
    const size = await readU32(duplex);
    if (size < 1 || size > MAX_MECHANISM_BYTES) {
      throw new ProtocolError(`The client's mechanism has a name of ${size} bytes`);
    }
    const name = String.fromCharCode(...await readExactly(duplex, size));
    if (name !== "PLAIN" && name !== "SCRAM-SHA-256") {
      throw new LinkRefused("invalidData", "The client chose a mechanism that was not offered");
    }
    const first = await readData(duplex);
    const { identity, last } = name === "PLAIN"
      ? { identity: await this.#plain(first ?? await this.#ask(duplex), judge), last: "" }
      : await this.#scram(duplex, first ?? await this.#ask(duplex), judge);
    // SPEC: a result word of SASL's own comes before the link's
    await writeAll(duplex, step(identity ? last : "", true));
    if (identity) await writeAll(duplex, u32(0));
    return identity;
  }

  /** An empty challenge, for a client that let the server begin. */
  async #ask(duplex: Duplex): Promise<string> {
    await writeAll(duplex, step("", false));
    return await readData(duplex) ?? "";
  }

  /** RFC 4616: whom to be, who it is, and the password, with NULs between. */
  #plain(message: string, judge: Judge): Promise<Identity | null> {
    const parts = message.split("\0");
    const [authzid, user, password] = parts;
    return judge(async () => {
      if (parts.length !== 3 || (authzid !== "" && authzid !== user)) return null;
      const keys = await this.#keysOf(user);
      const hashed = this.#hashes.run(() => isPassword(password, keys));
      if (hashed === null) throw new LinkRefused("error", "Too many log in at the same time");
      const right = await hashed;
      return right && this.#keys.has(user) ? { identity: user } : null;
    }, user);
  }

  async #scram(
    duplex: Duplex,
    message: string,
    judge: Judge,
  ): Promise<{ identity: Identity | null; last: string }> {
    const first = clientFirst(message);
    if (first === null) return { identity: await judge(() => Promise.resolve(null)), last: "" };
    const keys = await this.#keysOf(first.user);
    const challenge = serverFirst(first.nonce, base64(random(18)), keys);
    await writeAll(duplex, step(challenge, false));
    const final = await readData(duplex) ?? "";
    let last = "";
    const identity = await judge(async () => {
      const answer = await serverFinal(first, challenge, final, keys);
      if (answer === null || !this.#keys.has(first.user)) return null;
      last = answer;
      return { identity: first.user };
    }, first.user);
    return { identity, last };
  }

  /** Somebody who does not exist has a salt and iterations all the same, and always the same ones. */
  async #keysOf(user: string): Promise<ScramKeys> {
    const bytes = concat(this.#secret, new TextEncoder().encode(user));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const all = this.#iterations;
    const iterations = all[digest[SALT_BYTES] % all.length];
    return await this.#keys.get(user) ??
      { ...this.#nobody, salt: digest.subarray(0, SALT_BYTES), iterations };
  }
}

const SALT_BYTES = 16;

/** What the server says in one step: data, and whether it is the last. */
function step(data: string, complete: boolean): Uint8Array {
  const size = data === "" ? 0 : data.length + 1;
  const bytes = new Uint8Array(4 + size + 1);
  bytes.set(u32(size));
  bytes.set(ascii(data), 4);
  bytes[4 + size] = complete ? 1 : 0;
  return bytes;
}

/** What the client says in one step; null: nothing. */
async function readData(duplex: Duplex): Promise<string | null> {
  const size = await readU32(duplex);
  if (size === 0) return null;
  if (size > MAX_DATA_BYTES) throw new ProtocolError(`The client sends ${size} bytes of SASL data`);
  const bytes = await readExactly(duplex, size);
  return new TextDecoder().decode(bytes.subarray(0, size - 1));
}

async function readU32(duplex: Duplex): Promise<number> {
  return new DataView((await readExactly(duplex, 4)).buffer).getUint32(0, true);
}

const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const concat = (a: Uint8Array, b: Uint8Array) => new Uint8Array([...a, ...b]);

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
