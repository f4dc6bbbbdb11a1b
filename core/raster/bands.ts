/**
 * A mask may let every second pixel through, each a rect of its own: large masked drawings are drawn band
 * by band, so that what these rects take is bounded.
 */
import type { Drawing } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import type { Rect } from "./rect.ts";

/** Pixels of a band, in whole rows. */
const BAND_PIXELS = 1 << 20;

/** The parts of an area in which a drawing is drawn, one after the other; most often the area itself. */
export function bands(area: Area, drawing: Drawing): readonly Area[] {
  if (!("data" in drawing)) return [area];
  const data = drawing.data as Partial<Parts>;
  if (!data.mask?.bitmap || area.every((rect) => pixels(rect) <= BAND_PIXELS)) return [area];
  // what is drawn with a surface may be drawn with the pixels that it changes
  const images = [data.mask.bitmap, data.srcBitmap, data.brush?.pat];
  if (images.some((image) => image?.type === "surface")) return [area];
  return area.flatMap((rect) => {
    const rows = Math.max(1, Math.floor(BAND_PIXELS / (rect.right - rect.left)));
    const all: Area[] = [];
    for (let { top } = rect; top < rect.bottom; top += rows) {
      all.push([{ ...rect, top, bottom: Math.min(rect.bottom, top + rows) }]);
    }
    return all;
  });
}

/** What drawings with a mask are made of. */
interface Parts {
  readonly mask: { readonly bitmap: { readonly type: string } | null };
  readonly srcBitmap: { readonly type: string } | null;
  readonly brush: { readonly pat?: { readonly type: string } | null };
}

const pixels = ({ left, top, right, bottom }: Rect) => (right - left) * (bottom - top);
