/** QXLDrawable as a recording tells it. Source of truth: server/red-record-qxl.cpp of spice 0.15. */
import type {
  Brush,
  Clip,
  Drawing,
  Path,
  Point,
  QMask,
  Rect,
} from "../../../core/protocol/drawing.ts";
import { CompositeFlags, LineFlags } from "../../../core/protocol/drawing.ts";
import { glyphs, image, pointOf, rect, rects, segments } from "./recorded_parts.ts";
import { key, type RecordText } from "./record_text.ts";

/** The fields of QXLDrawable that the SPICE drawing has not. */
export interface DrawOptions {
  /** QXLEffectType */
  effect: number;
  mmTime: number;
  selfBitmap: boolean;
  selfBitmapArea: Rect;
  /** Surfaces that the drawing depends on; -1: none. */
  surfacesDest: [number, number, number];
  surfacesRects: Rect[];
}

export interface RecordedDrawing {
  /** null: QXL_DRAW_NOP. */
  drawing: Drawing | null;
  options: DrawOptions;
}

const k = {
  drawable: key("drawable\n"),
  bbox: key("rect bbox "),
  type: key("type "),
  numRects: key("num_rects "),
  clipRects: key("clip_rects "),
  effect: key("effect "),
  mmTime: key("mm_time "),
  bitmapOffset: key("bitmap_offset "),
  bitmapArea: key("rect bitmap_area "),
  selfBitmap: key("self_bitmap "),
  selfBitmapArea: key("rect self_bitmap_area "),
  surfaceId: key("surface_id "),
  surfacesDest: key("surfaces_dest "),
  surfacesRects: key("rect surfaces_rects "),
  color: key("u.color "),
  flags: key("flags "),
  rop: key("rop_descriptor "),
  rop3: key("rop3 "),
  srcArea: key("rect src_area "),
  scaleMode: key("scale_mode "),
  srcColor: key("src_color "),
  trueColor: key("true_color "),
  alphaFlags: key("alpha_flags "),
  alpha: key("alpha "),
  point: key("point "),
  path: key("path "),
  attrFlags: key("attr.flags "),
  styleNseg: key("attr.style_nseg "),
  style: key("style "),
  foreMode: key("fore_mode "),
  backMode: key("back_mode "),
  dataSize: key("data_size "),
  length: key("length "),
  string: key("string "),
  backArea: key("rect back_area "),
  srcTransform: key("src_transform "),
  mask: key("mask "),
  maskTransform: key("mask_transform "),
  transform: key("transform "),
  srcOrigin: key("src_origin "),
  maskOrigin: key("mask_origin "),
};

/** A draw command, from its line `drawable` on. */
export function drawable(t: RecordText): RecordedDrawing {
  t.skip(k.drawable);
  const box = rect(t, k.bbox);
  const clip = clipOf(t);
  const effect = t.number(k.effect), mmTime = t.number(k.mmTime) >>> 0;
  // SPEC: QXLCompatDrawable, of drivers before QXL revision 2, carries no mark but its fields
  if (t.has(k.bitmapOffset)) return compatible(t, box, clip, effect, mmTime);
  const selfBitmap = t.number(k.selfBitmap) !== 0;
  const selfBitmapArea = rect(t, k.selfBitmapArea);
  const surfaceId = t.number(k.surfaceId) >>> 0;
  const surfacesDest: [number, number, number] = [-1, -1, -1];
  const surfacesRects: Rect[] = [];
  for (let i = 0; i < 3; i++) {
    surfacesDest[i] = t.number(k.surfacesDest) | 0;
    surfacesRects.push(rect(t, k.surfacesRects));
  }
  return {
    drawing: drawing(t, { surfaceId, box, clip }, false),
    options: { effect, mmTime, selfBitmap, selfBitmapArea, surfacesDest, surfacesRects },
  };
}

const bitmapOffset = new Float64Array(1);

function compatible(t: RecordText, box: Rect, clip: Clip, effect: number, mmTime: number) {
  const selfBitmap = t.numbers(key(""), bitmapOffset)[0] !== 0;
  const selfBitmapArea = rect(t, k.bitmapArea);
  const none = { top: 0, left: 0, bottom: 0, right: 0 };
  const surfacesDest: [number, number, number] = [-1, -1, -1];
  return {
    drawing: drawing(t, { surfaceId: 0, box, clip }, true),
    options: {
      effect,
      mmTime,
      selfBitmap,
      selfBitmapArea,
      surfacesDest,
      surfacesRects: [none, none, none],
    },
  };
}

