const ALIGN = 64;

/**
 * Card memory in pieces: first fit from the low end, so that memory just given back is used again
 * while it is still in the caches. Neighbours join when freed.
 */
export class Allocator {
  /** Free pieces by address: where they begin and end. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #sizes = new Map<number, number>();
  readonly capacity: number;

  constructor(start: number, end: number) {
    const first = Math.ceil(start / ALIGN) * ALIGN;
    this.capacity = end - first;
    this.#starts.push(first);
    this.#ends.push(end);
  }

  /** Where `size` bytes are free now, a multiple of 64; -1: nowhere. */
  take(size: number): number {
    const wanted = Math.max(ALIGN, Math.ceil(size / ALIGN) * ALIGN);
    const starts = this.#starts, ends = this.#ends;
    for (let i = 0; i < starts.length; i++) {
      const at = starts[i];
      if (ends[i] - at < wanted) continue;
      this.#sizes.set(at, wanted);
      if (at + wanted === ends[i]) {
        starts.splice(i, 1);
        ends.splice(i, 1);
      } else starts[i] = at + wanted;
      return at;
    }
    return -1;
  }

  /** Gives a piece back. RangeError: it was not taken. */
  free(at: number): void {
    const size = this.#sizes.get(at);
    if (size === undefined) throw new RangeError(`Cannot free ${at}: it was not taken`);
    this.#sizes.delete(at);
    const starts = this.#starts, ends = this.#ends;
    let low = 0, high = starts.length;
    while (low < high) {
      const middle = low + high >> 1;
      if (starts[middle] < at) low = middle + 1;
      else high = middle;
    }
    const before = low > 0 && ends[low - 1] === at;
    const after = low < starts.length && starts[low] === at + size;
    if (before && after) {
      ends[low - 1] = ends[low];
      starts.splice(low, 1);
      ends.splice(low, 1);
    } else if (before) ends[low - 1] = at + size;
    else if (after) starts[low] = at;
    else {
      starts.splice(low, 0, at);
      ends.splice(low, 0, at + size);
    }
  }

  /** Pieces that are taken. */
  get taken(): number {
    return this.#sizes.size;
  }
}
