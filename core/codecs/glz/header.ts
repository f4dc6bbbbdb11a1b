/** The 33 bytes before GLZ data. Source of truth: glz_encode of glz-encoder.c, decode_header of decode-glz.c. */

/** As BitmapFmt names them. */
export type GlzFormat = keyof typeof formats;

export const formats = {
  bit16: { type: 6, bytes: 2 },
  bit24: { type: 7, bytes: 3 },
  bit32: { type: 8, bytes: 4 },
  rgba: { type: 9, bytes: 4 },
} as const;

export const HEADER_BYTES = 33;

/** What GLZ data says first. */
export interface GlzHeader {
  readonly format: GlzFormat;
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  /** Of the picture, counted over all display channels of a client. */
  readonly id: number;
  /** How many pictures back the oldest is that this one or a later one may refer to. */
  readonly headDistance: number;
}

const MAGIC = 0x20205a4c;
const VERSION = 0x10001;

export function putHeader(header: GlzHeader, out: Uint8Array, at: number): void {
  const { format, width, height, topDown, id, headDistance } = header;
  const { type, bytes } = formats[format];
  put(MAGIC, out, at);
  put(VERSION, out, at + 4);
  out[at + 8] = type | Number(topDown) << 4;
  put(width, out, at + 9);
  put(height, out, at + 13);
  put(width * bytes, out, at + 17);
  put(Math.floor(id / 2 ** 32), out, at + 21);
  put(id, out, at + 25);
  put(headDistance, out, at + 29);
}

/** RangeError: no GLZ header, or one of more pixels than `mostPixels`. */
export function readHeader(data: Uint8Array, mostPixels: number): GlzHeader {
  if (data.length < HEADER_BYTES) throw new RangeError(`GLZ data of ${data.length} bytes`);
  const magic = word(data, 0), version = word(data, 4);
  if (magic !== MAGIC || version !== VERSION) {
    throw new RangeError(`GLZ magic ${magic.toString(16)}, version ${version.toString(16)}`);
  }
  const format = names[(data[8] & 15) - 6];
  if (format === undefined) throw new RangeError(`GLZ type ${data[8] & 15}`);
  const width = word(data, 9), height = word(data, 13);
  if (width === 0 || height === 0 || width * height > mostPixels) {
    throw new RangeError(
      `GLZ picture of ${width}×${height}, at most ${mostPixels} pixels expected`,
    );
  }
  if (word(data, 17) !== width * formats[format].bytes) {
    throw new RangeError(`GLZ stride ${word(data, 17)} with ${width} pixels of ${format}`);
  }
  const id = word(data, 21) * 2 ** 32 + word(data, 25);
  const headDistance = word(data, 29);
  if (!Number.isSafeInteger(id) || headDistance > id) {
    throw new RangeError(`GLZ picture ${id}, whose window begins ${headDistance} before`);
  }
  return { format, width, height, topDown: data[8] >> 4 !== 0, id, headDistance };
}

const names = Object.keys(formats) as GlzFormat[];

const word = (data: Uint8Array, at: number): number =>
  (data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]) >>> 0;

function put(value: number, out: Uint8Array, at: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}
