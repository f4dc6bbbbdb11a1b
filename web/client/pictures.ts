/** The pixels of images that travel packed: each type's decoder is looked up here, and nowhere else. */
import type { GlzWindow } from "../../core/codecs/glz/mod.ts";
import { decodeJpegAlpha } from "../../core/codecs/jpeg/alpha.ts";
import { decodeJpeg } from "../../core/codecs/jpeg/decode.ts";
import { decodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { decodeLz } from "../../core/codecs/lz/mod.ts";
import type {
  Bitmap,
  BitmapFormat,
  Image,
  ImageOf,
  ImageType,
  Palette,
} from "../../core/protocol/image.ts";
import { decodeQuic, type QuicFormat } from "../../core/codecs/quic/mod.ts";
import { BitmapFlags, JpegAlphaFlags } from "../../core/protocol/image.ts";
import type { Surface } from "../../core/raster/surface.ts";

/** Pixels of an image: as a bitmap, or as a surface of the image's size. */
export type Picture = Surface | Bitmap;

/** What decoders look up of the session. */
export interface Lookups {
  /** The cached palette with this id. */
  palette(id: bigint): Palette | undefined;
  /** The pictures that GLZ refers to. */
  readonly glz: GlzWindow;
}

type Decoders = { readonly [T in ImageType]?: (image: ImageOf<T>, lookups: Lookups) => Picture };
type Decoder = (image: Image, lookups: Lookups) => Picture;

/** No screen has more: 16384 × 16384. */
const MOST_PIXELS = 1 << 28;

const decoders: Decoders = {
  lz4(image) {
    const { width, height } = image;
    const sizeOf = (format: number) => {
      const known = lz4Formats[format];
      if (!known) throw new RangeError(`an LZ4 image has format ${format}`);
      return width * height * known.bytes;
    };
    const { format, topDown, rows } = decodeLz4(image.data, sizeOf);
    const { name, bytes } = lz4Formats[format];
    return bitmapOf(image, name, width * bytes, topDown, rows);
  },
  lzRgb: (image) => lzPicture(image, null),
  lzPlt: (image, { palette }) =>
    lzPicture(image, image.palette ?? palette(image.paletteId ?? 0n) ?? null),
  quic(image) {
    const { format, data } = decodeQuic(image.data, image);
    const { name, bytes } = quicFormats[format];
    return bitmapOf(image, name, image.width * bytes, true, data);
  },
  glzRgb(image, { glz }) {
    const { width, height } = image;
    const picture = glz.decode(image.data, width * height);
    if ("missing" in picture) throw new RangeError(`GLZ picture ${picture.missing} has not come`);
    if (picture.width !== width || picture.height !== height) {
      throw new RangeError(`a GLZ picture is ${picture.width}×${picture.height}`);
    }
    const format = picture.format === "rgba" ? "rgba" : "bit32";
    return bitmapOf(image, format, width * 4, picture.topDown, picture.pixels);
  },
  jpeg: (image) =>
    bitmapOf(image, "bit32", image.width * 4, true, decodeJpeg(image.data, image).data),
  jpegAlpha(image) {
    const { jpegSize, data, alphaFlags } = image;
    const topDown = (alphaFlags & JpegAlphaFlags.topDown) !== 0;
    const picture = decodeJpegAlpha({ topDown, jpegSize, data }, image, decodeLz);
    return bitmapOf(image, "rgba", image.width * 4, true, picture.data);
  },
};

function lzPicture(image: ImageOf<"lzRgb" | "lzPlt">, palette: Palette | null): Bitmap {
  const { width, height } = image;
  const rows = decodeLz(image.data, width * height);
  if (rows.width !== width || rows.height !== height || rows.format === "xxxa") {
    throw new RangeError(`an LZ picture is ${rows.width}×${rows.height} ${rows.format}`);
  }
  return { ...bitmapOf(image, rows.format, rows.stride, rows.topDown, rows.data), palette };
}

const quicFormats: Readonly<Record<QuicFormat, { name: BitmapFormat; bytes: number }>> = {
  gray: { name: "bit8A", bytes: 1 },
  rgb16: { name: "bit16", bytes: 2 },
  rgb24: { name: "bit24", bytes: 3 },
  rgb32: { name: "bit32", bytes: 4 },
  rgba: { name: "rgba", bytes: 4 },
};

/** BitmapFormat by number, as the LZ4 image's own header has it. */
const lz4Formats: Readonly<Record<number, { name: BitmapFormat; bytes: number }>> = {
  6: { name: "bit16", bytes: 2 },
  7: { name: "bit24", bytes: 3 },
  8: { name: "bit32", bytes: 4 },
  9: { name: "rgba", bytes: 4 },
};

/**
 * Decodes; undefined: nobody here knows how. RangeError: the bytes are no such picture. The result
 * does not depend on the image's bytes, but may on those of the next call of the same decoder.
 */
export function decodePicture(image: Image, lookups: Lookups): Picture | undefined {
  const decode = decoders[image.type] as Decoder | undefined;
  if (!decode) return undefined;
  if (image.width * image.height > MOST_PIXELS) {
    throw new RangeError(`an image has ${image.width}×${image.height} pixels`);
  }
  return decode(image, lookups);
}

/** Rows of pixels as the bitmap that they would have been. */
function bitmapOf(
  { id, width, height }: Image,
  format: BitmapFormat,
  stride: number,
  topDown: boolean,
  data: Uint8Array,
): Bitmap {
  return {
    type: "bitmap",
    id,
    flags: 0,
    width,
    height,
    format,
    bitmapFlags: topDown ? BitmapFlags.topDown : 0,
    x: width,
    y: height,
    stride,
    palette: null,
    data,
  };
}
