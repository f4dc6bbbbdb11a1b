import type { SurfaceFormat } from "../../core/protocol/display.ts";
import type { Rect } from "../../core/protocol/drawing.ts";
import {
  type Bitmap,
  BitmapFlags,
  type BitmapFormat,
  ImageFlags,
} from "../../core/protocol/image.ts";
import { highBytes } from "../../core/raster/high_bytes.ts";
import type { Surface } from "../../core/raster/surface.ts";

/**
 * The pixels of a rect that lies within the surface, as a bitmap in the client's format of it.
 * Rows that follow each other are not copied: the data may be a view of the surface.
 */
export function pictureOf(
  surface: Surface,
  rect: Rect,
  format: SurfaceFormat,
  offScreen: boolean,
): Bitmap {
  const picture = pixelsOf(surface, rect, format);
  if (!offScreen || picture.format !== "bit32") return picture;
  // somebody may draw from it later and take the unused bytes for alpha
  const high = highBytes(picture.data);
  if (high === "all") return { ...picture, flags: ImageFlags.highBitsSet };
  return high === "some" ? { ...picture, format: "rgba" } : picture;
}

function pixelsOf(surface: Surface, rect: Rect, format: SurfaceFormat): Bitmap {
  const width = rect.right - rect.left;
  const height = rect.bottom - rect.top;
  if (surface.format !== format || format === "rgb565") {
    return bitmap("bit32", width, height, width * 4, widened(surface, rect));
  }
  const pixelBytes = format === "a8" ? 1 : format === "rgb555" ? 2 : 4;
  const name = format === "a8"
    ? "bit8A"
    : format === "rgb555"
    ? "bit16"
    : format === "argb32"
    ? "rgba"
    : "bit32";
  // the wire wants whole words in a row
  const stride = (width * pixelBytes + 3) & ~3;
  const start = surface.origin + rect.top * surface.stride + rect.left * pixelBytes;
  if (surface.stride === stride && start + stride * height <= surface.bytes.length) {
    return bitmap(
      name,
      width,
      height,
      stride,
      surface.bytes.subarray(start, start + stride * height),
    );
  }
  const data = new Uint8Array(stride * height);
  for (let y = 0, from = start; y < height; y++, from += surface.stride) {
    data.set(surface.bytes.subarray(from, from + width * pixelBytes), y * stride);
  }
  return bitmap(name, width, height, stride, data);
}

function bitmap(
  format: BitmapFormat,
  width: number,
  height: number,
  stride: number,
  data: Uint8Array,
): Bitmap {
  return {
    type: "bitmap",
    id: 0n,
    flags: 0,
    width,
    height,
    format,
    bitmapFlags: BitmapFlags.topDown,
    x: width,
    y: height,
    stride,
    palette: null,
    data,
  };
}

/** 16-bit pixels as b, g, r, x: each part's high bits are repeated below, so 16-bit canvases get them back. */
function widened(surface: Surface, rect: Rect): Uint8Array {
  const width = rect.right - rect.left;
  const height = rect.bottom - rect.top;
  const wide = new Uint32Array(width * height);
  const { buffer, byteOffset } = surface.bytes;
  const green6 = surface.format === "rgb565";
  for (let y = 0, to = 0; y < height; y++) {
    const start = surface.origin + (rect.top + y) * surface.stride + rect.left * 2;
    const row = new Uint16Array(buffer, byteOffset + start, width);
    for (let x = 0; x < width; x++) {
      const pixel = row[x];
      const r = green6 ? pixel >> 11 : pixel >> 10 & 31;
      const g = green6 ? pixel >> 5 & 63 : pixel >> 5 & 31;
      const b = pixel & 31;
      wide[to++] = (r << 3 | r >> 2) << 16 |
        (green6 ? g << 2 | g >> 4 : g << 3 | g >> 2) << 8 | (b << 3 | b >> 2);
    }
  }
  return new Uint8Array(wide.buffer);
}
