/**
 * JPEG_ALPHA: a JPEG file of the colours, behind it LZ of the alpha alone. The file's first row is always
 * the top one; that of the alpha is the rows' first, as the image's flags say.
 * Source of truth: spice.proto JPEGAlphaData; canvas_base.c canvas_get_jpeg_alpha, image-encoders.cpp
 * image_encoders_compress_jpeg.
 */
import { decodeJpeg, type JpegPicture } from "./decode.ts";
import type { JpegRows } from "./encode.ts";

/** What an image of this type says. */
export interface JpegAlpha {
  readonly topDown: boolean;
  readonly jpegSize: number;
  readonly data: Uint8Array;
}

/** Rows whose alpha alone is meant; decoded, one byte a pixel. */
export interface AlphaRows extends Omit<JpegRows, "format"> {
  readonly format: "xxxa";
}

/**
 * Rows without padding, the first on top: blue, green, red, alpha. decodeAlpha is decodeLz.
 * RangeError: the data is no such picture, or not one of the expected size.
 */
export function decodeJpegAlpha(
  { topDown, jpegSize, data }: JpegAlpha,
  expected: { readonly width: number; readonly height: number },
  decodeAlpha: (
    data: Uint8Array,
    mostPixels: number,
  ) => Omit<AlphaRows, "format"> & { readonly format: string },
): JpegPicture {
  if (jpegSize > data.length) {
    throw new RangeError(`JPEG of ${jpegSize} bytes in ${data.length} of JPEG and alpha`);
  }
  const picture = decodeJpeg(data.subarray(0, jpegSize), expected);
  const { width, height } = picture;
  const alpha = decodeAlpha(data.subarray(jpegSize), width * height);
  if (alpha.format !== "xxxa" || alpha.width !== width || alpha.height !== height) {
    throw new RangeError(
      `${alpha.format} of ${alpha.width}×${alpha.height} beside a JPEG of ${width}×${height}`,
    );
  }
  if (alpha.topDown !== topDown) throw new RangeError("JPEG and alpha begin at different rows");
  for (let y = 0, to = 3; y < height; y++) {
    const from = (topDown ? y : height - 1 - y) * alpha.stride;
    for (let x = 0; x < width; x++, to += 4) picture.data[to] = alpha.data[from + x];
  }
  return picture;
}
