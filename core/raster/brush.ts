import type { Brush } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import { fillSolid, fillTiled } from "./fill.ts";
import { detached, imagePixels, type ImageSource } from "./images.ts";
import type { Pixels } from "./pixels.ts";
import type { Rop } from "./rop.ts";

/** A brush's pixels joined with those of the area. No brush is black. */
export function paint(
  dest: Pixels,
  area: Area,
  brush: Brush,
  rop: Rop,
  source: ImageSource,
): void {
  if (area.length === 0) return;
  if (brush.type === "pattern") {
    const tile = detached(imagePixels(brush.pat, dest, source), dest);
    fillTiled(dest, area, tile, brush.pos, rop);
  } else fillSolid(dest, area, brush.type === "solid" ? brush.color : 0, rop);
}
