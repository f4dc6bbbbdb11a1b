/** Bytes that cannot be what their description says: which field, at which byte, why. */
export class WireError extends Error {
  override name = "WireError";
  #path: string;
  #at: number;
  constructor(readonly reason: string, at: number, path = "") {
    super();
    this.#at = at;
    this.#path = path;
  }

  /** Names the enclosing field, or `[3]` an item; called while the error travels outwards. */
  under(name: string): this {
    this.#path = this.#path === ""
      ? name
      : `${name}${this.#path.startsWith("[") ? "" : "."}${this.#path}`;
    return this;
  }

  /** Counts `at` from here instead of from the view's first byte. */
  countedFrom(start: number): this {
    this.#at -= start;
    return this;
  }

  get path(): string {
    return this.#path;
  }

  /** The byte, counted from the message's start. */
  get at(): number {
    return this.#at;
  }

  override get message(): string {
    return `Cannot read ${this.#path || "message"}: ${this.reason} (at byte ${this.#at})`;
  }
}

/** Well-formed bytes that may not come now, or may not come at all. The peer erred. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/** The guest put something impossible into its memory or rings. The guest erred. */
export class GuestError extends Error {
  override name = "GuestError";
}
