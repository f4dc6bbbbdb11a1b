import { GuestError } from "../core/binary/error.ts";
import { DataChunk } from "./memory.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const { dataSize: DATA_SIZE, nextChunk: NEXT } = DataChunk.at;
const HEADER = DataChunk.size;

/** A list longer than this is a circle or an attempt to keep us busy. */
const MAX_CHUNKS = 65536;
/** Empty chunks are odd; so many are hostile. */
const MAX_EMPTY = 1024;

const NOTHING = new Uint8Array(0);

/** Reads lists of QXLDataChunk. Source: red_get_data_chunks_ptr in red-parse-qxl.cpp. */
export class Chunks {
  readonly #memory: VideoMemory;
  readonly #slots: Slots;
  /** Where the pieces of the list being read are. */
  #starts = new Float64Array(64);
  #sizes = new Float64Array(64);
  /** Bytes copied since the owner last looked: what the host's memory holds for a command. */
  copied = 0;
  /** Bytes that may still be copied. */
  allowance: number;
  /** Called when that is too little: whoever holds drawings is to let them go. */
  relieve: () => void = () => {};

  constructor(memory: VideoMemory, slots: Slots) {
    this.#memory = memory;
    this.#slots = slots;
    // pieces of an honest list do not overlap
    this.allowance = memory.bytes.length;
  }

  /**
   * All data of the list whose first chunk is at `at`, in a slot that ends at `end`: a view when
   * they lie in one piece, else a copy. limit: bytes that make sense here.
   */
  read(at: number, end: number, limit: number, what: string): Uint8Array {
    const view = this.#memory.view;
    let count = 0, links = 0, empty = 0, total = 0;
    for (;;) {
      const size = view.getUint32(at + DATA_SIZE, true);
      const start = at + HEADER;
      if (start + size > end) {
        throw new GuestError(
          `Cannot read ${what}: chunk ${links} has ${size} bytes, its slot ${end - start}`,
        );
      }
      if (size !== 0) {
        total += size;
        if (total > limit) {
          throw new GuestError(`Cannot read ${what}: chunks of ${total} bytes, expected ${limit}`);
        }
        if (count === this.#starts.length) this.#grow();
        this.#starts[count] = start;
        this.#sizes[count++] = size;
      } else if (++empty > MAX_EMPTY) {
        throw new GuestError(`Cannot read ${what}: more than ${MAX_EMPTY} empty chunks`);
      }
      const next = this.#slots.followOrNull(at + NEXT, HEADER, what);
      if (next < 0) break;
      if (++links >= MAX_CHUNKS) {
        throw new GuestError(`Cannot read ${what}: more than ${MAX_CHUNKS} chunks`);
      }
      at = next;
      end = this.#slots.end;
    }
    if (count === 0) return NOTHING;
    return count === 1
      ? this.#memory.slice(this.#starts[0], this.#sizes[0])
      : this.#joined(count, total, what);
  }

  #joined(count: number, total: number, what: string): Uint8Array {
    this.charge(total, what);
    const all = new Uint8Array(total);
    const { bytes } = this.#memory;
    for (let i = 0, to = 0; i < count; i++) {
      const start = this.#starts[i], size = this.#sizes[i];
      all.set(bytes.subarray(start, start + size), to);
      to += size;
    }
    return all;
  }

  /** Bytes charged and not given back. */
  get lent(): number {
    return this.#memory.bytes.length - this.allowance;
  }

  /** Counts bytes that the host holds for the guest, and refuses when the card has no more. */
  charge(bytes: number, what: string): void {
    if (bytes > this.allowance) this.relieve();
    if (bytes > this.allowance) {
      throw new GuestError(
        `Cannot read ${what}: ${bytes} bytes to copy, ${this.allowance} are left`,
      );
    }
    this.allowance -= bytes;
    this.copied += bytes;
  }

  #grow(): void {
    const starts = new Float64Array(this.#starts.length * 2), sizes = starts.slice();
    starts.set(this.#starts);
    sizes.set(this.#sizes);
    this.#starts = starts;
    this.#sizes = sizes;
  }
}
