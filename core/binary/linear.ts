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
