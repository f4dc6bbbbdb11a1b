import { type Brush, type Drawing, type Rect, Ropd } from "../protocol/drawing.ts";
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

/** What a drawing looks at on its own surface; null: nothing. It may be more than is really looked at. */
export function ownReads(drawing: Drawing): Rect | null {
  const { box, surfaceId } = drawing.base;
  if (drawing.kind === "copyBits") {
    const { x, y } = drawing.srcPos;
    return { left: x, top: y, right: x + box.right - box.left, bottom: y + box.bottom - box.top };
  }
  if (
    imagesOf(drawing).some((image) => image?.type === "surface" && image.surfaceId === surfaceId)
  ) {
    return EVERYWHERE;
  }
  // what does not replace its area leaves, or mixes with, what stood there
  return isOpaque(drawing) ? null : box;
}

/** The other surface that a drawing looks at; -1: none, -2: more than one. */
export function otherRead(drawing: Drawing): number {
  let other = -1;
  for (const image of imagesOf(drawing)) {
    if (image?.type !== "surface" || image.surfaceId === drawing.base.surfaceId) continue;
    if (other !== -1 && other !== image.surfaceId) return -2;
    other = image.surfaceId;
  }
  return other;
}

const FAR = 0x7fffffff;
const EVERYWHERE: Rect = { top: -FAR, left: -FAR, bottom: FAR, right: FAR };

/** The images that a drawing names, masks and patterns included. */
export function imagesOf(drawing: Drawing): (Image | null | undefined)[] {
  switch (drawing.kind) {
    case "copyBits":
      return [];
    case "drawFill":
    case "drawStroke":
      return [
        patternOf(drawing.data.brush),
        "mask" in drawing.data ? drawing.data.mask.bitmap : null,
      ];
    case "drawText":
      return [patternOf(drawing.data.foreBrush), patternOf(drawing.data.backBrush)];
    case "drawBlackness":
    case "drawWhiteness":
    case "drawInvers":
      return [drawing.data.mask.bitmap];
    case "drawOpaque":
    case "drawRop3":
      return [drawing.data.srcBitmap, patternOf(drawing.data.brush), drawing.data.mask.bitmap];
    case "drawCopy":
    case "drawBlend":
      return [drawing.data.srcBitmap, drawing.data.mask.bitmap];
    case "drawTransparent":
    case "drawAlphaBlend":
      return [drawing.data.srcBitmap];
    case "drawComposite":
      return [drawing.data.srcBitmap, drawing.data.maskBitmap];
  }
}

const patternOf = (brush: Brush): Image | null => brush.type === "pattern" ? brush.pat : null;
