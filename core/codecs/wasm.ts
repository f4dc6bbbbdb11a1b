/**
 * How TypeScript talks to the codecs' WebAssembly, and all that it has to know: `reserve` room in the
 * module's memory, `view` bytes there, `call` the work. A module imports nothing and keeps its own
 * memory; it works for one thread, and each thread that imports it has one of its own.
 *
 * A module is `<name>.as.ts` beside it, compiled by `deno task wasm`. It exports its memory,
 * `reserve` and its work, which returns a number of bytes, or the negative number of what is wrong.
 */

/** What every codec's module exports beside its work. */
export interface CodecModule {
  readonly memory: WebAssembly.Memory;
  /**
   * Makes room for so many bytes and says where it begins, a multiple of 16; 0 when there is no more
   * memory. There is one room: a second call gives the same one, larger or smaller, and keeps what
   * both sizes hold.
   */
  reserve(bytes: number): number;
}

/** The room for so many bytes. RangeError: more than WebAssembly gives. Views made before may be dead. */
export function reserve(codec: CodecModule, bytes: number): number {
  // what a module may be asked for stays far below the sign bit of its addresses
  const at = bytes <= MAX_BYTES ? codec.reserve(bytes) : 0;
  if (at === 0) throw new RangeError(`Cannot reserve ${bytes} bytes for a codec`);
  return at;
}

/** The bytes at an address, dead as soon as the memory grows: make it when it is used. */
export function view({ memory }: CodecModule, at: number, bytes: number): Uint8Array {
  return new Uint8Array(memory.buffer, at, bytes);
}

/** What the work returned, checked: below 0 it is the RangeError that `reasons` names, -1 the first. */
export function call(result: number, reasons: readonly string[]): number {
  if (result < 0) throw new RangeError(reasons[-1 - result] ?? `Codec error ${result}`);
  return result;
}

const MAX_BYTES = 1 << 30;
