/** libspice: CLIENT_PALETTE_CACHE_SIZE */
const LIMIT = 128;

/** Which palettes one display channel's client keeps, least recently used first. */
export class PaletteCache {
  readonly #ids = new Set<bigint>();

  /** The client has it. */
  hit(id: bigint): boolean {
    if (!this.#ids.delete(id)) return false;
    this.#ids.add(id);
    return true;
  }

  /** The client is to keep it; comes back with the palette that it is to drop for it. */
  add(id: bigint): bigint | null {
    this.#ids.add(id);
    if (this.#ids.size <= LIMIT) return null;
    const oldest = this.#ids.values().next().value!;
    this.#ids.delete(oldest);
    return oldest;
  }

  clear(): void {
    this.#ids.clear();
  }
}
