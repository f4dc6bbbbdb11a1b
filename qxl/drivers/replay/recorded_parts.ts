/** The parts of a recorded drawing: rectangles, images, and the QXL structures inside binary bodies. */
import type { Path, Point, RasterGlyph, Rect } from "../../../core/protocol/drawing.ts";
import { StringFlags } from "../../../core/protocol/drawing.ts";
import { BitmapFlags, BitmapFormat, type Image, ImageFlags } from "../../../core/protocol/image.ts";
import { key, type RecordText } from "./record_text.ts";

const k = {
  image: key("image "),
  id: key("descriptor.id "),
  type: key("descriptor.type "),
  flags: key("descriptor.flags "),
  width: key("descriptor.width "),
  height: key("descriptor.height "),
  format: key("bitmap.format "),
  bitmapFlags: key("bitmap.flags "),
  x: key("bitmap.x "),
  y: key("bitmap.y "),
  stride: key("bitmap.stride "),
  hasPalette: key("has_palette "),
  numEnts: key("qp.num_ents "),
  unique: key("unique "),
  ents: key("ents "),
  flat: key("image_data_flat "),
  bitmapData: key("bitmap.data "),
  surfaceId: key("surface_image.surface_id "),
  quicSize: key("quic.data_size "),
  quicData: key("quic.data "),
};

/** qxl_dev.h: QXL_BITMAP_DIRECT: the pixels are not in chunks. */
const bitmapDirect = 1;

const four = new Float64Array(4), two = new Float64Array(2);

/** `top left bottom right` */
export function rect(t: RecordText, name: Uint8Array): Rect {
  t.numbers(name, four);
  return { top: four[0], left: four[1], bottom: four[2], right: four[3] };
}

/** `x y` */
export function pointOf(t: RecordText, name: Uint8Array): Point {
  t.numbers(name, two);
  return { x: two[0], y: two[1] };
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** QXLRect[]: top, left, bottom, right. */
export function rects(t: RecordText, bytes: Uint8Array, count: number): Rect[] {
  if (bytes.length !== count * 16) t.fail(`${bytes.length} bytes for ${count} clip rectangles`);
  const view = viewOf(bytes), all: Rect[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    all.push({
      top: view.getInt32(at, true),
      left: view.getInt32(at + 4, true),
      bottom: view.getInt32(at + 8, true),
      right: view.getInt32(at + 12, true),
    });
  }
  return all;
}

/** QXLPathSeg[]: flags, count, and so many points in 28.4 fixed point. */
export function segments(t: RecordText, bytes: Uint8Array): Path["segments"] {
  const view = viewOf(bytes), all: Path["segments"] = [];
  let at = 0;
  while (at + 8 < bytes.length) {
    const flags = view.getUint32(at, true), count = view.getUint32(at + 4, true);
    at += 8;
    if (count > (bytes.length - at) / 8) {
      t.fail(`a path segment of ${count} points has not so many`);
    }
    const points = new Array<Point>(count);
    for (let i = 0; i < count; i++, at += 8) {
      points[i] = { x: view.getInt32(at, true) / 16, y: view.getInt32(at + 4, true) / 16 };
    }
    all.push({ flags: flags & 0xff, points });
  }
  return all;
}

/** QXLRasterGlyph[]: place, origin, size, and rows of 1, 4 or 8 bits. */
export function glyphs(t: RecordText, bytes: Uint8Array, flags: number, count: number) {
  const { rasterA1, rasterA4, rasterA8 } = StringFlags;
  const bits = flags & rasterA1 ? 1 : flags & rasterA4 ? 4 : flags & rasterA8 ? 8 : 0;
  if (bits === 0) t.fail(`a text's flags ${flags} name no glyph format`);
  const view = viewOf(bytes), all: RasterGlyph[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 20) t.fail("a glyph is cut off");
    const point = (i: number) => ({ x: view.getInt32(i, true), y: view.getInt32(i + 4, true) });
    const width = view.getUint16(at + 16, true), height = view.getUint16(at + 18, true);
    const size = (width * bits + 7 >> 3) * height;
    if (size > bytes.length - at - 20) t.fail(`a glyph of ${width}x${height} is cut off`);
    const data = bytes.subarray(at + 20, at + 20 + size);
    all.push({ renderPos: point(at), glyphOrigin: point(at + 8), width, height, data });
    at += 20 + size;
  }
  if (all.length !== count) t.fail(`a text of ${count} glyphs holds ${all.length}`);
  return all;
}

const formats = Object.keys(BitmapFormat.values) as BitmapFormat[];

/** QXLImage; null if the pointer was. */
export function image(t: RecordText): Image | null {
  if (t.number(k.image) === 0) return null;
  const id = t.big(k.id), type = t.number(k.type);
  const flags = t.number(k.flags) & (ImageFlags.cacheMe | ImageFlags.highBitsSet);
  const width = t.number(k.width), height = t.number(k.height);
  switch (type) {
    case 0:
      return bitmap(t, { id, flags, width, height });
    case 1: {
      const size = t.number(k.quicSize), data = t.chunks(k.quicData);
      if (data.length !== size) t.fail(`a quic image of ${size} bytes has ${data.length}`);
      return { id, type: "quic", flags, width, height, data };
    }
    case 104: {
      const surfaceId = t.number(k.surfaceId) >>> 0;
      return { id, type: "surface", flags, width, height, surfaceId };
    }
    default:
      return t.fail(`image type ${type}, and guests have 0 (bitmap), 1 (quic) and 104 (surface)`);
  }
}

interface Descriptor {
  id: bigint;
  flags: number;
  width: number;
  height: number;
}

function bitmap(t: RecordText, descriptor: Descriptor): Image {
  const number = t.number(k.format), qxlFlags = t.number(k.bitmapFlags);
  const format = formats[number] ?? t.fail(`bitmap format ${number}, and there are 1 to 10`);
  const x = t.number(k.x), y = t.number(k.y), stride = t.number(k.stride);
  const palette = t.number(k.hasPalette) ? paletteOf(t) : null;
  const data = qxlFlags & bitmapDirect ? t.binary(k.flat) : t.chunks(k.bitmapData);
  if (data.length !== y * stride) {
    t.fail(`a bitmap of ${y} rows of ${stride} bytes has ${data.length} bytes`);
  }
  const { id, flags, width, height } = descriptor;
  const bitmapFlags = qxlFlags & BitmapFlags.topDown;
  return {
    id,
    type: "bitmap",
    flags,
    width,
    height,
    format,
    bitmapFlags,
    x,
    y,
    stride,
    palette,
    data,
  };
}

function paletteOf(t: RecordText) {
  const count = t.number(k.numEnts), unique = t.big(k.unique);
  if (!(count >= 0 && count <= 0xffff)) t.fail(`a palette of ${count} entries`);
  const entries: number[] = [];
  for (let i = 0; i < count; i++) entries.push(t.number(k.ents) >>> 0);
  return { unique, entries };
}
