import { type Drawing, type Rect, Ropd } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";

/** Every pixel of the drawing's box becomes what the drawing says, whatever stood there. */
export function isOpaque(drawing: Drawing): boolean {
  if (drawing.base.clip.type !== "none") return false;
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
