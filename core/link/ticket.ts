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

/**
 * The password of the ticket login: at most one, with or without an end.
 * Source of truth: reds.cpp reds_handle_ticket, spice_server_set_ticket.
 */
export class Tickets {
  readonly keys: Pick<KeyPool, "prepare" | "take">;
  required: boolean;
  readonly #now: () => number;
  /** Fingerprints are of this process only: nothing that is kept or logged could be compared with them. */
  readonly #salt = crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  #current?: { proof: Promise<TicketProof>; until: number };

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

  /** Locks everybody out until the next `setTicket`. */
  clear(): void {
    this.#current = undefined;
  }

  /**
   * Judges an encrypted ticket. session: what opened the session that this channel belongs to: it
   * is what counts then, so a ticket that expires or changes between two channels of one client
   * does not tear the session apart. null: refused.
   */
  async check(
    key: TicketKey,
    encrypted: Uint8Array<ArrayBuffer>,
    session?: { readonly ticket?: TicketProof },
  ): Promise<{ readonly ticket?: TicketProof } | null> {
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
    const current = this.#current;
    if (current === undefined) return null;
    // the comparison comes first: its time says nothing of whether there is a ticket to guess
    const right = timingSafeEqual(shown, await current.proof);
    return right && this.#now() <= current.until ? { ticket: shown } : null;
  }

  async #fingerprint(password: Uint8Array): Promise<TicketProof> {
    return new Uint8Array(
      await crypto.subtle.sign("HMAC", await this.#salt, new Uint8Array(password)),
    );
  }
}
