import { TICKET_PUBKEY_BYTES } from "../protocol/link.ts";

/** protocol.h: a ticket travels under RSA-1024, OAEP with SHA-1 and no label. */
export const TICKET_ALGORITHM = { name: "RSA-OAEP", hash: "SHA-1" } as const;

export interface KeyPoolOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Keys that wait ready; making one takes about 20 ms of a core. */
  readonly spare?: number;
  /** Links after which a key is replaced as soon as a spare is there. */
  readonly linksPerKey?: number;
  readonly keyLifetimeMs?: number;
}

/**
 * RSA keys for tickets, made ahead. libspice makes one for each link, which costs more than the
 * rest of the link together; here a key serves many links for a bounded time.
 */
export class KeyPool {
  readonly #o: Required<KeyPoolOptions>;
  readonly #spares: TicketKey[] = [];
  #current?: TicketKey;
  #making?: Promise<void>;

  constructor(options: KeyPoolOptions) {
    this.#o = { spare: 1, linksPerKey: 128, keyLifetimeMs: 60_000, ...options };
  }

  /** Makes the first keys: call when the server starts, so that the first client need not wait. */
  async prepare(): Promise<void> {
    while (this.#spares.length < this.#o.spare) await this.#make();
  }

  /**
   * The key for one link. Waits only when there is none that may still be used: before the first
   * one is made, or when one has served HARD_LIMIT links while its successor is in the making.
   */
  async take(): Promise<TicketKey> {
    const tired = this.#current === undefined || this.#current.links >= this.#o.linksPerKey ||
      this.#o.now() - this.#current.madeAt >= this.#o.keyLifetimeMs;
    if (tired && this.#spares.length > 0) this.#current = this.#spares.shift();
    if (this.#spares.length < this.#o.spare) this.#make().catch(() => {});
    while (this.#current === undefined || this.#current.links >= HARD_LIMIT) {
      await this.#make();
      if (this.#spares.length > 0) this.#current = this.#spares.shift();
    }
    this.#current.links++;
    return this.#current;
  }

  /** One at a time, however many ask. */
  #make(): Promise<void> {
    return this.#making ??= TicketKey.make(this.#o.now()).then(
      (key) => void this.#spares.push(key),
    ).finally(() => this.#making = undefined);
  }
}

/** A key that took so many links is not used again; bounds what it remembers. */
const HARD_LIMIT = 4096;

/** One RSA key, and what was already decrypted with it. */
export class TicketKey {
  links = 0;
  /** A ticket seen once is refused the next time: who records a link cannot play it again. */
  readonly #seen = new Set<string>();

  private constructor(
    readonly madeAt: number,
    /** SubjectPublicKeyInfo in DER, as the link reply carries it. */
    readonly spki: Uint8Array,
    readonly privateKey: CryptoKey,
    readonly modulus: bigint,
  ) {}

  static async make(now: number): Promise<TicketKey> {
    const pair = await crypto.subtle.generateKey(
      { ...TICKET_ALGORITHM, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ["encrypt", "decrypt"],
    );
    return await TicketKey.of(pair, now);
  }

  /** Of a pair that is there: its public key can be exported, its private one decrypts. */
  static async of({ publicKey, privateKey }: CryptoKeyPair, now: number): Promise<TicketKey> {
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
    if (spki.length !== TICKET_PUBKEY_BYTES) {
      throw new Error(`An RSA-1024 public key takes ${spki.length} bytes, not 162`);
    }
    // the modulus stands 29 bytes in: sequence, algorithm, bit string, sequence, integer, sign byte
    return new TicketKey(now, spki, privateKey, number(spki.subarray(29, 29 + 128)));
  }

  /** What was encrypted; null: not for this key, damaged, or played again. */
  async decrypt(ticket: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    let plain = await this.#open(ticket);
    // SPEC: spice-html5 writes the number without its leading zero bytes, and has zeros behind it
    // instead: one link in 200, which libspice refuses
    for (let zeros = 1; plain === null && zeros <= 2 && ticket.at(-zeros) === 0; zeros++) {
      const moved = new Uint8Array(ticket.length);
      moved.set(ticket.subarray(0, -zeros), zeros);
      plain = await this.#open(moved);
    }
    return plain;
  }

  async #open(ticket: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    const cipher = number(ticket);
    // a value beyond the modulus would decrypt like the one it is congruent to
    if (cipher >= this.modulus) return null;
    const name = cipher.toString(36);
    if (this.#seen.has(name)) return null;
    this.#seen.add(name);
    try {
      return new Uint8Array(
        await crypto.subtle.decrypt(TICKET_ALGORITHM, this.privateKey, ticket),
      );
    } catch {
      return null;
    }
  }
}

function number(bytes: Uint8Array): bigint {
  return BigInt("0x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
}
