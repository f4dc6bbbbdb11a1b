/**
 * SPICE's LZ4 image: whether the first row is the top one (u8), the bitmap format (u8), then
 * blocks, each behind its size (u32, network order); together they are the rows without padding.
 * One block holding the whole picture is the simplest that every decoder takes.
 * Source of truth: lz4-encoder.c, canvas_base.c canvas_get_lz4.
 */
import { compressBlock, decompressBlock } from "./block.ts";

const HEADER_BYTES = 6;

/** Rows of pixels: `stride` bytes apart, `rowBytes` of them pixels. */
export interface Rows {
  readonly data: Uint8Array;
  readonly height: number;
  readonly stride: number;
  readonly rowBytes: number;
}

let packed = new Uint8Array(0);
let scratch = new Uint8Array(0);

/**
 * The picture, smaller; null when it would not be. The result is a view that the next call
 * overwrites.
 */
export function encodeLz4(rows: Rows, topDown: boolean, format: number): Uint8Array | null {
  const tight = pack(rows);
  if (scratch.length < tight.length) scratch = new Uint8Array(tight.length);
  const out = scratch.subarray(0, tight.length);
  if (out.length <= HEADER_BYTES) return null;
  const end = compressBlock(tight, out, HEADER_BYTES);
  if (end < 0) return null;
  const view = new DataView(out.buffer);
  view.setUint8(0, topDown ? 1 : 0);
  view.setUint8(1, format);
  view.setUint32(2, end - HEADER_BYTES, false);
  return out.subarray(0, end);
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
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const topDown = data[0] !== 0;
  const format = data[1];
  const rows = new Uint8Array(bytesFor(format));
  let to = 0;
  for (let at = 2; at < data.length;) {
    if (data.length - at < 4) throw new RangeError("an LZ4 block's size is cut off");
    const size = view.getUint32(at, false);
    at += 4;
    if (size > data.length - at) throw new RangeError(`an LZ4 block of ${size} bytes is cut off`);
    to = decompressBlock(data.subarray(at, at + size), rows, to);
    at += size;
  }
  if (to !== rows.length) throw new RangeError(`${to} bytes came where ${rows.length} belong`);
  return { topDown, format, rows };
}

function pack({ data, height, stride, rowBytes }: Rows): Uint8Array {
  if (stride === rowBytes) return data;
  const length = rowBytes * height;
  if (packed.length < length) packed = new Uint8Array(length);
  for (let y = 0; y < height; y++) {
    packed.set(data.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  }
  return packed.subarray(0, length);
}
