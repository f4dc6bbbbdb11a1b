import { call } from "../wasm.ts";
import { allocate, memory, memoryWords, release, scratch, SLACK } from "./arena.ts";
import * as wasm from "./glz.wasm";
import { type GlzHeader, HEADER_BYTES, readHeader } from "./header.ts";

/** A picture that was GLZ. */
export interface GlzPicture extends GlzHeader {
  /** Rows of BGRX, X 0, or BGRA: a view that the next call to this module may overwrite. */
  readonly pixels: Uint8Array;
}

/** What cannot be decoded before the picture with this id has come, on whichever channel. */
export interface GlzMissing {
  readonly missing: number;
}

interface Kept {
  readonly at: number;
  readonly units: number;
  readonly oldest: number;
}

const reasons = [
  "GLZ data is cut off",
  "GLZ data has more pixels than its picture",
  "GLZ data refers to pixels that are in no picture",
];
const MISSING = -4;
const SLOT_BYTES = 16;
/** Units that a picture is counted as at least, so that their number has a bound as well. */
const LEAST = 64;

/**
 * The client's half: the pictures that later ones may refer to, shared by all its display channels.
 * A picture names the oldest that must stay; older ones leave once all before it have come.
 * Source of truth: decode-glz.c of spice-gtk.
 */
export class GlzWindow {
  readonly #most: number;
  readonly #kept = new Map<number, Kept>();
  #units = 0;
  /** Ids below this have left. */
  #oldest = 0;
  /** The first id that has not come. */
  #gap = 0;
  #slots: number;
  #slotCount = 64;

  /**
   * windowPixels: what this client's INIT says. Twice as many are kept at most, for channels of which
   * one is ahead of the other.
   */
  constructor(windowPixels: number) {
    this.#most = windowPixels * 2 + LEAST;
    this.#slots = this.#newSlots();
  }

  /**
   * Decodes a picture and keeps it, or says which one must come before it. RangeError: the data is no
   * GLZ picture, has more than `mostPixels`, or the server keeps less of its window than it said.
   */
  decode(data: Uint8Array, mostPixels: number): GlzPicture | GlzMissing {
    const header = readHeader(data, mostPixels);
    const { width, height, format, id } = header;
    const units = width * height;
    if (id < this.#oldest || this.#kept.has(id)) {
      throw new RangeError(`GLZ picture ${id} came twice`);
    }
    // INVARIANT: ids are close together, so the table of slots stays small
    if (id - this.#gap > this.#most / LEAST) {
      throw new RangeError(`GLZ picture ${id} came, where ${this.#gap} is missing`);
    }
    if (this.#units + Math.max(units, LEAST) > this.#most) {
      throw new RangeError(`${this.#units} pixels are in the GLZ window, and ${units} more come`);
    }
    const at = allocate(units * 4 + SLACK);
    const body = data.length - HEADER_BYTES;
    let taken = -1;
    try {
      const room = scratch(body + SLACK);
      memory().set(data.subarray(HEADER_BYTES), room);
      const type = format === "bit16" ? 6 : format === "rgba" ? 9 : 8;
      const high = Math.floor(id / 2 ** 32);
      const result = wasm
        .decode(room, body, at, units, type, this.#slots, this.#slotCount - 1, id, high);
      if (result === MISSING) return this.#missing(id - (wasm.missingDistance() >>> 0));
      taken = call(result, reasons);
    } finally {
      if (taken < 0) release(at, units * 4 + SLACK);
    }
    // SPEC: what is behind the last pixel is not looked at, as spice-gtk does
    this.#keep(id, { at, units, oldest: id - header.headDistance });
    const pixels = memory().subarray(at, at + units * 4);
    const { topDown, headDistance } = header;
    return { format, width, height, topDown, id, headDistance, pixels };
  }

  /** Gives its memory back. */
  [Symbol.dispose](): void {
    for (const id of this.#kept.keys()) this.#leave(id);
    release(this.#slots, this.#slotCount * SLOT_BYTES);
  }

  #missing(id: number): GlzMissing {
    if (id < this.#oldest) throw new RangeError(`GLZ data refers to picture ${id}, which has left`);
    return { missing: id };
  }

  #keep(id: number, kept: Kept): void {
    this.#kept.set(id, kept);
    this.#units += Math.max(kept.units, LEAST);
    if (memoryWords()[this.#slotOf(id) + 2] === 0) this.#fill(id, kept);
    else this.#grow();
    while (this.#kept.has(this.#gap)) this.#gap++;
    const oldest = this.#kept.get(this.#gap - 1)?.oldest ?? 0;
    // no more steps than pictures came: `oldest` is none behind the gap
    for (; this.#oldest < oldest; this.#oldest++) {
      if (this.#kept.has(this.#oldest)) this.#leave(this.#oldest);
    }
  }

  #leave(id: number): void {
    const { at, units } = this.#kept.get(id)!;
    memoryWords()[this.#slotOf(id) + 2] = 0;
    release(at, units * 4 + SLACK);
    this.#units -= Math.max(units, LEAST);
    this.#kept.delete(id);
  }

  /** Where the words of an id's slot begin: id, address, units. */
  #slotOf(id: number): number {
    return (this.#slots >> 2) + (id % this.#slotCount) * (SLOT_BYTES / 4);
  }

  #fill(id: number, { at, units }: Kept): void {
    const words = memoryWords(), slot = this.#slotOf(id);
    words[slot] = id;
    words[slot + 1] = Math.floor(id / 2 ** 32);
    words[slot + 2] = at;
    words[slot + 3] = units;
  }

  #newSlots(): number {
    const at = allocate(this.#slotCount * SLOT_BYTES);
    memory().fill(0, at, at + this.#slotCount * SLOT_BYTES);
    return at;
  }

  /** Until no two pictures want the same slot. */
  #grow(): void {
    const ids = [...this.#kept.keys()];
    release(this.#slots, this.#slotCount * SLOT_BYTES);
    do this.#slotCount *= 2; while (
      new Set(ids.map((id) => id % this.#slotCount)).size < ids.length
    );
    this.#slots = this.#newSlots();
    for (const [id, kept] of this.#kept) this.#fill(id, kept);
  }
}
