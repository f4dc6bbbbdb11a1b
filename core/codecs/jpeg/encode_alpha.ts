import type { AlphaRows, JpegAlpha } from "./alpha.ts";
import { encodeJpeg, type JpegOptions, type JpegRows } from "./encode.ts";

/** encodeAlpha is encodeLz. The bytes are the caller's own. RangeError as encodeJpeg. */
export function encodeJpegAlpha(
  rows: JpegRows & { readonly format: "rgba" },
  quality: number,
  encodeAlpha: (rows: AlphaRows) => Uint8Array,
  options?: JpegOptions,
): JpegAlpha {
  const colours = encodeJpeg(rows, quality, options);
  const alpha = encodeAlpha({ ...rows, format: "xxxa" });
  const data = new Uint8Array(colours.length + alpha.length);
  data.set(colours);
  data.set(alpha, colours.length);
  return { topDown: rows.topDown, jpegSize: colours.length, data };
}
