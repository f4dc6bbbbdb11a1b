/** Bytes that cannot be what their description says: which field, at which byte, why. */
export class WireError extends Error {
  override name = "WireError";
  #path: string;
  constructor(readonly reason: string, readonly at: number, path = "") {
    super();
    this.#path = path;
  }

  /** Names the enclosing field; called while the error travels outwards. */
  under(name: string): this {
    this.#path = this.#path === ""
      ? name
      : `${name}${this.#path.startsWith("[") ? "" : "."}${this.#path}`;
    return this;
  }

  get path(): string {
    return this.#path;
  }

  override get message(): string {
    return `Cannot read ${this.#path || "message"}: ${this.reason} (at byte ${this.at})`;
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
