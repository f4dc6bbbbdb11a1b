import type { DrawingOf, ImageScaleMode, QMask } from "../protocol/drawing.ts";
import type { Image } from "../protocol/image.ts";
import type { Area } from "./area.ts";
import { blit, blitKeyed } from "./blit.ts";
import { painter } from "./brush.ts";
import { compose } from "./compose.ts";
import { fromArgb } from "./convert.ts";
import { detached, imagePixels, type ImageSource } from "./images.ts";
import { masked } from "./masks.ts";
import { OP } from "./operators.ts";
import { bitsOf, createPixels, type Pixels } from "./pixels.ts";
import { around, moved, type Rect } from "./rect.ts";
import { ROP, type Rop, ropOf } from "./rop.ts";
import { type Filter, type Matrix, Sampler, stretch } from "./sampler.ts";

type ScaleMode = keyof typeof ImageScaleMode.values;

/** draw_copy and draw_blend, which mean the same. */
export function copy(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawCopy" | "drawBlend">,
  source: ImageSource,
): void {
  const rop = ropOf(data.ropDescriptor, "src", "dest");
  let pixels: Pixels | undefined;
  for (const where of masked(dest, area, data.mask, box.left, box.top, source)) {
    pixels ??= pictureOf(dest, data, source);
    put(dest, where, box, pixels, data.srcArea, data.scaleMode, rop);
  }
}

/** SPEC: the picture is copied; then the brush is the rop's source, and the copy its destination. */
export function opaque(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawOpaque">,
  source: ImageSource,
): void {
  const parts = () => masked(dest, area, data.mask, box.left, box.top, source);
  let pixels: Pixels | undefined, paint: ((area: Area) => void) | undefined;
  for (const where of parts()) {
    pixels ??= pictureOf(dest, data, source);
    put(dest, where, box, pixels, data.srcArea, data.scaleMode, ROP.copy);
  }
  // the brush may be the surface that was just copied to
  for (const where of parts()) {
    paint ??= painter(dest, data.brush, ropOf(data.ropDescriptor, "brush", "src"), source);
    paint(where);
  }
}

/** The picture without its pixels of one colour. SPEC: srcColor means nothing. */
export function transparent(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawTransparent">,
  source: ImageSource,
): void {
  let pixels = imagePixels(data.srcBitmap, dest, source);
  let dx = box.left - data.srcArea.left, dy = box.top - data.srcArea.top;
  if (!sameSize(box, data.srcArea)) {
    const bounds = area.reduce(around);
    pixels = scaledPart(dest, area, bounds, box, pixels, data.srcArea, "nearest");
    dx = bounds.left, dy = bounds.top;
  }
  const bits = bitsOf(dest.format);
  const compare = bits === 32 ? 0xffffff : bits === 16 ? 0xffff : 0xff;
  const key = bits >= 16 ? fromArgb(dest.format, data.trueColor) & compare : 0;
  blitKeyed(dest, area, pixels, dx, dy, key, compare);
}

export const sameSize = (a: Rect, b: Rect): boolean =>
  a.right - a.left === b.right - b.left && a.bottom - a.top === b.bottom - b.top;

export const filterFor = (mode: ScaleMode): Filter => mode === "nearest" ? "nearest" : "bilinear";

/** What is copied; apart from the destination where that is drawn on in parts. */
function pictureOf(
  dest: Pixels,
  { srcBitmap, mask }: { srcBitmap: Image | null; mask: QMask },
  source: ImageSource,
): Pixels {
  const pixels = imagePixels(srcBitmap, dest, source);
  return mask.bitmap === null ? pixels : detached(pixels, dest);
}

function put(
  dest: Pixels,
  area: Area,
  box: Rect,
  pixels: Pixels,
  from: Rect,
  mode: ScaleMode,
  rop: Rop,
): void {
  if (sameSize(box, from)) {
    blit(dest, area, pixels, box.left - from.left, box.top - from.top, rop);
  } else if (rop === ROP.copy) {
    const sampler = stretched(detached(pixels, dest), from, box, filterFor(mode));
    compose(OP.src, dest, area, { from: sampler, dx: -box.left, dy: -box.top });
  } else {
    const bounds = area.reduce(around);
    const part = scaledPart(dest, area, bounds, box, pixels, from, filterFor(mode));
    blit(dest, area, part, bounds.left, bounds.top, rop);
  }
}

/** `from` of the pixels as large as the box. */
export function stretched(pixels: Pixels, from: Rect, box: Rect, filter: Filter): Sampler {
  const matrix: Matrix = stretch(from, box.right - box.left, box.bottom - box.top);
  return new Sampler(pixels, matrix, filter);
}

/** What the area needs of a stretched picture, in the picture's own format. */
function scaledPart(
  dest: Pixels,
  area: Area,
  bounds: Rect,
  box: Rect,
  pixels: Pixels,
  from: Rect,
  filter: Filter,
): Pixels {
  const part = createPixels(
    pixels.format,
    bounds.right - bounds.left,
    bounds.bottom - bounds.top,
  );
  const there = area.map((r) => moved(r, -bounds.left, -bounds.top));
  const sampler = stretched(detached(pixels, dest), from, box, filter);
  compose(OP.src, part, there, {
    from: sampler,
    dx: bounds.left - box.left,
    dy: bounds.top - box.top,
  });
  return part;
}
