import type { Brush } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import { fillSolid, fillTiled } from "./fill.ts";
import { detached, imagePixels, type ImageSource } from "./images.ts";
import type { Pixels } from "./pixels.ts";
import type { Rop } from "./rop.ts";

/** Joins a brush's pixels with those of one area after the other. No brush is black. */
export function painter(
  dest: Pixels,
  brush: Brush,
  rop: Rop,
  source: ImageSource,
): (area: Area) => void {
  if (brush.type !== "pattern") {
    const value = brush.type === "solid" ? brush.color : 0;
    return (area) => fillSolid(dest, area, value, rop);
  }
  const { pos } = brush, tile = detached(imagePixels(brush.pat, dest, source), dest);
  return (area) => fillTiled(dest, area, tile, pos, rop);
}

/** The same of one area; where that is empty the brush is not looked at. */
export function paint(
  dest: Pixels,
  area: Area,
  brush: Brush,
  rop: Rop,
  source: ImageSource,
): void {
  if (area.length > 0) painter(dest, brush, rop, source)(area);
}
