/** Rows of pixels: `stride` bytes apart, `rowBytes` of them pixels. */
export interface Rows {
  /** May be a view of shared memory. */
  readonly data: Uint8Array;
  readonly height: number;
  readonly stride: number;
  readonly rowBytes: number;
}

type EncodeBlock = (table: number, p: number, bytes: number, out: number) => number;

/** encode.as.ts, over whatever memory. */
export interface Lz4Work {
  readonly encodeFours: EncodeBlock;
  readonly encodeTwos: EncodeBlock;
  readonly encodeOnes: EncodeBlock;
  copyRows(p: number, stride: number, bytes: number, rows: number, to: number): void;
}

/** Where things stand in a memory. */
export interface Lz4Places {
  readonly memory: Uint8Array;
  /** TABLE_BYTES, the encoder's own for good. */
  readonly table: number;
  /** The pixels, without anything between rows. */
  readonly p: number;
  readonly out: number;
}

export const TABLE_BYTES = 4 << 15;
/** What the loops may read before what they were given. */
export const READ_BEFORE = 1 << 16;
/** What the loops may read and write behind what they were given. */
export const SLACK = 64;
/** What wasm.ts gives room for. */
export const MOST_BYTES = 2 ** 30 - 1;
const HEADER_BYTES = 6;

/** By BitmapFormat: 15-bit pixels have 2 bytes; of 24 bits, matches may begin anywhere. */
const encoders: Readonly<Record<number, "encodeFours" | "encodeTwos">> = {
  6: "encodeTwos",
  8: "encodeFours",
  9: "encodeFours",
};

/** RangeError: the rows are not in the data. */
export function checkRows({ data, height, stride, rowBytes }: Rows): void {
  const size = rowBytes * height;
  if (stride < rowBytes || size > MOST_BYTES || stride * (height - 1) + rowBytes > data.length) {
    throw new RangeError(
      `Cannot encode ${height} rows of ${rowBytes}: stride ${stride}, ${data.length} bytes`,
    );
  }
}

/** What a block of so many bytes takes at most, and what is written behind it. */
export const most = (size: number): number => size + Math.ceil(size / 255) + 16 + SLACK;

/** Room for the picture as LZ4. */
export const outBytesOf = ({ height, rowBytes }: Rows): number =>
  HEADER_BYTES + most(height * rowBytes);

/** Encodes pixels. Returns a view of the LZ4 picture that comes to `out`; null: it would not be smaller. */
export function encodePicture(
  work: Lz4Work,
  rows: Rows,
  topDown: boolean,
  format: number,
  { memory, table, p, out }: Lz4Places,
): Uint8Array | null {
  const size = rows.rowBytes * rows.height;
  if (size <= HEADER_BYTES) return null;
  const bytes = work[encoders[format] ?? "encodeOnes"](table, p, size, out + HEADER_BYTES);
  // INVARIANT: what lies behind may be somebody else's
  if (bytes + SLACK > most(size)) throw new Error(`LZ4 of ${size} bytes took ${bytes}`);
  if (bytes + HEADER_BYTES >= size) return null;
  memory[out] = topDown ? 1 : 0;
  memory[out + 1] = format;
  memory[out + 2] = bytes >>> 24;
  memory[out + 3] = bytes >>> 16;
  memory[out + 4] = bytes >>> 8;
  memory[out + 5] = bytes;
  return memory.subarray(out, out + HEADER_BYTES + bytes);
}

export const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;
