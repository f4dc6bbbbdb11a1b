/**
 * JPEG as every decoder takes it: baseline, standard Huffman tables, JFIF. The loops are in jpeg.as.ts;
 * here are the tables, the markers, and the rows' way there, a strip at a time.
 * Source of truth: ITU-T T.81; libjpeg for what a quality means.
 */
import { pastWord } from "../../binary/words.ts";
import { reserve, view } from "../wasm.ts";
import * as wasm from "./jpeg.wasm";
import { codesOf, firstTables, otherTables, stepsAt, zigzag } from "./tables.ts";

/** Rows of pixels, `stride` bytes apart; the first is the top one if topDown. */
export interface JpegRows {
  /** As BitmapFmt names them. Beside their colours, pixels may have anything. */
  readonly format: "bit16" | "bit24" | "bit32" | "rgba";
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly topDown: boolean;
  /** May be a view of shared memory. */
  readonly data: Uint8Array;
}

export interface JpegOptions {
  /** Whether 4 pixels share their colour, as in most JPEG files, or each has its own. 4:2:0 if not said. */
  readonly sampling?: "4:2:0" | "4:4:4";
  /** Without its Huffman tables, which are the standard's, as the frames of MJPEG are: 420 bytes less. */
  readonly abbreviated?: boolean;
}

const pixelBytes = { bit16: 2, bit24: 3, bit32: 4, rgba: 4 } as const;
/** JPEG's own limit. */
const MOST_SIDE = 65535;
/** A block of a scan: 64 codes of 26 bits, every byte stuffed. */
const MOST_BLOCK_BYTES = 64 * 26 / 8 * 2;
/** What the loops may read and write behind what they were given. */
const SLACK = 64;
/** Of the tables in the module, each component's; then the order. */
const TABLE_BYTES = 2368, CODES = 256, FIRST_CODES = 1280, WHOLE_CODES = 1344, CODE_BITS = 26;

/**
 * A JPEG file of the rows; quality is libjpeg's, 1 to 100. It is a view that the next call overwrites.
 * RangeError: the rows are not in the data, or have more than 65535 pixels on a side.
 */
export function encodeJpeg(
  rows: JpegRows,
  quality: number,
  { sampling = "4:2:0", abbreviated = false }: JpegOptions = {},
): Uint8Array {
  check(rows, quality);
  const { width, height, format } = rows;
  const unit = sampling === "4:2:0" ? 16 : 8;
  const stride = align(width, unit) * 4;
  const narrow = format === "bit16" || format === "bit24";
  // behind the strip, a row that is not yet widened; behind that, the file
  const stripAt = pastWord(rows.data);
  const rowAt = align(stripAt + stride * unit, 16);
  const fileAt = rowAt + (narrow ? align(width * 3, 16) + SLACK : 0);
  const most = align(width, unit) / unit * (unit === 16 ? 6 : 3) * MOST_BLOCK_BYTES + SLACK;

  const head = header(width, height, quality, sampling, abbreviated);
  const room = reserve(wasm, fileAt + head.length + most);
  const file = room + fileAt;
  view(wasm, file, head.length).set(head);
  useSteps(quality);
  let end = file + head.length;
  wasm.begin(end);
  const strip = sampling === "4:2:0" ? wasm.strip420 : wasm.strip444;
  for (let y = 0; y < height; y += unit) {
    const count = Math.min(unit, height - y);
    reserve(wasm, end - room + most);
    take(rows, y, count, room + stripAt, stride, room + rowAt);
    end = strip(room + stripAt, stride, width, count);
  }
  end = wasm.end();
  const trailer = view(wasm, end, 2);
  trailer[0] = 0xff;
  trailer[1] = 0xd9;
  return view(wasm, file, end + 2 - file);
}

/** Copies so many rows from the y-th of the picture on, top down and 32 bits a pixel. */
function take(rows: JpegRows, y: number, count: number, to: number, stride: number, row: number) {
  const { format, width, height, topDown, data } = rows;
  const memory = view(wasm, 0, wasm.memory.buffer.byteLength);
  if (topDown && stride === rows.stride && pixelBytes[format] === 4) {
    memory.set(data.subarray(y * stride, (y + count) * stride), to);
    return;
  }
  const rowBytes = width * pixelBytes[format];
  for (let i = 0; i < count; i++, to += stride) {
    const at = (topDown ? y + i : height - 1 - y - i) * rows.stride;
    const pixels = data.subarray(at, at + rowBytes);
    if (rowBytes === width * 4) memory.set(pixels, to);
    else {
      memory.set(pixels, row);
      if (format === "bit24") wasm.widen24(row, to, width);
      else wasm.widen16(row, to, width);
    }
  }
}