function drawing(t: RecordText, base: Drawing["base"], compat: boolean): Drawing | null {
  const type = t.number(k.type);
  switch (type) {
    case 0:
      return null;
    case 1: {
      const brush = brushOf(t), ropDescriptor = t.number(k.rop);
      return { kind: "drawFill", base, data: { brush, ropDescriptor, mask: maskOf(t) } };
    }
    case 2: {
      const srcBitmap = image(t), srcArea = rect(t, k.srcArea), brush = brushOf(t);
      const ropDescriptor = t.number(k.rop), scaleMode = scaleOf(t), mask = maskOf(t);
      const data = { srcBitmap, srcArea, brush, ropDescriptor, scaleMode, mask };
      return { kind: "drawOpaque", base, data };
    }
    case 3:
      return { kind: "drawCopy", base, data: copyOf(t) };
    case 4:
      return { kind: "copyBits", base, srcPos: pointOf(t, k.point) };
    case 5:
      return { kind: "drawBlend", base, data: copyOf(t) };
    case 6:
      return { kind: "drawBlackness", base, data: { mask: maskOf(t) } };
    case 7:
      return { kind: "drawWhiteness", base, data: { mask: maskOf(t) } };
    case 8:
      return { kind: "drawInvers", base, data: { mask: maskOf(t) } };
    case 9: {
      const srcBitmap = image(t), srcArea = rect(t, k.srcArea), brush = brushOf(t);
      const rop3 = t.number(k.rop3), scaleMode = scaleOf(t), mask = maskOf(t);
      return { kind: "drawRop3", base, data: { srcBitmap, srcArea, brush, rop3, scaleMode, mask } };
    }
    case 10:
      return { kind: "drawStroke", base, data: strokeOf(t) };
    case 11:
      return { kind: "drawText", base, data: textOf(t) };
    case 12: {
      const srcBitmap = image(t), srcArea = rect(t, k.srcArea);
      const srcColor = t.number(k.srcColor) >>> 0, trueColor = t.number(k.trueColor) >>> 0;
      return { kind: "drawTransparent", base, data: { srcBitmap, srcArea, srcColor, trueColor } };
    }
    case 13: {
      const alphaFlags = compat ? 0 : t.number(k.alphaFlags), alpha = t.number(k.alpha);
      const srcBitmap = image(t), srcArea = rect(t, k.srcArea);
      return { kind: "drawAlphaBlend", base, data: { alphaFlags, alpha, srcBitmap, srcArea } };
    }
    case 14:
      return { kind: "drawComposite", base, data: compositeOf(t) };
    default:
      return t.fail(`draw type ${type}, and there are 0 to 14`);
  }
}

function clipOf(t: RecordText): Clip {
  const type = t.number(k.type);
  if (type !== 1) return { type: "none" };
  const count = t.number(k.numRects);
  return { type: "rects", rects: rects(t, t.chunks(k.clipRects), count) };
}

function brushOf(t: RecordText): Brush {
  const type = t.number(k.type);
  if (type === 0) return { type: "none" };
  if (type === 1) return { type: "solid", color: t.number(k.color) >>> 0 };
  if (type !== 2) return t.fail(`brush type ${type}, and there are 0 to 2`);
  const pat = image(t), pos = pointOf(t, k.point);
  return pat ? { type: "pattern", pat, pos } : t.fail("a brush's pattern has no image");
}

function maskOf(t: RecordText): QMask {
  const flags = t.number(k.flags), pos = pointOf(t, k.point);
  return { flags, pos, bitmap: image(t) };
}

function scaleOf(t: RecordText): "interpolate" | "nearest" {
  return t.number(k.scaleMode) === 0 ? "interpolate" : "nearest";
}

function copyOf(t: RecordText) {
  const srcBitmap = image(t), srcArea = rect(t, k.srcArea), ropDescriptor = t.number(k.rop);
  const scaleMode = scaleOf(t);
  return { srcBitmap, srcArea, ropDescriptor, scaleMode, mask: maskOf(t) };
}

function strokeOf(t: RecordText) {
  const path: Path = { segments: segments(t, t.chunks(k.path)) };
  const flags = t.number(k.attrFlags);
  const attr = flags & LineFlags.styled ? { flags, style: styleOf(t) } : { flags };
  const brush = brushOf(t), foreMode = t.number(k.foreMode), backMode = t.number(k.backMode);
  return { path, attr, brush, foreMode, backMode };
}

function styleOf(t: RecordText): number[] {
  const count = t.number(k.styleNseg), bytes = t.binary(k.style);
  if (bytes.length !== count * 4) t.fail(`${bytes.length} bytes for ${count} dashes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => view.getInt32(i * 4, true) / 16);
}

function textOf(t: RecordText) {
  t.number(k.dataSize);
  const length = t.number(k.length), flags = t.number(k.flags);
  const str = { flags, glyphs: glyphs(t, t.chunks(k.string), flags, length) };
  const backArea = rect(t, k.backArea), foreBrush = brushOf(t), backBrush = brushOf(t);
  const foreMode = t.number(k.foreMode), backMode = t.number(k.backMode);
  return { str, backArea, foreBrush, backBrush, foreMode, backMode };
}

function compositeOf(t: RecordText) {
  const { hasMask, hasSrcTransform, hasMaskTransform } = CompositeFlags;
  // SPEC: red_get_composite_ptr sets these three by what is there, whatever the guest said
  let flags = t.number(k.flags) >>> 0 & ~(hasMask | hasSrcTransform | hasMaskTransform);
  const srcBitmap = image(t);
  const srcTransform = t.number(k.srcTransform) ? transformOf(t) : undefined;
  if (srcTransform) flags |= hasSrcTransform;
  const maskBitmap = t.number(k.mask) ? image(t) : undefined;
  if (maskBitmap) flags |= hasMask;
  const last = t.number(k.maskTransform) ? transformOf(t) : undefined;
  const maskTransform = maskBitmap ? last : undefined;
  if (maskTransform) flags |= hasMaskTransform;
  const srcOrigin: Point = pointOf(t, k.srcOrigin), maskOrigin: Point = pointOf(t, k.maskOrigin);
  return {
    flags: flags >>> 0,
    srcBitmap,
    ...maskBitmap ? { maskBitmap } : {},
    ...srcTransform ? { srcTransform } : {},
    ...maskTransform ? { maskTransform } : {},
    srcOrigin,
    maskOrigin,
  };
}

function transformOf(t: RecordText) {
  const bytes = t.binary(k.transform);
  if (bytes.length !== 24) t.fail(`a transform of ${bytes.length} bytes, 24 belong`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = (i: number) => view.getUint32(i * 4, true);
  return { t00: at(0), t01: at(1), t02: at(2), t10: at(3), t11: at(4), t12: at(5) };
}
