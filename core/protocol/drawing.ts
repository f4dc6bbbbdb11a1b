import { bytesBy, list } from "../binary/bytes.ts";
import { enumOf, fixed28_4, flagsOf, i16, i32, small, u16, u32, u8 } from "../binary/cell.ts";
import type { Codec, Refers, Value } from "../binary/codec.ts";
import { ptr, ref } from "../binary/pointer.ts";
import { lengthOf, struct, when } from "../binary/struct.ts";
import { variant } from "../binary/variant.ts";
import { Image } from "./image.ts";
import { StyledLine } from "./line.ts";

/** spice.proto: struct Point */
export const Point = struct("Point", { x: i32, y: i32 });
export type Point = Value<typeof Point>;

/** spice.proto: struct Point16 */
export const Point16 = struct("Point16", { x: i16, y: i16 });
export type Point16 = Value<typeof Point16>;

/** spice.proto: struct PointFix */
export const PointFix = struct("PointFix", { x: fixed28_4, y: fixed28_4 });
export type PointFix = Value<typeof PointFix>;

/** spice.proto: struct Rect. bottom and right are outside. */
export const Rect = struct("Rect", { top: i32, left: i32, bottom: i32, right: i32 });
export type Rect = Value<typeof Rect>;

/** spice.proto: struct Transform: 16.16 fixed point, the upper two rows of a 3×3 matrix. */
export const Transform = struct("Transform", {
  t00: u32,
  t01: u32,
  t02: u32,
  t10: u32,
  t11: u32,
  t12: u32,
});
export type Transform = Value<typeof Transform>;

/** spice.proto: struct Clip */
export const Clip = variant("Clip", { type: enumOf(u8, { none: 0, rects: 1 }) }, "type", {
  none: {},
  rects: { rects: list(u32, Rect) },
});
export type Clip = Value<typeof Clip>;

/** spice.proto: struct DisplayBase */
export const DisplayBase = struct("DisplayBase", { surfaceId: u32, box: Rect, clip: Clip });
export type DisplayBase = Value<typeof DisplayBase>;

/** spice.proto: struct Brush. color is 0x00rrggbb, or the surface's own pixel if that has 16 bits. */
export const Brush = variant(
  "Brush",
  { type: enumOf(u8, { none: 0, solid: 1, pattern: 2 }) },
  "type",
  { none: {}, solid: { color: u32 }, pattern: { pat: ref(Image), pos: Point } },
);
export type Brush = Value<typeof Brush>;

/** spice.proto: flags8 mask_flags */
export const MaskFlags = flagsOf(u8, { invers: 0 });
/** spice.proto: struct QMask: without a bitmap nothing is masked. */
export const QMask = struct("QMask", { flags: MaskFlags, pos: Point, bitmap: ptr(Image) });
export type QMask = Value<typeof QMask>;

/** spice.proto: flags16 ropd */
export const Ropd = flagsOf(u16, {
  inversSrc: 0,
  inversBrush: 1,
  inversDest: 2,
  opPut: 3,
  opOr: 4,
  opAnd: 5,
  opXor: 6,
  opBlackness: 7,
  opWhiteness: 8,
  opInvers: 9,
  inversRes: 10,
});

/** spice.proto: enum8 image_scale_mode */
export const ImageScaleMode = enumOf(u8, { interpolate: 0, nearest: 1 });

/** spice.proto: flags8 path_flags */
export const PathFlags = flagsOf(u8, { begin: 0, end: 1, close: 3, bezier: 4 });
/** spice.proto: struct PathSegment */
export const PathSegment = struct("PathSegment", { flags: PathFlags, points: list(u32, PointFix) });
/** spice.proto: struct Path. SPEC: `@ptr_array` is about C's memory; the segments stand side by side. */
export const Path = struct("Path", { segments: list(u32, PathSegment) });
export type Path = Value<typeof Path>;

/** spice.proto: flags8 line_flags */
export const LineFlags = flagsOf(u8, { styled: 3, startWithGap: 2 });
/** spice.proto: struct LineAttr. style: lengths of dashes and gaps in pixels. */
export const LineAttr = struct("LineAttr", {
  flags: LineFlags,
  style: when("flags", LineFlags.styled, StyledLine),
});
export type LineAttr = Value<typeof LineAttr>;

/** spice.proto: flags8 string_flags */
export const StringFlags = flagsOf(u8, { rasterA1: 0, rasterA4: 1, rasterA8: 2, rasterTopDown: 3 });

const glyph = (name: string, bits: number) =>
  struct(name, {
    renderPos: Point,
    glyphOrigin: Point,
    width: small(u16, 20),
    height: small(u16, 20),
    data: bytesBy(({ width, height }) => ((width * bits + 7) >> 3) * height),
  });
export const RasterGlyphA1 = glyph("RasterGlyphA1", 1);
export const RasterGlyphA4 = glyph("RasterGlyphA4", 4);
export const RasterGlyphA8 = glyph("RasterGlyphA8", 8);
export type RasterGlyph = Value<typeof RasterGlyphA1>;

/** spice.proto: struct String. The first of the flags a1, a4, a8 says which glyphs there are. */
export const String = struct("String", {
  length: lengthOf(u16, "glyphs"),
  flags: StringFlags,
  glyphs: glyphsByFlag("length"),
});
export type String = Value<typeof String>;

