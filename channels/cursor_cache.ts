/** common in libspice and spice-gtk: CLIENT_CURSOR_CACHE_SIZE */
const SIZE = 256;

/** Which shapes a client keeps, by the guest's unique ids: the least recently used goes first. */
export class CursorCache {
  /** In order of use. */
  readonly #ids = new Set<bigint>();

  constructor(readonly size = SIZE) {}

  /** The client has it: it is used now. */
  use(id: bigint): boolean {
    if (!this.#ids.delete(id)) return false;
    this.#ids.add(id);
    return true;
  }

  /** The client is to keep it; comes back with the id that it is to forget for that, if any. */
  keep(id: bigint): bigint | null {
    let victim: bigint | null = null;
    if (this.#ids.size >= this.size) {
      victim = this.#ids.values().next().value!;
      this.#ids.delete(victim);
    }
    this.#ids.add(id);
    return victim;
  }

  clear(): void {
    this.#ids.clear();
  }
}
