import { type Drawing, type Rect, Ropd } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";
import { intersection, isEmptyRect } from "./rect.ts";

/** Clip rects beyond which a drawing is not looked at more closely. */
const MAX_CLIP_RECTS = 16;

/** Where a drawing changes pixels: its box, or its clip rects within it. */
export function areaOf({ base: { box, clip } }: Drawing): Rect[] {
  if (clip.type === "none" || clip.rects.length > MAX_CLIP_RECTS) return [box];
  return clip.rects.map((rect) => intersection(rect, box)).filter((rect) => !isEmptyRect(rect));
}

/** Every pixel of the drawing's area becomes what the drawing says, whatever stood there. */
export function isOpaque(drawing: Drawing): boolean {
  const { clip } = drawing.base;
  if (clip.type === "rects" && clip.rects.length > MAX_CLIP_RECTS) return false;
  switch (drawing.kind) {
    case "drawFill":
      return drawing.data.ropDescriptor === Ropd.opPut && drawing.data.mask.bitmap === null &&
        drawing.data.brush.type === "solid";
    case "drawCopy": {
      const { srcBitmap: image, srcArea, ropDescriptor, mask } = drawing.data;
      return ropDescriptor === Ropd.opPut && mask.bitmap === null && image?.type === "bitmap" &&
        // pixels beyond the image would stay as they are
        srcArea.left >= 0 && srcArea.top >= 0 &&
        srcArea.right <= image.width && srcArea.bottom <= image.height;
    }
    case "drawBlackness":
    case "drawWhiteness":
      return drawing.data.mask.bitmap === null;
    default:
      return false;
  }
}

/** What a drawing looks at on a surface; null: nothing. It may be more than is really looked at. */
export function readsFrom(drawing: Drawing, surfaceId: number): Rect | null {
  const own = drawing.base.surfaceId === surfaceId;
  if (drawing.kind === "copyBits") {
    if (!own) return null;
    const { box } = drawing.base, { x, y } = drawing.srcPos;
    return { left: x, top: y, right: x + box.right - box.left, bottom: y + box.bottom - box.top };
  }
  const { data } = drawing;
  if (
    "srcBitmap" in data && isSurface(data.srcBitmap, surfaceId) ||
    "mask" in data && isSurface(data.mask.bitmap, surfaceId) ||
    "maskBitmap" in data && isSurface(data.maskBitmap ?? null, surfaceId) ||
    "brush" in data && data.brush.type === "pattern" && isSurface(data.brush.pat, surfaceId) ||
    "foreBrush" in data && data.foreBrush.type === "pattern" ||
    "backBrush" in data && data.backBrush.type === "pattern"
  ) return EVERYWHERE;
  // what does not cover its box completely leaves, or mixes with, what stood there
  return own && !isOpaque(drawing) ? drawing.base.box : null;
}

const FAR = 0x7fffffff;
const EVERYWHERE: Rect = { top: -FAR, left: -FAR, bottom: FAR, right: FAR };

const isSurface = (image: Image | null, surfaceId: number): boolean =>
  image !== null && image.type === "surface" && image.surfaceId === surfaceId;
