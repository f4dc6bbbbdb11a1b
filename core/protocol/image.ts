import { bytes, bytesBy, list } from "../binary/bytes.ts";
import { enumOf, flagsOf, small, u16, u32, u64, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { ptr, ref } from "../binary/pointer.ts";
import { lengthOf, struct, unless, when } from "../binary/struct.ts";
import { variant } from "../binary/variant.ts";

/** spice.proto: enum8 image_type */
export const ImageType = enumOf(u8, {
  bitmap: 0,
  quic: 1,
  reserved: 2,
  lzPlt: 100,
  lzRgb: 101,
  glzRgb: 102,
  fromCache: 103,
  surface: 104,
  jpeg: 105,
  fromCacheLossless: 106,
  zlibGlzRgb: 107,
  jpegAlpha: 108,
  lz4: 109,
});
export type ImageType = Value<typeof ImageType>;

/** spice.proto: flags8 image_flags */
export const ImageFlags = flagsOf(u8, { cacheMe: 0, highBitsSet: 1, cacheReplaceMe: 2 });

/** spice.proto: enum8 bitmap_fmt. Names start with a letter here: bit1Le is 1BIT_LE. */
export const BitmapFormat = enumOf(u8, {
  invalid: 0,
  bit1Le: 1,
  bit1Be: 2,
  bit4Le: 3,
  bit4Be: 4,
  /** Indexed by the palette. */
  bit8: 5,
  /** x1r5g5b5 */
  bit16: 6,
  /** Bytes b, g, r. */
  bit24: 7,
  /** Bytes b, g, r, x. */
  bit32: 8,
  /** Bytes b, g, r, a. */
  rgba: 9,
  /** One byte of alpha. */
  bit8A: 10,
});
export type BitmapFormat = Value<typeof BitmapFormat>;

/** spice.proto: flags8 bitmap_flags */
export const BitmapFlags = flagsOf(u8, { palCacheMe: 0, palFromCache: 1, topDown: 2 });
/** spice.proto: flags8 jpeg_alpha_flags */
export const JpegAlphaFlags = flagsOf(u8, { topDown: 0 });

/** spice.proto: struct Palette. Entries are 0x00rrggbb. */
export const Palette = struct("Palette", { unique: u64, entries: list(u16, u32) });
export type Palette = Value<typeof Palette>;

const binaryData = { dataSize: lengthOf(u32, "data"), data: bytes("dataSize") } as const;

/**
 * spice.proto: struct Image: the descriptor's type picks the body.
 * Pixels of a bitmap: y rows of stride bytes, the first row on top if flags say topDown.
 */
export const Image = variant(
  "Image",
  {
    id: u64,
    type: ImageType,
    flags: ImageFlags,
    width: u32,
    height: u32,
  },
  "type",
  {
    bitmap: {
      format: BitmapFormat,
      bitmapFlags: BitmapFlags,
      x: u32,
      y: small(u32, 9),
      stride: small(u32, 40),
      paletteId: when("bitmapFlags", BitmapFlags.palFromCache, u64),
      palette: unless("bitmapFlags", BitmapFlags.palFromCache, ptr(Palette)),
      data: bytesBy(({ stride, y }) => stride * y),
    },
    quic: binaryData,
    lzRgb: binaryData,
    glzRgb: binaryData,
    jpeg: binaryData,
    lz4: binaryData,
    lzPlt: {
      bitmapFlags: BitmapFlags,
      dataSize: lengthOf(u32, "data"),
      paletteId: when("bitmapFlags", BitmapFlags.palFromCache, u64),
      palette: unless("bitmapFlags", BitmapFlags.palFromCache, ref(Palette)),
      data: bytes("dataSize"),
    },
    zlibGlzRgb: { glzDataSize: u32, ...binaryData },
    jpegAlpha: { alphaFlags: JpegAlphaFlags, jpegSize: u32, ...binaryData },
    surface: { surfaceId: u32 },
    fromCache: {},
    fromCacheLossless: {},
  },
);
export type Image = Value<typeof Image>;
export type ImageOf<T extends ImageType> = Extract<Image, { type: T }>;
/** Pixels as the guest gave them. */
export type Bitmap = ImageOf<"bitmap">;
