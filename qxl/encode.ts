/**
 * The drawing types of core/protocol into the structs of qxl_dev.h: the other way round of
 * commands.ts, for the in-process driver.
 */
import { BitmapFormat, type Image, ImageFlags } from "../core/protocol/image.ts";
import { BitmapFlags } from "../core/protocol/image.ts";
import {
  type Brush,
  type Clip,
  CompositeFlags,
  type Drawing,
  type Path,
  type QMask,
  type Rect,
  type String,
} from "../core/protocol/drawing.ts";
import type { CursorCommand } from "../core/guest.ts";
import { type Cursor, CursorType } from "../core/protocol/cursor.ts";
import * as qxl from "./memory.ts";

/** What of QXLDrawable is not in a `Drawing`. */
export interface DrawOptions {
  readonly effect?: number;
  readonly mmTime?: number;
  /** A null source means what the surface shows there now. */
  readonly selfBitmap?: boolean;
  readonly selfBitmapArea?: Rect;
  /** Surfaces that the drawing reads; -1: none. */
  readonly surfacesDest?: readonly [number, number, number];
  readonly surfacesRects?: readonly Rect[];
}

const DRAW = qxl.DrawType;
const TYPES: { readonly [kind in Drawing["kind"]]: number } = {
  drawFill: DRAW.fill,
  drawOpaque: DRAW.opaque,
  drawCopy: DRAW.copy,
  drawBlend: DRAW.blend,
  drawBlackness: DRAW.blackness,
  drawWhiteness: DRAW.whiteness,
  drawInvers: DRAW.invers,
  drawRop3: DRAW.rop3,
  drawStroke: DRAW.stroke,
  drawText: DRAW.text,
  drawTransparent: DRAW.transparent,
  drawAlphaBlend: DRAW.alphaBlend,
  drawComposite: DRAW.composite,
  copyBits: DRAW.copyBits,
};
const IMAGE_TYPES = { bitmap: 0, quic: 1, surface: 104 } as const;
const NOWHERE: Rect = { top: 0, left: 0, bottom: 0, right: 0 };
/** All that has a fixed size: a drawable, three images with palettes, and their chunks' headers. */
const FIXED = 1024;

/** Bytes that are enough for a drawing and all it refers to. */
export function spaceFor(drawing: Drawing): number {
  const { clip } = drawing.base;
  let size = FIXED + (clip.type === "rects" ? clip.rects.length * 16 : 0);
  if (drawing.kind === "copyBits") return size;
  const data = drawing.data;
  if ("mask" in data) size += imageBytes(data.mask.bitmap);
  if ("srcBitmap" in data) size += imageBytes(data.srcBitmap);
  if ("maskBitmap" in data) size += imageBytes(data.maskBitmap ?? null);
  if ("brush" in data) size += brushBytes(data.brush);
  if (drawing.kind === "drawText") {
    const { str, foreBrush, backBrush } = drawing.data;
    size += brushBytes(foreBrush) + brushBytes(backBrush);
    for (const glyph of str.glyphs) size += qxl.RasterGlyph.size + glyph.data.length;
  }
  if (drawing.kind === "drawStroke") {
    const { path, attr } = drawing.data;
    for (const { points } of path.segments) size += qxl.PathSeg.size + points.length * 8;
    size += (attr.style?.length ?? 0) * 4;
  }
  return size;
}

const brushBytes = (brush: Brush) => brush.type === "pattern" ? imageBytes(brush.pat) : 0;
function imageBytes(image: Image | null): number {
  if (image === null) return 0;
  if (image.type === "bitmap") {
    return image.data.length + (image.palette ? image.palette.entries.length * 4 : 0);
  }
  return image.type === "quic" ? image.data.length : 0;
}

/** Bytes that are enough for a cursor command. */
export const spaceForCursor = (command: CursorCommand): number =>
  FIXED + (command.kind === "set" ? command.shape.data.length : 0);

/** Fills a block of card memory from its start. Every address in it is of one slot. */
export class Encoder {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #slot: number;
  /** Where the block is filled up to. */
  #next = 0;

