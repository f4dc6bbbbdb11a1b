import { GuestError } from "../core/binary/error.ts";
import type { Rect } from "../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags, type BitmapFormat, ImageFlags } from "../core/protocol/image.ts";
import { highBytes } from "../core/raster/high_bytes.ts";
import { rowBytes, type Surface } from "../core/raster/surface.ts";
import type { Chunks } from "./chunks.ts";

/** spice_bitmap_from_surface_type in spice-bitmap-utils.c: the others have no bitmap. */
const FORMATS: { readonly [format in Surface["format"]]?: BitmapFormat } = {
  rgb555: "bit16",
  xrgb32: "bit32",
  argb32: "rgba",
  a8: "bit8A",
};

/** QXL_IMAGE_GROUP_RED: ids that the card gives. */
const GROUP_RED = 2n;
let unique = 0n;

/**
 * What a surface shows before a drawing that has itself as its source: a copy, since the drawing
 * overwrites it. Source: handle_self_bitmap in display-channel.cpp.
 */
export function selfBitmap(surface: Surface, id: number, area: Rect, chunks: Chunks): Bitmap {
  const format = FORMATS[surface.format];
  if (!format) throw new GuestError(`Cannot copy a surface of ${surface.format} as a bitmap`);
  const { left, top, right, bottom } = area;
  if (
    left < 0 || top < 0 || left >= right || top >= bottom ||
    right > surface.width || bottom > surface.height
  ) throw new GuestError("Cannot read Drawable.selfBitmapArea: it is not on the surface");
  const width = right - left, height = bottom - top;
  const row = rowBytes(surface.format, width);
  const stride = (row + 3) & ~3;
  chunks.charge(stride * height, "Drawable.selfBitmap");
  const data = new Uint8Array(stride * height);
  const { bytes, origin } = surface;
  const first = origin + rowBytes(surface.format, left);
  for (let y = 0; y < height; y++) {
    const from = first + (top + y) * surface.stride;
    data.set(bytes.subarray(from, from + row), y * stride);
  }
  let flags = 0, kept = format;
  if (id !== 0 && format === "bit32") {
    // SPEC: off-screen the unused byte may be meant as alpha, so it must survive
    const alpha = highBytes(data);
    if (alpha === "all") flags = ImageFlags.highBitsSet;
    else if (alpha === "some") kept = "rgba";
  }
  return {
    id: (++unique & 0xffffffffn) << 32n | GROUP_RED,
    type: "bitmap",
    flags,
    width,
    height,
    format: kept,
    bitmapFlags: BitmapFlags.topDown,
    x: width,
    y: height,
    stride,
    palette: null,
    data,
  };
}
