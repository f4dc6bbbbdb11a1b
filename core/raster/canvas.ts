/**
 * The local renderer: every drawing command of spice.proto onto a surface in memory, with exactly
 * the pixels of spice-common's software canvas.
 */
import { GuestError } from "../binary/error.ts";
import type { Brush, Drawing, DrawingOf } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";
import { type Area, clippedArea } from "./area.ts";
import { blit } from "./blit.ts";
import { packInto, unpacked } from "./convert.ts";
import { fillSolid, fillTiled } from "./fill.ts";
import { imagePixels, type ImageSource, masked } from "./images.ts";
import { type Pixels, pixelsOf } from "./pixels.ts";
import type { Rect } from "./rect.ts";
import { ROP, type Rop, ropOf } from "./rop.ts";
import type { Surface } from "./surface.ts";

export type { ImageSource };

/**
 * Draws onto a surface; `drawing.base.surfaceId` is not looked at. Parts outside of the surface
 * are left out. GuestError: the drawing makes no sense, and nothing or a part of it was drawn.
 */
export function drawOn(surface: Surface, drawing: Drawing, source: ImageSource): void {
  const dest = pixelsOf(surface);
  const area = clippedArea(dest.width, dest.height, drawing.base);
  if (area.length === 0) return;
  if (dest.format !== "a1") return draw(dest, area, drawing, source);
  // SPEC: a1 surfaces are too rare for code of their own
  const wide = unpacked(dest);
  draw(wide, area, drawing, source);
  packInto(dest, wide);
}

function draw(dest: Pixels, area: Area, drawing: Drawing, source: ImageSource): void {
  const { box } = drawing.base;
  switch (drawing.kind) {
    case "drawFill": {
      const { mask, brush, ropDescriptor } = drawing.data;
      const where = masked(area, mask, box.left, box.top, source);
      return paint(dest, where, brush, ropOf(ropDescriptor, "brush", "dest"), source);
    }
    case "drawCopy":
    case "drawBlend":
      return copy(dest, area, drawing, source);
    case "drawOpaque":
      return opaque(dest, area, drawing, source);
    case "drawBlackness":
      return uniform(dest, area, drawing, 0, ROP.copy, source);
    case "drawWhiteness":
      return uniform(dest, area, drawing, -1, ROP.copy, source);
    case "drawInvers":
      return uniform(dest, area, drawing, 0, ROP.invert, source);
    case "copyBits": {
      const dx = box.left - drawing.srcPos.x, dy = box.top - drawing.srcPos.y;
      if (dx !== 0 || dy !== 0) blit(dest, area, dest, dx, dy, ROP.copy);
      return;
    }
    default:
      throw new GuestError(`Cannot draw ${drawing.kind} yet`);
  }
}

function uniform(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawBlackness" | "drawWhiteness" | "drawInvers">,
  value: number,
  rop: Rop,
  source: ImageSource,
): void {
  fillSolid(dest, masked(area, data.mask, box.left, box.top, source), value, rop);
}

/** A brush's pixels joined with those of the area. No brush is black. */
function paint(dest: Pixels, area: Area, brush: Brush, rop: Rop, source: ImageSource): void {
  if (area.length === 0) return;
  if (brush.type === "pattern") {
    fillTiled(dest, area, imagePixels(brush.pat, dest, source), brush.pos, rop);
  } else fillSolid(dest, area, brush.type === "solid" ? brush.color : 0, rop);
}

const sameSize = (a: Rect, b: Rect) =>
  a.right - a.left === b.right - b.left && a.bottom - a.top === b.bottom - b.top;

function copy(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawCopy" | "drawBlend">,
  source: ImageSource,
): void {
  const where = masked(area, data.mask, box.left, box.top, source);
  if (where.length === 0) return;
  const rop = ropOf(data.ropDescriptor, "src", "dest");
  put(dest, where, box, data.srcBitmap, data.srcArea, rop, source);
}

function put(
  dest: Pixels,
  area: Area,
  box: Rect,
  image: Image | null,
  from: Rect,
  rop: Rop,
  source: ImageSource,
): void {
  const pixels = imagePixels(image, dest, source);
  if (!sameSize(box, from)) throw new GuestError("Cannot scale yet");
  blit(dest, area, pixels, box.left - from.left, box.top - from.top, rop);
}

function opaque(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawOpaque">,
  source: ImageSource,
): void {
  const where = masked(area, data.mask, box.left, box.top, source);
  if (where.length === 0) return;
  put(dest, where, box, data.srcBitmap, data.srcArea, ROP.copy, source);
  // SPEC: the brush is the rop's source; what was just copied is its destination
  paint(dest, where, data.brush, ropOf(data.ropDescriptor, "brush", "src"), source);
}
