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
import * as wasm from "./lz.wasm";

/** As BitmapFmt names them; xxxa is the alpha of rgba alone, as it goes with a JPEG picture. */
export type LzFormat = keyof typeof formats;

const formats = {
  bit1Le: { type: 1, bits: 1 },
  bit1Be: { type: 2, bits: 1 },
  bit4Le: { type: 3, bits: 4 },
  bit4Be: { type: 4, bits: 4 },
  bit8: { type: 5, bits: 8 },
  bit16: { type: 6, bits: 16 },
  bit24: { type: 7, bits: 24 },
  bit32: { type: 8, bits: 32 },
  rgba: { type: 9, bits: 32 },
  xxxa: { type: 10, bits: 32 },
  bit8A: { type: 11, bits: 8 },
} as const;
const names = Object.keys(formats) as LzFormat[];

/** Rows of pixels, `stride` bytes apart; the first is the top one if topDown. */
export interface LzRows {
  readonly format: LzFormat;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly topDown: boolean;
  /** May be a view of shared memory. */
  readonly data: Uint8Array;
}

const MAGIC = 0x20205a4c;
const VERSION = 0x10001;
const HEADER_BYTES = 28;
/** What the loops may read and write behind what they were given. */
const SLACK = 64;
/** SPICE_MAX_IMAGE_SIZE of lz.c, in bytes. */
const MOST_BYTES = 2 ** 30 - 1;

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
  const { format, width, height, topDown } = rows;
  const { type, bits } = formats[format];
  const rowBytes = Math.ceil(width * bits / 8);
  checkRows(rows, rowBytes);
  const size = rowBytes * height;
  const inPlace = bits === 32;
  const units = inPlace ? width * height : size / (bits < 8 ? 1 : bits / 8);
  const planes = format === "rgba" ? 2 : 1;
  // a match is never longer than its pixels
  const most = HEADER_BYTES + planes * (units + 64) + units * Math.min(bits, 24) / 8;
  const unitsAt = align(MOST_LEAD + size + SLACK);
  const outAt = unitsAt + (inPlace ? 0 : align(units * 4 + SLACK));
  const room = roomFor(outAt + align(most + SLACK));

  const first = takeRows(rows, rowBytes, memory, room);
  const p = inPlace ? first : room + unitsAt;
  if (!inPlace) wasm.widen(first, Math.max(bits, 8) / 8, units, p);

  const out = room + outAt;
  putWord(MAGIC, out);
  putWord(VERSION, out + 4);
  putWord(type, out + 8);
  putWord(width, out + 12);
  putWord(height, out + 16);
  putWord(rowBytes, out + 20);
  putWord(Number(topDown), out + 24);
  let end = out + HEADER_BYTES;
  const perRow = units / height;
  if (format !== "xxxa" && bits > 16) end += wasm.encodeColours(p, units, perRow, end);
  else if (bits === 16) end += wasm.encodeShorts(p, units, perRow, end);
  else end += wasm.encodeBytes(p, units, perRow, end);
  if (format === "rgba") end += wasm.encodeBytes(p, units, perRow, end);
  return memory.subarray(out, end);
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
  const format = names[type - 1];
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

function checkRows({ width, height, stride, data, format }: LzRows, rowBytes: number): void {
  if (
    width < 1 || height < 1 || stride < rowBytes || rowBytes * height > MOST_BYTES ||
    stride * (height - 1) + rowBytes > data.length
  ) {
    throw new RangeError(
      `Cannot encode ${width}×${height} ${format}: stride ${stride}, ${data.length} bytes`,
    );
  }
}

/** All of the module's memory, as long as it is this. */
let memory: Uint8Array = new Uint8Array(0);

function roomFor(bytes: number): number {
  const room = reserve(wasm, bytes);
  if (memory.buffer !== wasm.memory.buffer) memory = new Uint8Array(wasm.memory.buffer);
  return room;
}

function putWord(value: number, at: number): void {
  memory[at] = value >>> 24;
  memory[at + 1] = value >>> 16;
  memory[at + 2] = value >>> 8;
  memory[at + 3] = value;
}

const word = (data: Uint8Array, at: number): number =>
  (data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]) >>> 0;

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;
