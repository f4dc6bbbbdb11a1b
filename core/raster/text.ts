import {
  type Brush,
  type DrawingOf,
  type RasterGlyph,
  Ropd,
  StringFlags,
} from "../protocol/drawing.ts";
import type { Area } from "./area.ts";
import { clearAlpha } from "./blend.ts";
import { paint } from "./brush.ts";
import { compose, type Layer } from "./compose.ts";
import { detached, imagePixels, type ImageSource } from "./images.ts";
import { OP } from "./operators.ts";
import { bitsOf, createPixels, type Pixels } from "./pixels.ts";
import { around, intersection, isEmptyRect, type Rect } from "./rect.ts";
import { ROP } from "./rop.ts";
import { Sampler } from "./sampler.ts";

/** Glyphs as a mask for the fore brush, over a rect of the back brush. */
export function text(
  dest: Pixels,
  area: Area,
  { data }: DrawingOf<"drawText">,
  source: ImageSource,
): void {
  if (!isEmptyRect(data.backArea)) {
    // SPEC: over a background only put is known
    if (data.foreMode !== Ropd.opPut) return;
    const back = area.map((r) => intersection(r, data.backArea)).filter((r) => !isEmptyRect(r));
    paint(dest, back, data.backBrush, ROP.copy, source);
  }
  const { glyphs, flags } = data.str;
  if (glyphs.length === 0 || data.foreBrush.type === "none") return;
  const whole = glyphs.map(boxOf).reduce(around);
  // SPEC: pixman looks at no mask of 2¹⁵ pixels
  if (whole.right - whole.left >= 0x7fff || whole.bottom - whole.top >= 0x7fff) return;
  const where = area.map((r) => intersection(r, whole)).filter((r) => !isEmptyRect(r));
  if (where.length === 0) return;
  const seen = where.reduce(around);
  const mask = { from: new Sampler(maskOf(glyphs, flags, seen)), dx: -seen.left, dy: -seen.top };
  compose(OP.over, dest, where, brushLayer(data.foreBrush, dest, whole, source), mask);
  if (dest.format === "xrgb32") clearAlpha(dest, whole);
}

const boxOf = ({ renderPos, glyphOrigin, width, height }: RasterGlyph): Rect => {
  const top = renderPos.y + glyphOrigin.y, left = renderPos.x + glyphOrigin.x;
  return { top, left, bottom: top + height, right: left + width };
};

/** SPEC: colours of 16-bit surfaces are 555 whatever the surface; a pattern begins at the text. */
function brushLayer(brush: Brush, dest: Pixels, at: Rect, source: ImageSource): Layer {
  if (brush.type === "pattern") {
    const tile = detached(imagePixels(brush.pat, dest, source, "layer"), dest);
    return {
      from: new Sampler(tile, null, "nearest", "normal"),
      dx: -at.left - brush.pos.x,
      dy: -at.top - brush.pos.y,
    };
  }
  const color = brush.type === "solid" ? brush.color : 0;
  if (bitsOf(dest.format) !== 16) return { from: color | 0xff000000, dx: 0, dy: 0 };
  const channel = (shift: number) => Math.trunc((color >>> shift & 31) * 0xffff / 31) >> 8;
  return {
    from: 0xff000000 | channel(10) << 16 | channel(5) << 8 | channel(0),
    dx: 0,
    dy: 0,
  };
}

/** The glyphs' coverage within a rect. SPEC: the first row lies below, whatever rasterTopDown says. */
function maskOf(glyphs: readonly RasterGlyph[], flags: number, seen: Rect): Pixels {
  const mask = createPixels("a8", seen.right - seen.left, seen.bottom - seen.top);
  for (const glyph of glyphs) {
    const box = boxOf(glyph), r = intersection(box, seen);
    if (isEmptyRect(r)) continue;
    for (let y = r.top; y < r.bottom; y++) {
      const to = (y - seen.top) * mask.step - seen.left;
      const row = box.bottom - 1 - y;
      if (flags & StringFlags.rasterA1) addBits(mask, to, glyph, row, r.left, r.right, box.left);
      else if (flags & StringFlags.rasterA4) {
        addNibbles(mask, to, glyph, row, r.left, r.right, box.left);
      } else addBytes(mask, to, glyph, row, r.left, r.right, box.left);
    }
  }
  return mask;
}

type AddRow = (
  mask: Pixels,
  to: number,
  glyph: RasterGlyph,
  row: number,
  left: number,
  right: number,
  origin: number,
) => void;

const addBits: AddRow = ({ items }, to, { data, width }, row, left, right, origin) => {
  const from = row * (width + 7 >> 3);
  for (let x = left; x < right; x++) {
    if (data[from + (x - origin >> 3)] & 0x80 >> (x - origin & 7)) items[to + x] = 255;
  }
};

const addNibbles: AddRow = ({ items }, to, { data, width }, row, left, right, origin) => {
  const from = row * (width + 1 >> 1);
  for (let x = left; x < right; x++) {
    const two = data[from + (x - origin >> 1)];
    // SPEC: the odd pixel is compared together with its neighbour, and cut to a byte only then
    const value = x - origin & 1 ? two << 4 : two & 0xf0;
    if (value > items[to + x]) items[to + x] = value & 255;
  }
};

const addBytes: AddRow = ({ items }, to, { data, width }, row, left, right, origin) => {
  const from = row * width;
  for (let x = left; x < right; x++) {
    const value = data[from + x - origin];
    if (value > items[to + x]) items[to + x] = value;
  }
};