function check({ width, height, stride, data, format }: JpegRows, quality: number): void {
  const rowBytes = width * pixelBytes[format];
  if (
    width < 1 || height < 1 || width > MOST_SIDE || height > MOST_SIDE || stride < rowBytes ||
    stride * (height - 1) + rowBytes > data.length
  ) {
    throw new RangeError(
      `Cannot encode ${width}×${height} ${format}: stride ${stride}, ${data.length} bytes`,
    );
  }
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new RangeError(`JPEG quality ${quality}`);
  }
}

/** The factors that the transform leaves to the quantisation. */
const scales = Array.from(
  { length: 8 },
  (_, k) => k === 0 ? 1 : Math.SQRT2 * Math.cos(k * Math.PI / 16),
);

let stepsQuality = 0;
const quantisersOf = new Map<number, readonly Int16Array[]>();

/** Writes the quantisation into the module. */
function useSteps(quality: number): void {
  if (quality === stepsQuality) return;
  let both = quantisersOf.get(quality);
  if (both === undefined) quantisersOf.set(quality, both = stepsAt(quality).map(quantisers));
  const at = wasm.tables();
  both.forEach((numbers, i) =>
    new Int16Array(wasm.memory.buffer, at + i * TABLE_BYTES, 128).set(numbers)
  );
  stepsQuality = quality;
}

/**
 * For each coefficient of a column after the other, a factor, then for each a power of two: multiplied by
 * both, in 15 fraction bits, it is divided by its step. The factor has as many bits as there is room for.
 */
function quantisers(steps: Uint8Array): Int16Array {
  const numbers = new Int16Array(128);
  for (let place = 0; place < 64; place++) {
    const row = place & 7, column = place >> 3;
    const divisor = steps[row * 8 + column] * scales[row] * scales[column] * 16;
    const shift = Math.floor(Math.log2(divisor));
    numbers[place] = Math.min(32767, Math.round(32768 * 2 ** shift / divisor));
    numbers[64 + place] = Math.min(32767, 2 ** (15 - shift));
  }
  return numbers;
}

/** Writes what never changes into the module. */
function useCodes(): void {
  const at = wasm.tables();
  const all = new DataView(wasm.memory.buffer, at, 2 * TABLE_BYTES + 64);
  for (const i of [0, 1]) {
    const put = (place: number, length: number, code: number) =>
      all.setUint32(i * TABLE_BYTES + place, length * 2 ** CODE_BITS + code, true);
    for (const { code, length, symbol } of codesOf(otherTables[i])) {
      const bits = symbol & 15, zeros = symbol >> 4, most = 2 ** bits - 1;
      put(CODES + symbol * 4, length + bits, code * 2 ** bits);
      for (let value = -8; value < 8; value++) {
        if (value === 0 || 32 - Math.clz32(Math.abs(value)) !== bits) continue;
        const place = WHOLE_CODES + (zeros * 16 + value + 8) * 4;
        put(place, length + bits, code * 2 ** bits + (value < 0 ? value + most : value));
      }
    }
    for (const { code, length, symbol } of codesOf(firstTables[i])) {
      put(FIRST_CODES + symbol * 4, length + symbol, code * 2 ** symbol);
    }
  }
  zigzag.forEach((place, i) =>
    all.setUint8(2 * TABLE_BYTES + i, ((place & 7) * 8 + (place >> 3)) * 2)
  );
}
useCodes();

const headers = new Map<string, Uint8Array>();
/** Where a header has the height, then the width. */
const SIZE_AT = 163;

/** All that is before the scan. */
function header(
  width: number,
  height: number,
  quality: number,
  sampling: string,
  abbreviated: boolean,
): Uint8Array {
  const key = `${quality} ${sampling} ${abbreviated}`;
  let bytes = headers.get(key);
  if (bytes === undefined) headers.set(key, bytes = makeHeader(quality, sampling, abbreviated));
  bytes.set([height >> 8, height & 0xff, width >> 8, width & 0xff], SIZE_AT);
  return bytes;
}

function makeHeader(quality: number, sampling: string, abbreviated: boolean): Uint8Array {
  const bytes = [0xff, 0xd8];
  const segment = (marker: number, body: Iterable<number>) => {
    const all = [...body];
    bytes.push(0xff, marker, (all.length + 2) >> 8, (all.length + 2) & 0xff, ...all);
  };
  // JFIF 1.1, pixels as wide as high, no thumbnail
  segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  stepsAt(quality).forEach((steps, i) =>
    segment(0xdb, [i, ...Array.from(zigzag, (place) => steps[place])])
  );
  const luma = sampling === "4:2:0" ? 0x22 : 0x11;
  segment(0xc0, [8, 0, 0, 0, 0, 3, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1]);
  for (const i of abbreviated ? [] : [0, 1]) {
    segment(0xc4, [i, ...firstTables[i].counts, ...firstTables[i].symbols]);
    segment(0xc4, [0x10 + i, ...otherTables[i].counts, ...otherTables[i].symbols]);
  }
  segment(0xda, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
  return Uint8Array.from(bytes);
}

const align = (n: number, unit: number): number => Math.ceil(n / unit) * unit;
