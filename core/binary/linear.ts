/**
 * Memory that threads share and that WebAssembly may work on where it lies: the buffer of a shared
 * `WebAssembly.Memory`, found again from the buffer that everybody has.
 */

const PAGE = 1 << 16;
/** WebAssembly's addresses end there. */
const MOST_PAGES = 1 << 16;
/** What threads may add behind the bytes that were asked for, for work of their own: 256 MiB. */
const SPARE_PAGES = 1 << 12;

const memories = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/**
 * At least so many bytes, all zero, rounded up to pages of 64 KiB. Where WebAssembly cannot have so
 * many, or the machine gives it no addresses, plain shared memory: `memoryOf` knows none for it then.
 */
export function linearBuffer(bytes: number): SharedArrayBuffer {
  const initial = Math.ceil(bytes / PAGE);
  if (initial + SPARE_PAGES > MOST_PAGES) return new SharedArrayBuffer(bytes);
  try {
    const memory = new WebAssembly.Memory({
      initial,
      maximum: initial + SPARE_PAGES,
      shared: true,
    });
    return adopt(memory);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new SharedArrayBuffer(bytes);
  }
}

/** Another thread's memory: from now on `memoryOf` knows it by the buffer that this returns. */
export function adopt(memory: WebAssembly.Memory): SharedArrayBuffer {
  const buffer = memory.buffer as ArrayBufferLike as SharedArrayBuffer;
  memories.set(buffer, memory);
  return buffer;
}

/** The memory whose buffer this is; undefined: WebAssembly cannot reach it. */
export const memoryOf = (buffer: ArrayBufferLike): WebAssembly.Memory | undefined =>
  memories.get(buffer);

/** Sizes of rooms: each is used until something larger is needed, so that little is left behind. */
const ROOMS = [1 << 20, 1 << 24, 1 << 26];

/** Room of a thread's own behind what a memory was made for; who grows a memory owns the new pages. */
export class SpareRoom {
  readonly #memory: WebAssembly.Memory;
  #at = 0;
  #size = 0;
  /** From so many bytes on there are no pages. */
  #tooMany = Infinity;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Where it begins; 0 before anything was reserved. */
  get at(): number {
    return this.#at;
  }

  /** All of the memory, this room in it. */
  get memory(): Uint8Array {
    return this.#bytes;
  }

  /** Makes it so large, or larger; where it was too small it begins anew, all zero. false: it cannot be had. */
  reserve(bytes: number): boolean {
    if (bytes <= this.#size) return true;
    const size = ROOMS.find((size) => size >= bytes);
    if (size === undefined || size >= this.#tooMany) return false;
    try {
      this.#at = this.#memory.grow(size / PAGE) * PAGE;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#tooMany = size;
      return false;
    }
    this.#size = size;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    return true;
  }
}
