import { type Drawing, Ropd } from "../../core/protocol/drawing.ts";
import { type Bitmap, ImageFlags } from "../../core/protocol/image.ts";
import {
  areaOf,
  covers,
  intersection,
  moved,
  overlap,
  type Rect,
  without,
} from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";
import { partOf } from "./crop.ts";
import { changed, type Plane, planeOf, type Scroll, scrolled } from "./plane.ts";
import { LEAST_PIXELS, type Shown } from "./shown.ts";

/** Smaller copies that one may become; where it would be more, neighbours go together. */
const MOST_COPIES = 8;
/** Pixels that must have moved to be worth telling. */
const LEAST_MOVED = 4096;
/** Part of the pixels that may be left to send; beyond it the copy goes as it is. */
const WORTH = 0.75;

type Copy = Extract<Drawing, { kind: "drawCopy" }>;

/**
 * What of an opaque copy is new to the client: nothing, or a few smaller copies, and before them
 * copyBits for what was scrolled. null: most of it, or it cannot be told.
 *
 * Guests that draw into a buffer of their own send whole windows again and again, and their damage says
 * little: comparing with what the client shows costs a tenth of encoding it.
 */
export function newsOf(drawing: Drawing, shown: Shown): Drawing[] | null {
  const { box, clip, surfaceId } = drawing.base;
  if (surfaceId !== 0 || clip.type !== "none" || areaOf(box) < LEAST_PIXELS) return null;
  if (!shown.pieces.some(({ seen }) => seen.overlaps(box))) return null;
  const plane = planeOf(drawing);
  if (!plane) return null;
  const whole = intersection(box, shown.bounds);
  const news = new Region([whole]);
  const drawings: Drawing[] = [];
  for (const piece of shown.pieces) {
    if (piece.plane.format !== plane.format) continue;
    for (const seen of piece.seen.rects) {
      if (!overlap(seen, whole)) continue;
      const part = intersection(seen, whole);
      news.subtract(part);
      const { rects, scroll } = compared(plane, piece.plane, part);
      for (const rect of rects) news.add(rect);
      if (scroll) drawings.push(copyBits(scroll));
    }
  }
  news.simplify(MOST_COPIES);
  if (news.area > areaOf(whole) * WORTH) return null;
  for (const rect of news.rects) drawings.push(partOfCopy(drawing as Copy, rect));
  return drawings;
}

/** What is to be sent of a part that an earlier copy shows, and what of that only moved. */
function compared(a: Plane, b: Plane, part: Rect): { rects: Rect[]; scroll: Scroll | null } {
  const difference = changed(a, b, part);
  if (!difference) return { rects: [], scroll: null };
  if (areaOf(difference) < LEAST_MOVED) return { rects: [difference], scroll: null };
  const scroll = scrolled(a, b, difference);
  if (!scroll || areaOf(scroll.rect) < LEAST_MOVED) return { rects: [difference], scroll: null };
  const rects: Rect[] = [];
  without(difference, scroll.rect, (band) => {
    const rect = changed(a, b, band);
    if (rect) rects.push(rect);
  });
  return { rects, scroll };
}

const copyBits = ({ rect, dy }: Scroll): Drawing => ({
  kind: "copyBits",
  base: { surfaceId: 0, box: rect, clip: { type: "none" } },
  srcPos: { x: rect.left, y: rect.top + dy },
});

/** The copy, of this rect only. What is a part of a picture is no use in the client's cache. */
function partOfCopy(drawing: Copy, rect: Rect): Drawing {
  const { base, data } = drawing;
  const image = data.srcBitmap as Bitmap;
  if (covers(rect, base.box)) return drawing;
  const dx = data.srcArea.left - base.box.left, dy = data.srcArea.top - base.box.top;
  const part = partOf(image, moved(rect, dx, dy), 4);
  return {
    kind: "drawCopy",
    base: { ...base, box: rect },
    data: {
      ...data,
      srcBitmap: { ...part, flags: part.flags & ~ImageFlags.cacheMe },
      srcArea: { top: 0, left: 0, bottom: part.height, right: part.width },
      ropDescriptor: Ropd.opPut,
    },
  };
}
