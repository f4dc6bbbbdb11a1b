import type { Drawing, Rect } from "../../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags, ImageFlags } from "../../core/protocol/image.ts";
import { areaOf } from "../../core/raster/opaque.ts";
import { around, covers, intersection, isEmptyRect, moved } from "../../core/raster/rect.ts";

const PIXEL_BYTES: Partial<Record<Bitmap["format"], number>> = {
  bit8: 1,
  bit16: 2,
  bit24: 3,
  bit32: 4,
  rgba: 4,
};

/** The same opaque copy without its clip, where that is one rect: only its box grows smaller. */
export function unclipped(drawing: Drawing): Drawing {
  const { base, kind } = drawing;
  if (kind !== "drawCopy" || base.clip.type !== "rects" || base.clip.rects.length !== 1) {
    return drawing;
  }
  const { box } = base;
  const { srcArea } = drawing.data;
  const scaled = srcArea.right - srcArea.left !== box.right - box.left ||
    srcArea.bottom - srcArea.top !== box.bottom - box.top;
  const seen = intersection(box, base.clip.rects[0]);
  if (scaled || isEmptyRect(seen) || drawing.data.mask.bitmap) return drawing;
  return {
    ...drawing,
    base: { ...base, box: seen, clip: { type: "none" } },
    data: { ...drawing.data, srcArea: moved(seen, srcArea.left - box.left, srcArea.top - box.top) },
  };
}

/**
 * The same copy with no more of its picture than is drawn; itself where there is little to save.
 * Kernel drivers give the whole screen as the picture, and in the clip what of it changed.
 */
export function cropped(drawing: Drawing): Drawing {
  if (drawing.kind !== "drawCopy") return drawing;
  const { base, data } = drawing;
  const { srcBitmap: image, srcArea, mask } = data;
  if (image?.type !== "bitmap" || image.flags & ImageFlags.cacheMe || mask.bitmap) return drawing;
  const pixelBytes = PIXEL_BYTES[image.format];
  const { box } = base;
  const scaled = srcArea.right - srcArea.left !== box.right - box.left ||
    srcArea.bottom - srcArea.top !== box.bottom - box.top;
  const whole = { top: 0, left: 0, bottom: image.height, right: image.width };
  if (pixelBytes === undefined || scaled || !covers(whole, srcArea)) return drawing;
  if (image.x !== image.width || image.y !== image.height) return drawing;
  const area = areaOf(drawing);
  if (area.length === 0) return drawing;
  const seen = area.reduce(around);
  const dx = srcArea.left - box.left, dy = srcArea.top - box.top;
  const part = moved(seen, dx, dy);
  const pixels = (part.right - part.left) * (part.bottom - part.top);
  if (pixels * 4 > image.width * image.height * 3) return drawing;
  const small = partOf(image, part, pixelBytes);
  return {
    kind: "drawCopy",
    base: { ...base, box: seen },
    data: {
      ...data,
      srcBitmap: small,
      srcArea: { top: 0, left: 0, bottom: small.height, right: small.width },
    },
  };
}

/**
 * A part of a bitmap: the same bytes, so that its rows are as far apart as the whole picture's, and the last
 * one ends where its pixels do. As such it can be encoded; `tight` makes what can travel as it is.
 */
export function partOf(image: Bitmap, part: Rect, pixelBytes: number): Bitmap {
  const width = part.right - part.left, height = part.bottom - part.top;
  const topDown = (image.bitmapFlags & BitmapFlags.topDown) !== 0;
  const firstRow = topDown ? part.top : image.height - part.bottom;
  const start = firstRow * image.stride + part.left * pixelBytes;
  const end = start + (height - 1) * image.stride + width * pixelBytes;
  return { ...image, width, height, x: width, y: height, data: image.data.subarray(start, end) };
}

/** The bitmap with rows of whole words, one behind the other; itself where it has all of its last row. */
export function tight(image: Bitmap): Bitmap {
  const { data, stride, y: height } = image;
  if (data.length >= stride * height) return image;
  const row = data.length - stride * (height - 1), step = (row + 3) & ~3;
  const rows = new Uint8Array(step * height);
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * stride, y * stride + row), y * step);
  }
  return { ...image, stride: step, data: rows };
}
