/**
 * LZ, SPICE's plain dictionary codec: 28 bytes of header, then what FastLZ's second level would say
 * with pixels for letters. A byte below 32 is followed by that many and one more pixels as they are;
 * any other has in its upper three bits how long a match is and in the lower five, with the next
 * byte, how far back it lies; lengths and distances that need more bytes have more. Pixels have 3
 * bytes (what is beside the colour is not said), 2 (the first is the higher), or are bytes: those of
 * palettes with all the pixels in them, and alpha. RGBA is its colours, then its alpha.
 * Source of truth: lz.c, lz_compress_tmpl.c, lz_decompress_tmpl.c of spice-common.
 */
import { MOST_LEAD } from "../../binary/words.ts";
import { takeRows } from "../rows.ts";
import { call, reserve } from "../wasm.ts";
import { align, encodeUnits, planOf, SLACK, TABLE_BYTES } from "./encode.ts";
import {
  formats,
  HEADER_BYTES,
  type LzFormat,
  type LzRows,
  MAGIC,
  MOST_BYTES,
  VERSION,
} from "./format.ts";
import * as wasm from "./lz.wasm";

export type { LzFormat, LzRows };

const reasons = [
  "LZ data is cut off",
  "LZ data has more pixels than its picture",
  "LZ data refers to pixels before the first",
];

/**
 * The picture in bytes that every LZ decoder takes. They are a view that the next call to this
 * module overwrites. RangeError: the rows are not in the data.
 */
export function encodeLz(rows: LzRows): Uint8Array {
  const plan = planOf(rows), { rowBytes, perRow, itemBytes } = plan;
  const copyBytes = align(MOST_LEAD + rowBytes * rows.height + SLACK);
  const unitsAt = TABLE_BYTES + copyBytes;
  const outAt = unitsAt + (itemBytes === 4 ? 0 : plan.unitBytes);
  const table = roomFor(outAt + plan.outBytes);
  let units = takeRows(rows, rowBytes, memory, table + TABLE_BYTES);
  if (itemBytes < 4) {
    wasm.gather(units, 0, itemBytes, perRow * rows.height, 1, units = table + unitsAt);
  }
  return encodeUnits(wasm, rows, plan, { memory, table, units, out: table + outAt });
}

/**
 * The picture of LZ data: rows without padding, of xxxa one byte a pixel. bit32 has 0 beside its
 * colours. The rows are a view that the next call to this module overwrites. RangeError: the data is
 * no LZ picture, or one of more than `mostPixels`.
 */
export function decodeLz(data: Uint8Array, mostPixels: number): LzRows {
  const { format, width, height, topDown } = readHeader(data, mostPixels);
  const { bits } = formats[format];
  const alone = format === "xxxa";
  const stride = alone ? width : Math.ceil(width * bits / 8);
  const pixels = width * height;
  const size = stride * height;
  const body = data.length - HEADER_BYTES;
  const pictureAt = align(body + SLACK);
  const room = roomFor(pictureAt + (bits === 24 ? pixels * 4 : size) + SLACK);
  memory.set(data.subarray(HEADER_BYTES), room);
  const to = room + pictureAt;

  let taken: number;
  if (!alone && bits > 16) taken = call(wasm.decodeColours(room, body, to, pixels), reasons);
  else if (bits === 16) taken = call(wasm.decodeShorts(room, body, to, pixels), reasons);
  else taken = call(wasm.decodeBytes(room, body, to, size), reasons);
  if (format === "rgba") {
    taken += call(wasm.decodeAlpha(room + taken, body - taken, to, pixels), reasons);
  }
  if (taken !== body) throw new RangeError(`${body - taken} bytes are behind the LZ data`);
  if (bits === 24) wasm.narrow(to, pixels);
  return { format, width, height, stride, topDown, data: memory.subarray(to, to + size) };
}

function readHeader(data: Uint8Array, mostPixels: number) {
  if (data.length < HEADER_BYTES) throw new RangeError(`LZ data of ${data.length} bytes`);
  const magic = word(data, 0);
  const version = word(data, 4);
  const type = word(data, 8);
  const width = word(data, 12);
  const height = word(data, 16);
  const stride = word(data, 20);
  if (magic !== MAGIC || version !== VERSION) {
    throw new RangeError(`LZ magic ${magic.toString(16)}, version ${version.toString(16)}`);
  }
  const format = (Object.keys(formats) as LzFormat[])[type - 1];
  if (format === undefined) throw new RangeError(`LZ type ${type}`);
  const most = Math.min(mostPixels, MOST_BYTES / 4);
  if (width === 0 || height === 0 || width * height > most) {
    throw new RangeError(`LZ picture of ${width}×${height}, at most ${most} pixels are expected`);
  }
  if (stride !== Math.ceil(width * formats[format].bits / 8)) {
    throw new RangeError(`LZ stride ${stride} with ${width} pixels of ${format}`);
  }
  return { format, width, height, topDown: word(data, 24) !== 0 };
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
