/**
 * A mask may let every second pixel through, each a rect of its own: where a large one is filled with a
 * colour, that is done band by band, so that what these rects take is bounded. Pictures are not drawn so:
 * they would be made anew for each band.
 */
import type { Drawing } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import type { Rect } from "./rect.ts";

/** Pixels of a band, in whole rows. */
const BAND_PIXELS = 1 << 20;

/** The parts of an area in which a drawing is drawn, one after the other; most often the area itself. */
export function bands(area: Area, drawing: Drawing): readonly Area[] {
  if (!fillsMasked(drawing) || area.every((rect) => pixels(rect) <= BAND_PIXELS)) return [area];
  return area.flatMap((rect) => {
    const rows = Math.max(1, Math.floor(BAND_PIXELS / (rect.right - rect.left)));
    const all: Area[] = [];
    for (let { top } = rect; top < rect.bottom; top += rows) {
      all.push([{ ...rect, top, bottom: Math.min(rect.bottom, top + rows) }]);
    }
    return all;
  });
}

function fillsMasked(drawing: Drawing): boolean {
  switch (drawing.kind) {
    case "drawFill":
      return drawing.data.brush.type === "solid" && isMask(drawing.data.mask);
    case "drawBlackness":
    case "drawWhiteness":
    case "drawInvers":
      return isMask(drawing.data.mask);
    default:
      return false;
  }
}

/** A surface may be the very one that is drawn on. */
const isMask = ({ bitmap }: { readonly bitmap: { readonly type: string } | null }) =>
  bitmap !== null && bitmap.type !== "surface";

const pixels = ({ left, top, right, bottom }: Rect) => (right - left) * (bottom - top);
