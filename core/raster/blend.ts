import { AlphaFlags, CompositeFlags, type DrawingOf, type Transform } from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import { compose, type Layer } from "./compose.ts";
import { sameSize, stretched } from "./copy.ts";
import { detached, imagePixels, type ImageSource } from "./images.ts";
import { OP } from "./operators.ts";
import { type Pixels, withAlpha, withoutAlpha } from "./pixels.ts";
import { intersection, type Rect } from "./rect.ts";
import { filterOf, matrixOf, repeatOf, Sampler } from "./sampler.ts";

/** The picture over the destination, all of it as see-through as `alpha` says. */
export function alphaBlend(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawAlphaBlend">,
  source: ImageSource,
): void {
  if (data.alpha === 0) return;
  let pixels = imagePixels(data.srcBitmap, dest, source, "original");
  const isSurface = data.srcBitmap === null || data.srcBitmap.type === "surface";
  if (isSurface && data.alphaFlags & AlphaFlags.srcSurfaceHasAlpha) pixels = withAlpha(pixels);
  const onto = data.alphaFlags & AlphaFlags.destHasAlpha ? withAlpha(dest) : dest;
  pixels = detached(pixels, dest);
  const { srcArea } = data;
  const layer: Layer = sameSize(box, srcArea)
    ? { from: new Sampler(pixels), dx: srcArea.left - box.left, dy: srcArea.top - box.top }
    : { from: stretched(pixels, srcArea, box, "nearest"), dx: -box.left, dy: -box.top };
  const mask = data.alpha === 255 ? null : { from: data.alpha << 24, dx: 0, dy: 0 };
  compose(OP.over, onto, area, layer, mask);
  if (onto.format === "xrgb32") clearAlpha(dest, box);
}

/** XRender's composite. SPEC: destOpaque and maskOpaque mean nothing. */
export function composite(
  dest: Pixels,
  area: Area,
  { base: { box }, data }: DrawingOf<"drawComposite">,
  source: ImageSource,
): void {
  const { flags } = data;
  let pixels = imagePixels(data.srcBitmap, dest, source, "layer");
  const isSurface = data.srcBitmap === null || data.srcBitmap.type === "surface";
  if (isSurface && flags & CompositeFlags.sourceOpaque) pixels = withoutAlpha(pixels);
  const layer = (of: Pixels, map: Transform | undefined, filter: number, repeat: number) =>
    new Sampler(
      detached(of, dest),
      map ? matrixOf(map) : null,
      filterOf(filter & 7),
      repeatOf(repeat & 3),
    );
  const from = {
    from: layer(pixels, data.srcTransform, flags >>> 8, flags >>> 14),
    dx: data.srcOrigin.x - box.left,
    dy: data.srcOrigin.y - box.top,
  };
  let mask: Layer | null = null;
  if (flags & CompositeFlags.hasMask) {
    const bits = imagePixels(data.maskBitmap ?? null, dest, source, "layer");
    mask = {
      from: layer(bits, data.maskTransform, flags >>> 11, flags >>> 16),
      dx: data.maskOrigin.x - box.left,
      dy: data.maskOrigin.y - box.top,
    };
  }
  const whole = intersection(box, { top: 0, left: 0, bottom: dest.height, right: dest.width });
  const componentAlpha = (flags & CompositeFlags.componentAlpha) !== 0;
  compose(flags & 0xff, dest, area, from, mask, componentAlpha, whole);
}

/**
 * SPEC: where blending left an x byte of 255 in the box's first pixel, the x bytes of all the box
 * become 0, clipped or not.
 */
export function clearAlpha(dest: Pixels, box: Rect): void {
  const r = intersection(box, { top: 0, left: 0, bottom: dest.height, right: dest.width });
  const first = dest.start + r.top * dest.step + r.left;
  if (r.top >= r.bottom || r.left >= r.right || dest.items[first] >>> 24 !== 255) return;
  for (let y = r.top, at = first; y < r.bottom; y++, at += dest.step) {
    for (let x = 0; x < r.right - r.left; x++) dest.items[at + x] &= 0xffffff;
  }
}
