/** What LZ's rows and header are. Source of truth: lz.c of spice-common. */

/** As BitmapFmt names them; xxxa is the alpha of rgba alone, as it goes with a JPEG picture. */
export type LzFormat = keyof typeof formats;

/** LzImageType, and bits of a pixel. */
export const formats = {
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

export const MAGIC = 0x20205a4c;
export const VERSION = 0x10001;
export const HEADER_BYTES = 28;
/** SPICE_MAX_IMAGE_SIZE of lz.c, in bytes. */
export const MOST_BYTES = 2 ** 30 - 1;

/** RangeError: the rows are not in the data. */
export function checkRows(
  { width, height, stride, data, format }: LzRows,
  rowBytes: number,
): void {
  if (
    width < 1 || height < 1 || stride < rowBytes || rowBytes * height > MOST_BYTES ||
    stride * (height - 1) + rowBytes > data.length
  ) {
    throw new RangeError(
      `Cannot encode ${width}×${height} ${format}: stride ${stride}, ${data.length} bytes`,
    );
  }
}

/** Writes a picture's header. */
export function putHeader(
  { format, width, height, topDown }: LzRows,
  rowBytes: number,
  memory: Uint8Array,
  at: number,
): void {
  putWord(MAGIC, memory, at);
  putWord(VERSION, memory, at + 4);
  putWord(formats[format].type, memory, at + 8);
  putWord(width, memory, at + 12);
  putWord(height, memory, at + 16);
  putWord(rowBytes, memory, at + 20);
  putWord(Number(topDown), memory, at + 24);
}

function putWord(value: number, memory: Uint8Array, at: number): void {
  memory[at] = value >>> 24;
  memory[at + 1] = value >>> 16;
  memory[at + 2] = value >>> 8;
  memory[at + 3] = value;
}
