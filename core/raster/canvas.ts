/**
 * The local renderer: every drawing command of spice.proto onto a surface in memory, with exactly
 * the pixels of spice-common's software canvas.
 */
import type { Brush, Drawing, DrawingOf } from "../protocol/drawing.ts";
import { type Area, clippedArea } from "./area.ts";
import { alphaBlend, composite } from "./blend.ts";
import { blit } from "./blit.ts";
import { painter } from "./brush.ts";
import { packInto, unpacked } from "./convert.ts";
import { copy, opaque, transparent } from "./copy.ts";
import { fillSolid } from "./fill.ts";
import type { ImageSource } from "./images.ts";
import { masked } from "./masks.ts";
import { type Pixels, pixelsOf } from "./pixels.ts";
import { ROP, type Rop, ropOf } from "./rop.ts";
import { rop3 } from "./rop3.ts";
import { stroke } from "./stroke.ts";
import type { Surface } from "./surface.ts";
import { text } from "./text.ts";

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
  draw(wide, area, widened(drawing), source);
  packInto(dest, wide);
}

/** The drawing for a surface with 0 or 255 in place of bits. */
function widened(drawing: Drawing): Drawing {
  const wide = (brush: Brush): Brush =>
    brush.type === "solid" ? { type: "solid", color: brush.color & 1 ? 0xff : 0 } : brush;
  switch (drawing.kind) {
    case "drawFill":
      return { ...drawing, data: { ...drawing.data, brush: wide(drawing.data.brush) } };
    case "drawOpaque":
      return { ...drawing, data: { ...drawing.data, brush: wide(drawing.data.brush) } };
    case "drawRop3":
      return { ...drawing, data: { ...drawing.data, brush: wide(drawing.data.brush) } };
    case "drawStroke":
      return { ...drawing, data: { ...drawing.data, brush: wide(drawing.data.brush) } };
    case "drawText":
      return { ...drawing, data: { ...drawing.data, backBrush: wide(drawing.data.backBrush) } };
    default:
      return drawing;
  }
}

function draw(dest: Pixels, area: Area, drawing: Drawing, source: ImageSource): void {
  const { box } = drawing.base;
  switch (drawing.kind) {
    case "drawFill": {
      const { mask, brush, ropDescriptor } = drawing.data;
      let fill: ((area: Area) => void) | undefined;
      for (const where of masked(dest, area, mask, box.left, box.top, source)) {
        fill ??= painter(dest, brush, ropOf(ropDescriptor, "brush", "dest"), source);
        fill(where);
      }
      return;
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
    case "drawRop3":
      return rop3(dest, area, drawing, source);
    case "drawStroke":
      return stroke(dest, area, drawing, source);
    case "drawText":
      return text(dest, area, drawing, source);
    case "drawTransparent":
      return transparent(dest, area, drawing, source);
    case "drawAlphaBlend":
      return alphaBlend(dest, area, drawing, source);
    case "drawComposite":
      return composite(dest, area, drawing, source);
    case "copyBits": {
      const dx = box.left - drawing.srcPos.x, dy = box.top - drawing.srcPos.y;
      if (dx !== 0 || dy !== 0) blit(dest, area, dest, dx, dy, ROP.copy);
      return;
    }
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
  for (const where of masked(dest, area, data.mask, box.left, box.top, source)) {
    fillSolid(dest, where, value, rop);
  }
}
