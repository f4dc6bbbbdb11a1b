import { encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import type { ImageCompression } from "../../core/protocol/display.ts";
import { type Bitmap, BitmapFlags, BitmapFormat, type Image } from "../../core/protocol/image.ts";
import type { CompressFor } from "./hub.ts";

/** Pixels below which a picture is sent as it is: the message around it weighs more. */
const MIN_PIXELS = 64;

const PIXEL_BYTES: Partial<Record<Bitmap["format"], number>> = {
  bit16: 2,
  bit24: 3,
  bit32: 4,
  rgba: 4,
};

/**
 * How bitmaps travel. setting: the server's `image-compression`; a client's own preference goes
 * before it. Of the compressions this release has LZ4; what it has not falls back to that.
 */
export function chooseCodec(setting: ImageCompression): CompressFor {
  return (ability, preference) =>
    ability.lz4 && (preference ?? setting) !== "off" ? compressLz4 : null;
}

function compressLz4(bitmap: Bitmap): Image | null {
  const { width, height, format, stride, data } = bitmap;
  const pixelBytes = PIXEL_BYTES[format];
  if (!pixelBytes || width * height < MIN_PIXELS) return null;
  // the format has no way to say that there are fewer rows of data than of picture
  if (bitmap.x !== width || bitmap.y !== height || stride < width * pixelBytes) return null;
  const topDown = (bitmap.bitmapFlags & BitmapFlags.topDown) !== 0;
  const rows = { data, height, stride, rowBytes: width * pixelBytes };
  const small = encodeLz4(rows, topDown, BitmapFormat.values[format]);
  if (small === null) return null;
  // the encoder's buffer is used again by the next picture, perhaps of the same message
  return { type: "lz4", id: 0n, flags: 0, width, height, data: small.slice() };
}
