import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { MAX_PASSWORD_LENGTH } from "../protocol/link.ts";
import { KeyPool, type TicketKey } from "./key_pool.ts";

export interface TicketsOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** false: `disable-ticketing`; tickets are read and must decrypt, what they say does not matter. */
  readonly required?: boolean;
  readonly keys?: Pick<KeyPool, "prepare" | "take">;
}

/** A fingerprint of the ticket that opened a session: the session's later channels must show it again. */
export type TicketProof = Uint8Array;

/** What a ticket opens: whose session it is, and what it may do. */
export interface TicketHolder {
  /** Who logged in elsewhere and was given a ticket for once; undefined: whoever knows the password. */
  readonly identity?: string;
  readonly viewOnly?: boolean;
}

/** A ticket that opens one session. */
interface Once {
  readonly until: number;
  readonly holder: TicketHolder;
}

/** Tickets for once that wait to be used; the oldest goes first. */
const MOST_ONCE = 256;

/**
 * The password of the ticket login: at most one, with or without an end; and tickets that open one
 * session, once.
 * Source of truth: reds.cpp reds_handle_ticket, spice_server_set_ticket.
 */
export class Tickets {
  readonly keys: Pick<KeyPool, "prepare" | "take">;
  required: boolean;
  readonly #now: () => number;
  /** Fingerprints are of this process only: nothing that is kept or logged could be compared with them. */
  readonly #salt = crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  #current?: { proof: Promise<TicketProof>; until: number };
  /** By fingerprint in hexadecimal. */
  readonly #once = new Map<string, Once>();

  constructor({ now, required = true, keys = new KeyPool({ now }) }: TicketsOptions) {
    this.#now = now;
    this.required = required;
    this.keys = keys;
  }

  /**
   * Replaces the password. Sessions that stand stay. RangeError: longer than 60 bytes of UTF-8, or
   * with a NUL inside. An empty one locks everybody out, as libspice's does.
   */
  setTicket(password: string, lifetimeSeconds = Infinity): void {
    const bytes = new TextEncoder().encode(password);
    if (bytes.length > MAX_PASSWORD_LENGTH) {
      throw new RangeError(
        `The password has ${bytes.length} bytes, a ticket at most ${MAX_PASSWORD_LENGTH}`,
      );
    }
    if (bytes.includes(0)) throw new RangeError("A ticket cannot contain a NUL");
    this.#current = bytes.length === 0 ? undefined : {
      proof: this.#fingerprint(bytes),
      until: this.#now() + lifetimeSeconds * 1000,
    };
  }

  /** Locks everybody out until the next `setTicket`; tickets for once too. */
  clear(): void {
    this.#current = undefined;
    this.#once.clear();
  }

  /** Milliseconds of the clock at which the password stops to open sessions; Infinity: never; null: there is none. */
  get until(): number | null {
    return this.#current?.until ?? null;
  }

  /** A new ticket, that opens one session within so many seconds. */
  async issue(lifetimeSeconds: number, holder: TicketHolder = {}): Promise<string> {
    const password = crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
    const proof = await this.#fingerprint(new TextEncoder().encode(password));
    const now = this.#now();
    for (const [key, { until }] of this.#once) if (until < now) this.#once.delete(key);
    if (this.#once.size >= MOST_ONCE) this.#once.delete(this.#once.keys().next().value!);
    this.#once.set(proof.toHex(), { until: now + lifetimeSeconds * 1000, holder });
    return password;
  }

  /** Whether this is the password now: for logins elsewhere. Tickets for once are not. */
  async isCurrent(password: string): Promise<boolean> {
    return await this.#isCurrent(await this.#fingerprint(new TextEncoder().encode(password)));
  }

  /**
   * Judges an encrypted ticket. session: what opened the session that this channel belongs to: it
   * is what counts then, so a ticket that expires or changes between two channels of one client
   * does not tear the session apart. null: refused.
   */
  async check(
    key: TicketKey,
    encrypted: Uint8Array<ArrayBuffer>,
    session?: TicketHolder & { readonly ticket?: TicketProof },
  ): Promise<TicketHolder & { readonly ticket?: TicketProof } | null> {
    const plain = await key.decrypt(encrypted);
    if (plain === null) return null;
    if (!this.required) return {};
    const end = plain.indexOf(0);
    const shown = await this.#fingerprint(end < 0 ? plain : plain.subarray(0, end));
    plain.fill(0);
    if (session !== undefined) {
      return session.ticket === undefined || timingSafeEqual(shown, session.ticket)
        ? session
        : null;
    }
    if (await this.#isCurrent(shown)) return { ticket: shown };
    const mark = shown.toHex(), once = this.#once.get(mark);
    // INVARIANT: a ticket for once is gone before anybody is let in with it
    if (once === undefined || !this.#once.delete(mark)) return null;
    return this.#now() <= once.until ? { ...once.holder, ticket: shown } : null;
  }

  async #isCurrent(shown: TicketProof): Promise<boolean> {
    const current = this.#current;
    if (current === undefined) return false;
    // the comparison comes first: its time says nothing of whether there is a ticket to guess
    const right = timingSafeEqual(shown, await current.proof);
    return right && this.#now() <= current.until;
  }

  async #fingerprint(password: Uint8Array): Promise<TicketProof> {
    return new Uint8Array(
      await crypto.subtle.sign("HMAC", await this.#salt, new Uint8Array(password)),
    );
  }
}
