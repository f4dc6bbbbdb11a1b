import { leadOf } from "../binary/words.ts";

/** Below so many bytes a view of a row costs more than its pixels do. */
const SHORT_ROW = 256;

/** Rows of pixels, `stride` bytes apart. */
export interface StridedRows {
  /** May be a view of shared memory. */
  readonly data: Uint8Array;
  readonly height: number;
  readonly stride: number;
}

/**
 * Copies the rows into a codec's memory from `room` on, each behind the one before it; room must be a
 * multiple of 8, and have MOST_LEAD bytes more than they need. Comes back with where they begin.
 */
export function takeRows(
  rows: StridedRows,
  rowBytes: number,
  into: Uint8Array,
  room: number,
): number {
  const { data, height, stride } = rows;
  const first = room + leadOf(data);
  if (stride === rowBytes) into.set(data.subarray(0, rowBytes * height), first);
  // what lies differently within words of 8 bytes would be copied byte by byte: core/binary/words.ts
  else if (
    (stride | rowBytes | data.byteOffset) % 4 === 0 &&
    (rowBytes <= SHORT_ROW || (stride | rowBytes) % 8 > 0)
  ) byWords(rows, rowBytes, into, first);
  else {
    for (let y = 0, at = 0; y < height; y++, at += stride) {
      into.set(data.subarray(at, at + rowBytes), first + y * rowBytes);
    }
  }
  return first;
}

function byWords(
  { data, height, stride }: StridedRows,
  rowBytes: number,
  into: Uint8Array,
  first: number,
) {
  const source = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  const target = new Uint32Array(into.buffer, into.byteOffset + first, rowBytes * height >> 2);
  const words = rowBytes >> 2, step = stride >> 2;
  for (let y = 0, start = 0, at = 0; y < height; y++, start += step) {
    for (let x = 0; x < words; x++) target[at++] = source[start + x];
  }
}
