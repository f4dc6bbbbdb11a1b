import { GuestError } from "../core/binary/error.ts";
import type { VideoMemory } from "./video_memory.ts";

declare const physical: unique symbol;
/** qxl_dev.h: QXLPHYSICAL: slot, generation and an address within the slot. */
export type Physical = bigint & { readonly [physical]: true };

/** hw/display/qxl.c and ui/spice-display.h of QEMU; QXLRom tells the guest. */
export const SLOTS = 8;
export const SLOT_ID_BITS = 8;
export const SLOT_GENERATION_BITS = 8;

/** As a driver makes an address. */
export const physicalOf = (slot: number, generation: number, offset: number): Physical =>
  (BigInt(slot) << 56n | BigInt(generation) << 48n | BigInt(offset)) as Physical;

/** The one place where an address of the guest becomes a place in card memory. */
export class Slots {
  readonly #start = new Float64Array(SLOTS);
  readonly #length = new Float64Array(SLOTS).fill(-1);
  readonly #delta = new Float64Array(SLOTS);
  readonly #generation = new Uint8Array(SLOTS);
  readonly #view: DataView;
  /** Where the slot of the last resolved address ends. */
  end = 0;

  constructor(memory: VideoMemory) {
    this.#view = memory.view;
  }

  /** start, length: in card memory; delta: the address that start has within the slot. */
  add(slot: number, start: number, length: number, delta: number, generation: number): void {
    this.#start[slot] = start;
    this.#length[slot] = length;
    this.#delta[slot] = delta;
    this.#generation[slot] = generation;
  }

  delete(slot: number): void {
    this.#length[slot] = -1;
  }

  clear(): void {
    this.#length.fill(-1);
  }

  has(slot: number): boolean {
    return this.#length[slot] >= 0;
  }

  /** Reads the address that lies at `at`, once, and returns where its `size` bytes are. */
  follow(at: number, size: number, what: string): number {
    return this.#place(
      this.#view.getUint32(at + 4, true),
      this.#view.getUint32(at, true),
      size,
      what,
    );
  }

  /** The same for an address that may be null: -1. */
  followOrNull(at: number, size: number, what: string): number {
    const low = this.#view.getUint32(at, true);
    const high = this.#view.getUint32(at + 4, true);
    return low === 0 && high === 0 ? -1 : this.#place(high, low, size, what);
  }

  resolve(address: Physical, size: number, what: string): number {
    return this.#place(Number(address >> 32n), Number(address & 0xffffffffn), size, what);
  }

  #place(high: number, low: number, size: number, what: string): number {
    const slot = high >>> 24;
    if (slot >= SLOTS || this.#length[slot] < 0) this.#refuse(high, low, what, "no such slot");
    if ((high >>> 16 & 0xff) !== this.#generation[slot]) {
      this.#refuse(high, low, what, `generation is ${this.#generation[slot]}`);
    }
    const offset = (high & 0xffff) * 0x100000000 + low - this.#delta[slot];
    const length = this.#length[slot];
    if (offset < 0 || offset + size > length) {
      this.#refuse(high, low, what, `needs ${size} bytes of the slot's ${length}`);
    }
    const start = this.#start[slot];
    this.end = start + length;
    return start + offset;
  }

  #refuse(high: number, low: number, what: string, why: string): never {
    const address = (BigInt(high) << 32n | BigInt(low)).toString(16).padStart(16, "0");
    throw new GuestError(`Cannot follow ${what}: address 0x${address}: ${why}`);
  }
}
