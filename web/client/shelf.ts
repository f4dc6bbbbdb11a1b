/**
 * Bytes that are kept for a while, in memory that is used again: pages that a process touches for
 * the first time cost it more than the copy.
 */

/** What is kept free at most, and how large an array is that holds few bytes. */
const MOST_FREE = 16 << 20;
const MOST_TIMES = 2;
const GRAIN = 1 << 12;

export class Shelf {
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** Bytes that lie here, and are to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A copy, until it is given back. */
  keep(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    // there may be very many of them
    if (bytes.length < GRAIN) return bytes.slice() as Uint8Array<ArrayBuffer>;
    const copy = new Uint8Array(this.#take(bytes.length), 0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Nobody looks at this copy any more. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength < GRAIN) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
    while (this.#freeBytes > MOST_FREE) this.#freeBytes -= this.#free.shift()!.byteLength;
  }

  #take(bytes: number): ArrayBuffer {
    const needed = Math.ceil(bytes / GRAIN) * GRAIN;
    const at = this.#free.findIndex(({ byteLength }) =>
      byteLength >= needed && byteLength <= needed * MOST_TIMES
    );
    if (at < 0) return new ArrayBuffer(needed);
    const [buffer] = this.#free.splice(at, 1);
    this.#freeBytes -= buffer.byteLength;
    return buffer;
  }
}
