import { encodeJpeg, encodeJpegAlpha, type JpegRows } from "../../core/codecs/jpeg/mod.ts";
import { encodeLzInPlace } from "../../core/codecs/lz/in_place.ts";
import type { LzFormat } from "../../core/codecs/lz/mod.ts";
import { encodeLz4InPlace } from "../../core/codecs/lz4/in_place.ts";
import { encodeQuic, type QuicFormat } from "../../core/codecs/quic/mod.ts";
import {
  type Bitmap,
  BitmapFlags,
  BitmapFormat,
  type Image,
  JpegAlphaFlags,
} from "../../core/protocol/image.ts";
import type { Codec } from "./encoder.ts";

/** Bits of a pixel, for the formats that can be made smaller. */
export const PIXEL_BITS: Partial<Record<Bitmap["format"], number>> = {
  bit1Le: 1,
  bit1Be: 1,
  bit4Le: 4,
  bit4Be: 4,
  bit8: 8,
  bit8A: 8,
  bit16: 16,
  bit24: 24,
  bit32: 32,
  rgba: 32,
};

/** What QUIC takes. */
export const QUIC_FORMAT: Partial<Record<Bitmap["format"], QuicFormat>> = {
  bit16: "rgb16",
  bit24: "rgb24",
  bit32: "rgb32",
  rgba: "rgba",
};

/** The bitmap made smaller, without id and flags; null: it would not be. */
export function encodeBitmap(bitmap: Bitmap, codec: Codec): Image | null {
  const { width, height, format, stride, data } = bitmap;
  const bits = PIXEL_BITS[format];
  // no codec has a way to say that there are fewer rows of data than of picture
  if (!bits || bitmap.x !== width || bitmap.y !== height) return null;
  const rowBytes = Math.ceil(width * bits / 8);
  if (stride < rowBytes) return null;
  const image = encodeAs(codec, bitmap, rowBytes);
  // a part is sent without what lies between its rows, a whole picture as it is
  const plain = data.length >= stride * height ? stride * height : rowBytes * height;
  return image && "data" in image && image.data.length < plain ? image : null;
}

/** The codecs' buffers are used again by the next picture: what goes out is a copy. */
function encodeAs(
  codec: Codec,
  bitmap: Bitmap,
  rowBytes: number,
): Image | null {
  const { width, height, format, stride, data } = bitmap;
  const topDown = (bitmap.bitmapFlags & BitmapFlags.topDown) !== 0;
  const head = { id: 0n, flags: 0, width, height };
  switch (codec) {
    case "lz4": {
      const rows = { data, height, stride, rowBytes };
      const bytes = encodeLz4InPlace(rows, topDown, BitmapFormat.values[format]);
      return bytes && { ...head, type: "lz4", data: bytes.slice() };
    }
    case "quic": {
      const quic = QUIC_FORMAT[format];
      if (!quic || width < 3 || height < 3) return null;
      const rows = { data, width, height, stride, format: quic, topDown };
      return { ...head, type: "quic", data: encodeQuic(rows).slice() };
    }
    // without its dictionary it is LZ
    case "glz":
    case "lz": {
      const rows = { data, width, height, stride, format: format as LzFormat, topDown };
      const bytes = encodeLzInPlace(rows).slice();
      if (format in QUIC_FORMAT || format === "bit8A") {
        return { ...head, type: "lzRgb", data: bytes };
      }
      if (!bitmap.palette) return null;
      const bitmapFlags = bitmap.bitmapFlags & BitmapFlags.topDown;
      return { ...head, type: "lzPlt", bitmapFlags, palette: bitmap.palette, data: bytes };
    }
    default: {
      const colours = QUIC_FORMAT[format] && format as JpegRows["format"];
      if (!colours) return null;
      const rows = { data, width, height, stride, format: colours, topDown };
      return { ...head, ...jpegOf(rows, codec) };
    }
  }
}

/** codec: `jpeg`, `mjpeg` or `jpegAlpha`, and the quality. */
function jpegOf(
  rows: JpegRows,
  codec: `jpeg${number}` | `jpegAlpha${number}` | `mjpeg${number}`,
) {
  const quality = Number(codec.replace(/^\D+/, ""));
  if (!codec.startsWith("jpegAlpha")) {
    const data = encodeJpeg(rows, quality, { abbreviated: codec[0] === "m" }).slice();
    return { type: "jpeg" as const, data };
  }
  const alpha = encodeJpegAlpha({ ...rows, format: "rgba" }, quality, encodeLzInPlace);
  const { jpegSize, data, topDown } = alpha;
  const alphaFlags = topDown ? JpegAlphaFlags.topDown : 0;
  return { type: "jpegAlpha" as const, alphaFlags, jpegSize, data };
}