/** spice.proto: switch (flags) { case RASTER_A1: … } with the same value type in each arm. */
function glyphsByFlag<const N extends string>(count: N): Codec<RasterGlyph[]> & Refers<N> {
  const arms = [
    [StringFlags.rasterA1, list(count, RasterGlyphA1)],
    [StringFlags.rasterA4, list(count, RasterGlyphA4)],
    [StringFlags.rasterA8, list(count, RasterGlyphA8)],
  ] as const;
  const pick = (flags: number) => arms.find(([flag]) => flags & flag)?.[1];
  return {
    refersTo: count,
    min: 0,
    read: (r, fields, counts) =>
      pick(fields.flags)?.read(r, fields, counts) ?? r.fail("no glyph format in flags"),
    write: (w, value, fields) => {
      const arm = pick(fields.flags);
      if (!arm) throw new TypeError("Cannot write String: no glyph format in flags");
      arm.write(w, value, fields);
    },
    sample: (random, fields) => {
      fields.flags = arms[random.below(3)][0] | (random.below(2) ? StringFlags.rasterTopDown : 0);
      return pick(fields.flags)!.sample(random, fields);
    },
  };
}

const copy = {
  srcBitmap: ptr(Image),
  srcArea: Rect,
  ropDescriptor: Ropd,
  scaleMode: ImageScaleMode,
  mask: QMask,
} as const;

/** spice.proto: the `data` of each draw message. A null srcBitmap is the destination itself. */
export const Fill = struct("Fill", { brush: Brush, ropDescriptor: Ropd, mask: QMask });
export const Opaque = struct("Opaque", {
  srcBitmap: ptr(Image),
  srcArea: Rect,
  brush: Brush,
  ropDescriptor: Ropd,
  scaleMode: ImageScaleMode,
  mask: QMask,
});
export const Copy = struct("Copy", copy);
export const Blend = struct("Blend", copy);
export const Blackness = struct("Blackness", { mask: QMask });
export const Whiteness = struct("Whiteness", { mask: QMask });
export const Invers = struct("Invers", { mask: QMask });
export const Rop3 = struct("Rop3", {
  srcBitmap: ptr(Image),
  srcArea: Rect,
  brush: Brush,
  rop3: u8,
  scaleMode: ImageScaleMode,
  mask: QMask,
});
export const Stroke = struct("Stroke", {
  path: ref(Path),
  attr: LineAttr,
  brush: Brush,
  foreMode: Ropd,
  backMode: Ropd,
});
export const Text = struct("Text", {
  str: ref(String),
  backArea: Rect,
  foreBrush: Brush,
  backBrush: Brush,
  foreMode: Ropd,
  backMode: Ropd,
});
export const Transparent = struct("Transparent", {
  srcBitmap: ptr(Image),
  srcArea: Rect,
  srcColor: u32,
  trueColor: u32,
});
/** spice.proto: flags8 alpha_flags */
export const AlphaFlags = flagsOf(u8, { destHasAlpha: 0, srcSurfaceHasAlpha: 1 });
export const AlphaBlend = struct("AlphaBlend", {
  alphaFlags: AlphaFlags,
  alpha: u8,
  srcBitmap: ptr(Image),
  srcArea: Rect,
});

/** spice.proto: flags32 composite_flags: op, filters and repeats are small numbers inside it. */
export const CompositeFlags = flagsOf(u32, {
  componentAlpha: 18,
  hasMask: 19,
  hasSrcTransform: 20,
  hasMaskTransform: 21,
  sourceOpaque: 22,
  maskOpaque: 23,
  destOpaque: 24,
});
export const Composite = struct("Composite", {
  flags: CompositeFlags,
  srcBitmap: ptr(Image),
  maskBitmap: when("flags", CompositeFlags.hasMask, ptr(Image)),
  srcTransform: when("flags", CompositeFlags.hasSrcTransform, Transform),
  maskTransform: when("flags", CompositeFlags.hasMaskTransform, Transform),
  srcOrigin: Point16,
  maskOrigin: Point16,
});

/** A drawing: what to draw (`data`) and where (`base`), under the name of its message. */
type Draw<K extends string, D> = { kind: K; base: DisplayBase; data: D };
export type Drawing =
  | Draw<"drawFill", Value<typeof Fill>>
  | Draw<"drawOpaque", Value<typeof Opaque>>
  | Draw<"drawCopy", Value<typeof Copy>>
  | Draw<"drawBlend", Value<typeof Blend>>
  | Draw<"drawBlackness", Value<typeof Blackness>>
  | Draw<"drawWhiteness", Value<typeof Whiteness>>
  | Draw<"drawInvers", Value<typeof Invers>>
  | Draw<"drawRop3", Value<typeof Rop3>>
  | Draw<"drawStroke", Value<typeof Stroke>>
  | Draw<"drawText", Value<typeof Text>>
  | Draw<"drawTransparent", Value<typeof Transparent>>
  | Draw<"drawAlphaBlend", Value<typeof AlphaBlend>>
  | Draw<"drawComposite", Value<typeof Composite>>
  | { kind: "copyBits"; base: DisplayBase; srcPos: Point };
export type DrawingOf<K extends Drawing["kind"]> = Extract<Drawing, { kind: K }>;
