/**
 * SPICE's LZ4 image: whether the first row is the top one (u8), the bitmap format (u8), then
 * blocks, each behind its size (u32, network order); together they are the rows without padding, and
 * a block may refer to what those before it gave. One block holding the whole picture is the
 * simplest that every decoder takes. A block is sequences: a token (how many literals, how long a
 * match), literals, how far back the match lies (u16); longer lengths have more bytes. Rules kept for
 * every decoder: the last 5 bytes are literals, and no match begins within the last 12.
 * Source of truth: lz4-encoder.c, canvas_base.c canvas_get_lz4, lz4_Block_format.md.
 */
import { MOST_LEAD } from "../../binary/words.ts";
import { takeRows } from "../rows.ts";
import { call, reserve } from "../wasm.ts";
import {
  align,
  checkRows,
  encodePicture,
  most,
  MOST_BYTES,
  outBytesOf,
  type Rows,
  SLACK,
} from "./encode.ts";
import * as wasm from "./lz4.wasm";

export type { Rows };

/** A byte of a block gives no more than this, so a picture that claims more is not tried. */
const MOST_PER_BYTE = 255;
/** The encoder's. */
const table = wasm.table();

const reasons = [
  "an LZ4 block is cut off",
  "an LZ4 block has more bytes than its picture",
  "an LZ4 block refers to bytes before the first",
];

/**
 * The picture, smaller; null when it would not be. The result is a view that the next call to this
 * module overwrites. format: BitmapFormat. RangeError: the rows are not in the data.
 */
export function encodeLz4(rows: Rows, topDown: boolean, format: number): Uint8Array | null {
  const { height, rowBytes } = rows;
  checkRows(rows);
  const outAt = align(MOST_LEAD + rowBytes * height + SLACK);
  const room = roomFor(outAt + outBytesOf(rows));
  const p = takeRows(rows, rowBytes, memory, room);
  return encodePicture(wasm, rows, topDown, format, { memory, table, p, out: room + outAt });
}

/** What an LZ4 image says. rows: without padding, in the order of the format's topDown. */
export interface Lz4Picture {
  readonly topDown: boolean;
  readonly format: number;
  readonly rows: Uint8Array;
}

/**
 * Decodes into exactly so many bytes. Throws RangeError for bytes that are no such picture.
 * bytesFor: how many bytes the rows of a format take; the caller knows width and height.
 */
export function decodeLz4(data: Uint8Array, bytesFor: (format: number) => number): Lz4Picture {
  if (data.length < 2) throw new RangeError("an LZ4 image has at least 2 bytes");
  const format = data[1];
  const size = bytesFor(format);
  // what is not a number is refused too
  if (!(size >= 0 && size <= MOST_BYTES && size <= data.length * MOST_PER_BYTE)) {
    throw new RangeError(`${data.length} bytes of LZ4 cannot hold ${size}`);
  }
  const pictureAt = align(data.length + SLACK);
  const room = roomFor(pictureAt + size + SLACK);
  memory.set(data, room);
  const first = room + pictureAt;
  let done = 0;
  for (let at = 2; at < data.length;) {
    if (data.length - at < 4) throw new RangeError("an LZ4 block's size is cut off");
    const bytes = word(data, at);
    at += 4;
    if (bytes > data.length - at) throw new RangeError(`an LZ4 block of ${bytes} is cut off`);
    done += call(wasm.decode(room + at, bytes, first, first + done, size - done), reasons);
    at += bytes;
  }
  if (done !== size) throw new RangeError(`${done} bytes came where ${size} belong`);
  return { topDown: data[0] !== 0, format, rows: memory.slice(first, first + size) };
}

/**
 * Bytes as one bare block, smaller; null when it would not be. The result is a view that the next
 * call to this module overwrites.
 */
export function encodeLz4Block(data: Uint8Array): Uint8Array | null {
  const size = data.length;
  if (size === 0 || size > MOST_BYTES) return null;
  const outAt = align(size + SLACK);
  const room = roomFor(outAt + most(size));
  memory.set(data, room);
  const bytes = wasm.encodeOnes(table, room, size, room + outAt);
  return bytes < size ? memory.subarray(room + outAt, room + outAt + bytes) : null;
}

/** The bytes of one bare block, which must be so many: a view that the next call overwrites. RangeError otherwise. */
export function decodeLz4Block(data: Uint8Array, size: number): Uint8Array {
  if (!(size >= 0 && size <= MOST_BYTES && size <= data.length * MOST_PER_BYTE)) {
    throw new RangeError(`${data.length} bytes of LZ4 cannot hold ${size}`);
  }
  const bytesAt = align(data.length + SLACK);
  const room = roomFor(bytesAt + size + SLACK);
  memory.set(data, room);
  const first = room + bytesAt;
  const done = call(wasm.decode(room, data.length, first, first, size), reasons);
  if (done !== size) throw new RangeError(`${done} bytes came where ${size} belong`);
  return memory.subarray(first, first + size);
}

/** All of the module's memory, as long as it is this. */
let memory: Uint8Array = new Uint8Array(0);

function roomFor(bytes: number): number {
  const room = reserve(wasm, bytes);
  if (memory.buffer !== wasm.memory.buffer) memory = new Uint8Array(wasm.memory.buffer);
  return room;
}

const word = (data: Uint8Array, at: number): number =>
  (data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]) >>> 0;
