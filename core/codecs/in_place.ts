import { memoryOf, SpareRoom } from "../binary/linear.ts";

/** A module over somebody's memory, and the room that is its own there. */
export interface Place<Work> {
  readonly work: Work;
  /** Where the room begins. */
  readonly at: number;
  /** All of the memory, the room in it. */
  readonly memory: Uint8Array;
}

/**
 * A codec's work where pictures lie: a module that imports its memory, once for each memory of this thread,
 * with room behind what the memory was made for. It has no data of its own, which would lie in somebody
 * else's: what it keeps it is given room for. Compiled by `deno task wasm` from `in_place.as.ts`.
 */
export class InPlace<Work> {
  readonly #code: string;
  #module: WebAssembly.Module | undefined;
  readonly #places = new WeakMap<WebAssembly.Memory, { work: Work; room: SpareRoom }>();

  /** code: the module, in base64. */
  constructor(code: string) {
    this.#code = code;
  }

  /**
   * The work over the memory that this is the buffer of, and so much room there, zero at first, which
   * keeps what it has until it must grow. null: WebAssembly cannot reach the buffer, or there is no room.
   */
  over(buffer: ArrayBufferLike, bytes: number): Place<Work> | null {
    const memory = memoryOf(buffer);
    if (!memory) return null;
    let place = this.#places.get(memory);
    if (!place) {
      this.#module ??= new WebAssembly.Module(Uint8Array.fromBase64(this.#code));
      const { exports } = new WebAssembly.Instance(this.#module, { env: { memory } });
      place = { work: exports as Work, room: new SpareRoom(memory) };
      this.#places.set(memory, place);
    }
    const { work, room } = place;
    return room.reserve(bytes) ? { work, at: room.at, memory: room.memory } : null;
  }
}
