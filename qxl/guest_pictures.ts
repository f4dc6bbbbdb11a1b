import { GuestError } from "../core/binary/error.ts";
import { decodeQuic, pixelBytes } from "../core/codecs/quic/mod.ts";
import { type Bitmap, BitmapFlags, type BitmapFormat, type Image } from "../core/protocol/image.ts";

const FORMATS: Record<string, BitmapFormat> = {
  gray: "bit8A",
  rgb16: "bit16",
  rgb24: "bit24",
  rgb32: "bit32",
  rgba: "rgba",
};

/**
 * The pixels of an image that the guest compressed: QUIC, the only way that drivers have.
 * undefined: it is no such image. GuestError: its bytes are no picture of that size.
 */
export function guestPicture(image: Image): Bitmap | undefined {
  if (image.type !== "quic") return undefined;
  const { id, width, height } = image;
  try {
    const { format, data } = decodeQuic(image.data, image);
    return {
      type: "bitmap",
      id,
      flags: 0,
      width,
      height,
      format: FORMATS[format],
      bitmapFlags: BitmapFlags.topDown,
      x: width,
      y: height,
      stride: width * pixelBytes(format),
      palette: null,
      data: data.slice(),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GuestError(`Cannot decode the guest's QUIC image: ${error.message}`);
  }
}
