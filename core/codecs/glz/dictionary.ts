import { leadOf, MOST_LEAD } from "../../binary/words.ts";
import { takeRows } from "../rows.ts";
import { allocate, memory, memoryWords, release, scratch, SLACK } from "./arena.ts";
import * as wasm from "./glz.wasm";
import { formats, type GlzFormat, HEADER_BYTES, putHeader } from "./header.ts";

/** Rows of pixels, `stride` bytes apart; the first is the top one if topDown. */
export interface GlzRows {
  readonly format: GlzFormat;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly topDown: boolean;
  /** May be a view of shared memory. */
  readonly data: Uint8Array;
}

/** A picture as GLZ. */
export interface GlzImage {
  /** A view that the next call to this module overwrites. */
  readonly bytes: Uint8Array;
  readonly id: number;
  /** How many pictures back the window of the dictionary now begins. */
  readonly headDistance: number;
}

/** Units of the ring that belong to one picture: what the smallest picture takes. */
const BLOCK = 64;
const RECORD_WORDS = 4;
/** LZ_MAX_WINDOW_SIZE of lz_common.h: farther back a match cannot point. */
const MOST_PIXELS = 1 << 25;

/**
 * The server's half: what all display channels of one client were sent, as far as the client promised
 * to keep it. A ring of pixels; pictures leave it in the order in which they came. It takes about 4.4
 * bytes a pixel of the window and a hash table of 4 MiB; what was never filled is not touched.
 *
 * INVARIANT: every picture that was encoded is sent, in this order: the client waits for each id.
 */
export class GlzDictionary {
  readonly #pixels: number;
  readonly #blocks: number;
  readonly #tableBits: number;
  readonly #at: number;
  readonly #size: number;
  // where in the module's memory: pixels, hash table, owners of blocks, records of pictures
  readonly #table: number;
  readonly #owners: number;
  readonly #records: number;
  #place = 0;
  #oldest = 0;
  #next = 0;

  /**
   * windowPixels: what the client's INIT said, or less. firstId: of the first picture, when the client
   * was sent others before that this dictionary does not have.
   */
  constructor(windowPixels: number, firstId = 0) {
    if (!(windowPixels >= BLOCK && windowPixels <= MOST_PIXELS)) {
      throw new RangeError(`a GLZ window of ${windowPixels} pixels`);
    }
    this.#oldest = this.#next = firstId;
    this.#blocks = Math.floor(windowPixels / BLOCK);
    this.#pixels = this.#blocks * BLOCK;
    this.#tableBits = Math.min(20, Math.max(10, Math.ceil(Math.log2(windowPixels))));
    const pixelBytes = this.#pixels * 4 + SLACK;
    const tableBytes = 4 << this.#tableBits;
    const ownerBytes = Math.ceil(this.#blocks / 4) * 16;
    const recordBytes = this.#blocks * RECORD_WORDS * 4;
    this.#size = pixelBytes + tableBytes + ownerBytes + recordBytes;
    this.#at = allocate(this.#size);
    this.#table = this.#at + pixelBytes;
    this.#owners = this.#table + tableBytes;
    this.#records = this.#owners + ownerBytes;
    // the pixels may be another client's: they are compared, and never said
    memory().fill(0, this.#table, this.#at + this.#size);
  }

  /** Whether a picture of so many pixels fits at all; what does not must go as something else. */
  fits(pixels: number): boolean {
    return pixels <= this.#pixels;
  }

  /** Encodes a picture and keeps it. RangeError: it does not fit, or its rows are not in the data. */
  encode(rows: GlzRows): GlzImage {
    const { format, width, height, topDown } = rows;
    const { type, bytes } = formats[format];
    checkRows(rows, width * bytes);
    const units = width * height;
    if (!this.fits(units)) {
      throw new RangeError(`${width}×${height} pixels in a smaller GLZ window`);
    }
    const widened = MOST_LEAD + units * bytes + SLACK;
    // of alpha, three bytes that repeat may be said in four, and one in two
    const most = HEADER_BYTES + units * bytes + units + 2 * SLACK;
    const room = scratch(widened + most + SLACK);

    const begin = this.#makeRoom(units);
    const id = this.#next++;
    const record = id % this.#blocks;
    const words = memoryWords(), entry = (this.#records >> 2) + record * RECORD_WORDS;
    words[entry] = id;
    words[entry + 1] = begin;
    words[entry + 2] = begin + units;
    words[entry + 3] = type;
    wasm.own(this.#owners, begin, begin + units, record);
    this.#place = begin + Math.ceil(units / BLOCK) * BLOCK;

    const ring = this.#at, to = ring + begin * 4;
    // the ring's places are multiples of 16: what lies otherwise is copied by way of the room
    const direct = bytes === 4 && leadOf(rows.data) === 0;
    const first = takeRows(rows, width * bytes, memory(), direct ? to : room);
    if (bytes < 4) wasm.widen(first, bytes, units, to);
    else if (!direct) memory().copyWithin(to, first, first + units * 4);
    const out = room + widened;
    const headDistance = id - this.#oldest;
    putHeader({ format, width, height, topDown, id, headDistance }, memory(), out);
    const written = wasm.encode(
      ring,
      begin,
      units,
      width,
      this.#table,
      32 - this.#tableBits,
      this.#owners,
      this.#records,
      record,
      out + HEADER_BYTES,
    );
    // INVARIANT: what lies behind the room is another client's
    if (HEADER_BYTES + written > most) {
      throw new Error(`GLZ of ${units} units took ${written} bytes`);
    }
    return { bytes: memory().subarray(out, out + HEADER_BYTES + written), id, headDistance };
  }

  /** Gives its memory back. */
  [Symbol.dispose](): void {
    release(this.#at, this.#size);
  }

  /** The place for so many units; the pictures that were there, and all older ones, leave. */
  #makeRoom(units: number): number {
    const size = Math.ceil(units / BLOCK) * BLOCK;
    let begin = this.#place;
    if (begin + size > this.#pixels) {
      while (this.#oldest < this.#next && this.#beginOfOldest() >= begin) this.#leave();
      begin = 0;
    }
    while (this.#oldest < this.#next) {
      const other = this.#beginOfOldest();
      if (other < begin || other >= begin + size) break;
      this.#leave();
    }
    return begin;
  }

  #beginOfOldest(): number {
    return memoryWords()[
      (this.#records >> 2) + (this.#oldest % this.#blocks) * RECORD_WORDS + 1
    ];
  }

  #leave(): void {
    const record = this.#oldest++ % this.#blocks;
    memoryWords()[(this.#records >> 2) + record * RECORD_WORDS + 3] = 0;
  }
}

function checkRows({ width, height, stride, data, format }: GlzRows, rowBytes: number): void {
  if (
    width < 1 || height < 1 || stride < rowBytes || stride * (height - 1) + rowBytes > data.length
  ) {
    throw new RangeError(
      `Cannot encode ${width}×${height} ${format}: stride ${stride}, ${data.length} bytes`,
    );
  }
}