  /** bytes: the BAR, whose start is the slot's; slot: its id and generation, as in an address. */
  constructor(bytes: Uint8Array, slot: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#slot = slot;
  }

  #place(size: number): number {
    const at = this.#next;
    this.#next = at + size + 7 & ~7;
    return at;
  }

  #pointer(at: number, target: number): void {
    this.#view.setUint32(at, target, true);
    this.#view.setUint32(at + 4, this.#slot << 16, true);
  }

  #null(at: number): void {
    this.#view.setUint32(at, 0, true);
    this.#view.setUint32(at + 4, 0, true);
  }

  /** Begins a command at `at`: its release id is its own place. */
  #begin(at: number, size: number): void {
    this.#next = at;
    this.#place(size);
    this.#view.setUint32(at, at, true);
    this.#view.setUint32(at + 4, 0, true);
  }

  /** A QXLDrawable at `at`, with spaceFor(drawing) bytes. */
  drawable(at: number, drawing: Drawing, options: DrawOptions): void {
    const view = this.#view, to = qxl.Drawable.at, { base } = drawing;
    this.#begin(at, qxl.Drawable.size);
    view.setUint32(at + to.surfaceId, base.surfaceId, true);
    view.setUint8(at + to.effect, options.effect ?? 0);
    view.setUint8(at + to.type, TYPES[drawing.kind]);
    view.setUint8(at + to.selfBitmap, options.selfBitmap ? 1 : 0);
    this.#rect(at + to.selfBitmapArea.top, options.selfBitmapArea ?? NOWHERE);
    this.#rect(at + to.bbox.top, base.box);
    this.#clip(at + to.clip.type, base.clip);
    view.setUint32(at + to.mmTime, options.mmTime ?? 0, true);
    for (let i = 0; i < 3; i++) {
      view.setInt32(at + to.surfacesDest[i], options.surfacesDest?.[i] ?? -1, true);
      this.#rect(at + to.surfacesRects[i].top, options.surfacesRects?.[i] ?? NOWHERE);
    }
    this.#arm(at + to.u.fill.brush.type, drawing);
  }

  #arm(at: number, drawing: Drawing): void {
    const view = this.#view;
    switch (drawing.kind) {
      case "drawFill": {
        const to = qxl.Fill.at, { brush, ropDescriptor, mask } = drawing.data;
        this.#brush(at + to.brush.type, brush);
        view.setUint16(at + to.ropDescriptor, ropDescriptor, true);
        return this.#mask(at + to.mask.flags, mask);
      }
      case "drawCopy":
      case "drawBlend": {
        const to = qxl.Copy.at,
          { srcBitmap, srcArea, ropDescriptor, scaleMode, mask } = drawing.data;
        this.#image(at + to.srcBitmap, srcBitmap);
        this.#rect(at + to.srcArea.top, srcArea);
        view.setUint16(at + to.ropDescriptor, ropDescriptor, true);
        view.setUint8(at + to.scaleMode, scaleMode === "nearest" ? 1 : 0);
        return this.#mask(at + to.mask.flags, mask);
      }
      case "copyBits": {
        const { x, y } = drawing.srcPos;
        return this.#point(at, x, y);
      }
      case "drawOpaque": {
        const to = qxl.Opaque.at, d = drawing.data;
        this.#image(at + to.srcBitmap, d.srcBitmap);
        this.#rect(at + to.srcArea.top, d.srcArea);
        this.#brush(at + to.brush.type, d.brush);
        view.setUint16(at + to.ropDescriptor, d.ropDescriptor, true);
        view.setUint8(at + to.scaleMode, d.scaleMode === "nearest" ? 1 : 0);
        return this.#mask(at + to.mask.flags, d.mask);
      }
      case "drawRop3": {
        const to = qxl.Rop3.at, d = drawing.data;
        this.#image(at + to.srcBitmap, d.srcBitmap);
        this.#rect(at + to.srcArea.top, d.srcArea);
        this.#brush(at + to.brush.type, d.brush);
        view.setUint8(at + to.rop3, d.rop3);
        view.setUint8(at + to.scaleMode, d.scaleMode === "nearest" ? 1 : 0);
        return this.#mask(at + to.mask.flags, d.mask);
      }
      case "drawBlackness":
      case "drawWhiteness":
      case "drawInvers":
        return this.#mask(at, drawing.data.mask);
      case "drawStroke": {
        const to = qxl.Stroke.at, { path, attr, brush, foreMode, backMode } = drawing.data;
        this.#pointer(at + to.path, this.#path(path));
        view.setUint8(at + to.attr.flags, attr.flags);
        view.setUint8(at + to.attr.styleNseg, attr.style?.length ?? 0);
        this.#null(at + to.attr.style);
        if (attr.style) this.#pointer(at + to.attr.style, this.#numbers(attr.style));
        this.#brush(at + to.brush.type, brush);
        view.setUint16(at + to.foreMode, foreMode, true);
        return view.setUint16(at + to.backMode, backMode, true);
      }
      case "drawText": {
        const to = qxl.Text.at, d = drawing.data;
        this.#pointer(at + to.str, this.#string(d.str));
        this.#rect(at + to.backArea.top, d.backArea);
        this.#brush(at + to.foreBrush.type, d.foreBrush);
        this.#brush(at + to.backBrush.type, d.backBrush);
        view.setUint16(at + to.foreMode, d.foreMode, true);
        return view.setUint16(at + to.backMode, d.backMode, true);
      }
      case "drawTransparent": {
        const to = qxl.Transparent.at, d = drawing.data;
        this.#image(at + to.srcBitmap, d.srcBitmap);
        this.#rect(at + to.srcArea.top, d.srcArea);
        view.setUint32(at + to.srcColor, d.srcColor, true);
        return view.setUint32(at + to.trueColor, d.trueColor, true);
      }
      case "drawAlphaBlend": {
        const to = qxl.AlphaBlend.at, d = drawing.data;
        view.setUint16(at + to.alphaFlags, d.alphaFlags, true);
        view.setUint8(at + to.alpha, d.alpha);
        this.#image(at + to.srcBitmap, d.srcBitmap);
        return this.#rect(at + to.srcArea.top, d.srcArea);
      }
      case "drawComposite": {
        const to = qxl.Composite.at, d = drawing.data;
        view.setUint32(at + to.flags, d.flags, true);
        this.#image(at + to.src, d.srcBitmap);
        this.#image(at + to.mask, d.flags & CompositeFlags.hasMask ? d.maskBitmap ?? null : null);
        this.#transform(at + to.srcTransform, d.srcTransform);
        this.#transform(at + to.maskTransform, d.maskTransform);
        for (
          const [point, { x, y }] of [[to.srcOrigin, d.srcOrigin], [
            to.maskOrigin,
            d.maskOrigin,
          ]] as const
        ) {
          view.setInt16(at + point.x, x, true);
          view.setInt16(at + point.y, y, true);
        }
      }
    }
  }

  /** A QXLCursorCmd at `at`, with spaceForCursor(command) bytes. */
  cursor(at: number, command: CursorCommand): void {
    const view = this.#view, to = qxl.CursorCmd.at, types = qxl.CursorCommandType;
    this.#begin(at, qxl.CursorCmd.size);
    const kind = command.kind === "set" && !command.shape.header ? "hide" : command.kind;
    view.setUint8(at + to.type, kind === "reset" ? types.hide : types[kind]);
    if (command.kind === "set" && kind === "set") {
      view.setInt16(at + to.u.set.position.x, command.position.x, true);
      view.setInt16(at + to.u.set.position.y, command.position.y, true);
      view.setUint8(at + to.u.set.visible, command.visible ? 1 : 0);
      this.#pointer(at + to.u.set.shape, this.#cursorShape(command.shape));
    } else if (command.kind === "move") {
      view.setInt16(at + to.u.position.x, command.position.x, true);
      view.setInt16(at + to.u.position.y, command.position.y, true);
    } else if (command.kind === "trail") {
      view.setUint16(at + to.u.trail.length, command.length, true);
      view.setUint16(at + to.u.trail.frequency, command.frequency, true);
    }
  }

  #cursorShape({ header, data }: Cursor): number {
    const view = this.#view, { header: to, dataSize, chunk } = qxl.Cursor.at;
    const at = this.#place(qxl.Cursor.size + data.length);
    const h = header!;
    view.setBigUint64(at + to.unique, h.unique, true);
    view.setUint16(at + to.type, CursorType.values[h.type], true);
    view.setUint16(at + to.width, h.width, true);
    view.setUint16(at + to.height, h.height, true);
    view.setUint16(at + to.hotSpotX, h.hotSpotX, true);
    view.setUint16(at + to.hotSpotY, h.hotSpotY, true);
    view.setUint32(at + dataSize, data.length, true);
    this.#bytes.set(data, this.#chunkAt(at + chunk.dataSize, data.length));
    return at;
  }

  /** The head of a list of one chunk; returns where its data go. */
  #chunkAt(at: number, size: number): number {
    this.#view.setUint32(at, size, true);
    this.#null(at + qxl.DataChunk.at.prevChunk);
    this.#null(at + qxl.DataChunk.at.nextChunk);
    return at + qxl.DataChunk.size;
  }

  #rect(at: number, { top, left, bottom, right }: Rect): void {
    const view = this.#view;
    view.setInt32(at, top, true);
    view.setInt32(at + 4, left, true);
    view.setInt32(at + 8, bottom, true);
    view.setInt32(at + 12, right, true);
  }

  #point(at: number, x: number, y: number): void {
    this.#view.setInt32(at, x, true);
    this.#view.setInt32(at + 4, y, true);
  }

  #clip(at: number, clip: Clip): void {
    this.#view.setUint32(at, clip.type === "rects" ? 1 : 0, true);
    if (clip.type !== "rects") return this.#null(at + qxl.Clip.at.data);
    const size = clip.rects.length * 16;
    const list = this.#place(qxl.ClipRects.size + size);
    this.#view.setUint32(list, clip.rects.length, true);
    let to = this.#chunkAt(list + qxl.ClipRects.at.chunk.dataSize, size);
    for (const rect of clip.rects) {
      this.#rect(to, rect);
      to += 16;
    }
    this.#pointer(at + qxl.Clip.at.data, list);
  }

  #brush(at: number, brush: Brush): void {
    const { u } = qxl.Brush.at;
    const type = brush.type === "none" ? 0 : brush.type === "solid" ? 1 : 2;
    this.#view.setUint32(at, type, true);
    if (brush.type === "solid") this.#view.setUint32(at + u.color, brush.color, true);
    if (brush.type !== "pattern") return;
    this.#image(at + u.pattern.pat, brush.pat);
    this.#point(at + u.pattern.pos.x, brush.pos.x, brush.pos.y);
  }

  #mask(at: number, mask: QMask): void {
    const to = qxl.QMask.at;
    this.#view.setUint8(at, mask.flags);
    this.#point(at + to.pos.x, mask.pos.x, mask.pos.y);
    this.#image(at + to.bitmap, mask.bitmap);
  }

  /** An image, and its address at `pointer`. */
  #image(pointer: number, image: Image | null): void {
    if (image === null) return this.#null(pointer);
    if (!(image.type in IMAGE_TYPES)) {
      throw new TypeError(`A guest has no images of type ${image.type}`);
    }
    const type = image.type as keyof typeof IMAGE_TYPES;
    const view = this.#view, { descriptor, u } = qxl.Image.at;
    const at = this.#place(qxl.Image.size);
    this.#pointer(pointer, at);
    view.setBigUint64(at + descriptor.id, image.id, true);
    view.setUint8(at + descriptor.type, IMAGE_TYPES[type]);
    view.setUint8(
      at + descriptor.flags,
      (image.flags & ImageFlags.cacheMe ? qxl.QxlImageFlags.cache : 0) |
        (image.flags & ImageFlags.highBitsSet ? qxl.QxlImageFlags.highBitsSet : 0),
    );
    view.setUint32(at + descriptor.width, image.width, true);
    view.setUint32(at + descriptor.height, image.height, true);
    if (image.type === "surface") {
      view.setUint32(at + u.surfaceImage.surfaceId, image.surfaceId, true);
    } else if (image.type === "quic") {
      const head = at + qxl.ImageDescriptor.size + qxl.QuicData.size;
      view.setUint32(at + u.quic.dataSize, image.data.length, true);
      this.#next = head;
      this.#place(qxl.DataChunk.size + image.data.length);
      this.#bytes.set(image.data, this.#chunkAt(head, image.data.length));
    } else if (image.type === "bitmap") {
      view.setUint8(at + u.bitmap.format, BitmapFormat.values[image.format]);
      const topDown = image.bitmapFlags & BitmapFlags.topDown;
      view.setUint8(at + u.bitmap.flags, topDown ? qxl.QxlBitmapFlags.topDown : 0);
      view.setUint32(at + u.bitmap.x, image.x, true);
      view.setUint32(at + u.bitmap.y, image.y, true);
      view.setUint32(at + u.bitmap.stride, image.stride, true);
      this.#null(at + u.bitmap.palette);
      if (image.palette) {
        const { unique, entries } = image.palette;
        const to = this.#place(qxl.Palette.size + entries.length * 4);
        view.setBigUint64(to + qxl.Palette.at.unique, unique, true);
        view.setUint16(to + qxl.Palette.at.numEnts, entries.length, true);
        entries.forEach((e, i) => view.setUint32(to + qxl.Palette.size + i * 4, e, true));
        this.#pointer(at + u.bitmap.palette, to);
      }
      const head = this.#place(qxl.DataChunk.size + image.data.length);
      this.#bytes.set(image.data, this.#chunkAt(head, image.data.length));
      this.#pointer(at + u.bitmap.data, head);
    }
  }

  #path({ segments }: Path): number {
    const size = segments.reduce((sum, s) => sum + qxl.PathSeg.size + s.points.length * 8, 0);
    const at = this.#place(qxl.Path.size + size);
    this.#view.setUint32(at, size, true);
    let to = this.#chunkAt(at + qxl.Path.at.chunk.dataSize, size);
    for (const { flags, points } of segments) {
      this.#view.setUint32(to, flags, true);
      this.#view.setUint32(to + 4, points.length, true);
      to += qxl.PathSeg.size;
      for (const { x, y } of points) {
        this.#point(to, Math.round(x * 16), Math.round(y * 16));
        to += 8;
      }
    }
    return at;
  }

  /** Fixed 28.4 numbers. */
  #numbers(values: readonly number[]): number {
    const at = this.#place(values.length * 4);
    values.forEach((v, i) => this.#view.setInt32(at + i * 4, Math.round(v * 16), true));
    return at;
  }

  #string({ flags, glyphs }: String): number {
    const size = glyphs.reduce((sum, g) => sum + qxl.RasterGlyph.size + g.data.length, 0);
    const view = this.#view, { dataSize, length, flags: FLAGS, chunk } = qxl.String.at;
    const at = this.#place(qxl.String.size + size);
    view.setUint32(at + dataSize, size, true);
    view.setUint16(at + length, glyphs.length, true);
    view.setUint16(at + FLAGS, flags, true);
    let to = this.#chunkAt(at + chunk.dataSize, size);
    for (const { renderPos, glyphOrigin, width, height, data } of glyphs) {
      this.#point(to, renderPos.x, renderPos.y);
      this.#point(to + 8, glyphOrigin.x, glyphOrigin.y);
      view.setUint16(to + 16, width, true);
      view.setUint16(to + 18, height, true);
      this.#bytes.set(data, to + qxl.RasterGlyph.size);
      to += qxl.RasterGlyph.size + data.length;
    }
    return at;
  }

  #transform(
    pointer: number,
    t: { [name in "t00" | "t01" | "t02" | "t10" | "t11" | "t12"]: number } | undefined,
  ): void {
    if (!t) return this.#null(pointer);
    const at = this.#place(qxl.Transform.size);
    [t.t00, t.t01, t.t02, t.t10, t.t11, t.t12].forEach((n, i) =>
      this.#view.setUint32(at + i * 4, n, true)
    );
    this.#pointer(pointer, at);
  }
}
