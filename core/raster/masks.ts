/**
 * What a drawing's mask lets through. A mask may let every second pixel through, each a rect of its own, so
 * a large area comes band by band, and what these rects take is bounded.
 */
import { GuestError } from "../binary/error.ts";
import { MaskFlags, type QMask } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";
import type { Area } from "./area.ts";
import { runs } from "./area.ts";
import { bitmapMask } from "./bitmap.ts";
import { detached, type ImageSource } from "./images.ts";
import { type Pixels, pixelsOf } from "./pixels.ts";
import { intersection, isEmptyRect, type Rect } from "./rect.ts";

/** Pixels of a band, in whole rows. */
const BAND_PIXELS = 1 << 20;

/**
 * The parts of an area of `dest` that a mask lets through, one after the other and none of them empty; the
 * mask's `pos` lies at (x, y). Without a mask: the area. What is drawn on one part may change pixels that a
 * later one reads: pictures must be detached where there is a mask.
 */
export function* masked(
  dest: Pixels,
  area: Area,
  mask: QMask,
  x: number,
  y: number,
  source: ImageSource,
): Generator<Area, void, void> {
  if (area.length === 0) return;
  if (mask.bitmap === null) return yield area;
  const bits = detached(maskBits(mask.bitmap, source), dest);
  const flip = mask.flags & MaskFlags.invers ? 1 : 0;
  const dx = mask.pos.x - x, dy = mask.pos.y - y;
  const { items, start, step } = bits;
  const reach = { top: -dy, left: -dx, bottom: bits.height - dy, right: bits.width - dx };
  const set = (px: number, py: number) => {
    const at = px + dx;
    return ((items[start + (py + dy) * step + (at >> 3)] >> (at & 7) & 1) ^ flip) !== 0;
  };
  const reached = area.map((rect) => intersection(rect, reach)).filter((r) => !isEmptyRect(r));
  for (const band of bands(reached)) {
    const open = band.flatMap((rect) => runs(rect, set));
    if (open.length > 0) yield open;
  }
}

function* bands(area: Area): Generator<Area, void, void> {
  let band: Rect[] = [], room = BAND_PIXELS;
  for (const rect of area) {
    const width = rect.right - rect.left;
    for (let { top } = rect; top < rect.bottom;) {
      const rows = Math.floor(room / width);
      if (rows === 0 && band.length > 0) {
        yield band;
        band = [], room = BAND_PIXELS;
        continue;
      }
      const bottom = Math.min(rect.bottom, top + Math.max(1, rows));
      band.push({ ...rect, top, bottom });
      room = Math.max(0, room - (bottom - top) * width);
      top = bottom;
    }
  }
  if (band.length > 0) yield band;
}

function maskBits(image: Image, source: ImageSource): Pixels {
  let found;
  if (image.type === "bitmap") found = image;
  else if (image.type === "surface") found = source.surface(image.surfaceId);
  else found = source.picture?.(image);
  if (!found) throw new GuestError(`Cannot mask: no pixels of a ${image.type} image`);
  if ("bitmapFlags" in found) return bitmapMask(found);
  const pixels = pixelsOf(found);
  if (pixels.format !== "a1") throw new GuestError(`Cannot mask with ${pixels.format} pixels`);
  return pixels;
}
