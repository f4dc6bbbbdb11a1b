import { encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { type Bitmap, BitmapFlags, BitmapFormat, type Image } from "../../core/protocol/image.ts";
import type { Codec, Encoder } from "./encoder.ts";

/** Bytes of a pixel, for the formats that LZ4 images have. */
export const PIXEL_BYTES: Partial<Record<Bitmap["format"], number>> = {
  bit16: 2,
  bit24: 3,
  bit32: 4,
  rgba: 4,
};

/** The bitmap made smaller, without id and flags; null: it would not be. */
export function encodeBitmap(bitmap: Bitmap, codec: Codec): Image | null {
  const { width, height, format, stride, data } = bitmap;
  const pixelBytes = PIXEL_BYTES[format];
  // no codec has a way to say that there are fewer rows of data than of picture
  if (!pixelBytes || bitmap.x !== width || bitmap.y !== height || stride < width * pixelBytes) {
    return null;
  }
  const topDown = (bitmap.bitmapFlags & BitmapFlags.topDown) !== 0;
  switch (codec) {
    case "lz4": {
      const rows = { data, height, stride, rowBytes: width * pixelBytes };
      const small = encodeLz4(rows, topDown, BitmapFormat.values[format]);
      // the encoder's buffer is used again by the next picture
      return small && { type: "lz4", id: 0n, flags: 0, width, height, data: small.slice() };
    }
    default:
      return null;
  }
}

/** Encodes where it is called. */
export const inlineEncoder: Encoder = {
  encode: (bitmap, codec, done) => done(encodeBitmap(bitmap, codec)),
};
