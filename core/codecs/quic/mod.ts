/**
 * QUIC, SPICE's lossless codec for photographs: a relative of SFALIC (Starosolski 2007,
 * https://doi.org/10.1002/spe.746). Each component is predicted as half the sum of the one to its left
 * and the one above; the difference, folded so that small ones of either sign are small numbers, is
 * written with one of eight Golomb-Rice codes. Which one is learnt: eight buckets, chosen by the size of
 * the left neighbour's difference, count what each code would have cost; after the first pixels only one
 * in up to 64 is counted, at random. Where the pixel above and the one to the left both repeat their left
 * neighbours, a run is written instead, by an adaptive run-length code (MELCODE).
 * Source of truth: spice-common quic.c, quic_tmpl.c, quic_family_tmpl.c.
 *
 * The stream has rows from the top down. Pixels are stored as blue, green, red (and alpha or padding);
 * `rgb16` has 5 bits of each, in the low 15 of 16, little-endian. A thread has one encoder and one
 * decoder, and what they return is a view that the next call overwrites.
 */
import * as quic from "./quic.wasm";
import { leadOf, MOST_LEAD } from "../../binary/words.ts";
import { takeRows } from "../rows.ts";
import { call, reserve, view } from "../wasm.ts";

export type QuicFormat = "gray" | "rgb16" | "rgb24" | "rgb32" | "rgba";

/** Formats in the order of the stream's numbers, from 1. quic.h: QuicImageType */
export const quicFormats: readonly QuicFormat[] = ["gray", "rgb16", "rgb24", "rgb32", "rgba"];

/** Rows of pixels, `stride` bytes from one to the next; `data` may be a view of shared memory. */
export interface QuicRows {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly format: QuicFormat;
  /** Whether the first row in memory is the top one. */
  readonly topDown: boolean;
}

/** A decoded picture: rows without padding, from the top down. The fourth byte of rgb32 is 0. */
export interface QuicPicture {
  readonly format: QuicFormat;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Bytes of a pixel. */
export function pixelBytes(format: QuicFormat): number {
  return Math.min(quicFormats.indexOf(format) + 1, 4);
}

/**
 * The stream of a picture, a view that lasts until the next call here. It may be larger than the
 * pixels. TypeError: a picture without pixels, or rows that `data` does not hold.
 */
export function encodeQuic(rows: QuicRows): Uint8Array {
  const { data, width, height, stride, topDown } = rows;
  const type = quicFormats.indexOf(rows.format) + 1;
  const rowBytes = width * pixelBytes(rows.format);
  check(rows, rowBytes);
  const bandRows = Math.max(1, Math.min(height, Math.floor(BAND_BYTES / rowBytes)));
  // rows far apart travel one by one; neighbours in one go, with what is between them
  const together = stride - rowBytes <= 64;
  const pitch = together ? stride : rowBytes;
  const work = workBytes(width), band = bandRows * pitch + OVERREAD;
  const out = work + MOST_LEAD + band;
  const most = bandRows * Math.ceil(width * COMPONENTS[type] * 27 / 8) + 64;
  const room = reserve(quic, out + most);
  let written = quic.encodeBegin(type, width, height, room, room + out);
  for (let y = 0; y < height; y += bandRows) {
    const count = Math.min(bandRows, height - y);
    reserve(quic, out + written + most);
    const first = topDown ? y : height - y - count;
    const from = data.subarray(first * stride, (first + count - 1) * stride + rowBytes);
    const memory = view(quic, room + work, MOST_LEAD + band);
    let at = room + work;
    if (together) memory.set(from, leadOf(from)), at += leadOf(from);
    else at += takeRows({ data: from, height: count, stride }, rowBytes, memory, 0);
    written = topDown
      ? quic.encodeRows(at, pitch, count)
      : quic.encodeRows(at + (count - 1) * pitch, -pitch, count);
  }
  return view(quic, room + out, quic.encodeEnd());
}

/**
 * The picture of a stream, its data a view that lasts until the next call here. expected: what the
 * message says about its size. RangeError: a stream that is malformed, cut off or of another size.
 */
export function decodeQuic(
  bytes: Uint8Array,
  expected: { readonly width: number; readonly height: number },
): QuicPicture {
  const { width, height } = expected;
  const words = bytes.length >> 2;
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (words < HEAD_WORDS + 1) {
    throw new RangeError(`A QUIC stream of ${bytes.length} bytes is cut off`);
  }
  if (head.getUint32(0, true) !== MAGIC || head.getUint32(4, true) !== 0) {
    throw new RangeError("A QUIC stream begins with its name and version 0.0");
  }
  const type = head.getUint32(8, true);
  const format = quicFormats[type - 1];
  if (format === undefined) throw new RangeError(`QUIC has no format ${type}`);
  if (head.getUint32(12, true) !== width || head.getUint32(16, true) !== height) {
    throw new RangeError(
      `A QUIC picture of ${head.getUint32(12, true)}×${
        head.getUint32(16, true)
      } was to be ${width}×${height}`,
    );
  }
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) {
    throw new RangeError(`QUIC has no pictures of ${width}×${height}`);
  }
  const size = width * height * pixelBytes(format);
  const work = workBytes(width);
  // a row that begins within the stream may look for its bits behind it
  const input = words * 4 + 16 * width + 64 & ~15;
  const room = reserve(quic, work + input + size + OVERREAD);
  view(quic, room + work, words * 4).set(
    words * 4 === bytes.length ? bytes : bytes.subarray(0, words * 4),
  );
  const at = room + work + input;
  call(
    quic.decode(type, width, height, room + work + HEAD_WORDS * 4, words - HEAD_WORDS, room, at),
    ["A QUIC stream ends before its picture", "A QUIC run is longer than its row"],
  );
  return { format, width, height, data: view(quic, at, size) };
}

/** Enough to work from the cache, and little memory however large the picture is. */
const BAND_BYTES = 1 << 16;
const OVERREAD = 80;
const MAGIC = 0x43495551;
const HEAD_WORDS = 5;
/** quic.c: SPICE_MAX_IMAGE_SIZE */
const MAX_PIXELS = 512 * 1024 * 1024 - 1;
const COMPONENTS = [0, 1, 3, 3, 3, 4];

/** Room for rows of work, as quic.as.ts lays it out. */
function workBytes(width: number): number {
  return 19 * width + 4096 & ~15;
}

function check({ data, width, height, stride }: QuicRows, rowBytes: number): void {
  const fits = width > 0 && height > 0 && width * height <= MAX_PIXELS && stride >= rowBytes &&
    (height - 1) * stride + rowBytes <= data.length;
  if (!fits) {
    throw new TypeError(
      `A picture of ${width}×${height}, ${stride} bytes from row to row, is not in ${data.length} bytes`,
    );
  }
}
