/**
 * The drawing types of core/protocol into the structs of qxl_dev.h: the other way round of
 * commands.ts, for the in-process driver.
 */
import { type Brush, CompositeFlags, type Drawing, type Rect } from "../core/protocol/drawing.ts";
import type { Image } from "../core/protocol/image.ts";
import type { CursorCommand } from "../core/guest.ts";
import { type Cursor, CursorType } from "../core/protocol/cursor.ts";
import { Parts } from "./encode_parts.ts";
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
  readonly #parts: Parts;

  /** bytes: the BAR, whose start is the slot's; slot: its id and generation, as in an address. */
  constructor(bytes: Uint8Array, slot: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#parts = new Parts(bytes, slot);
  }

  /** A QXLDrawable at `at`, with spaceFor(drawing) bytes. */
  drawable(at: number, drawing: Drawing, options: DrawOptions): void {
    const view = this.#view, parts = this.#parts, to = qxl.Drawable.at, { base } = drawing;
    parts.begin(at, qxl.Drawable.size);
    view.setUint32(at + to.surfaceId, base.surfaceId, true);
    view.setUint8(at + to.effect, options.effect ?? 0);
    view.setUint8(at + to.type, TYPES[drawing.kind]);
    view.setUint8(at + to.selfBitmap, options.selfBitmap ? 1 : 0);
    parts.rect(at + to.selfBitmapArea.top, options.selfBitmapArea ?? NOWHERE);
    parts.rect(at + to.bbox.top, base.box);
    parts.clip(at + to.clip.type, base.clip);
    view.setUint32(at + to.mmTime, options.mmTime ?? 0, true);
    for (let i = 0; i < 3; i++) {
      view.setInt32(at + to.surfacesDest[i], options.surfacesDest?.[i] ?? -1, true);
      parts.rect(at + to.surfacesRects[i].top, options.surfacesRects?.[i] ?? NOWHERE);
    }
    this.#arm(at + to.u.fill.brush.type, drawing);
  }

  #arm(at: number, drawing: Drawing): void {
    const view = this.#view, parts = this.#parts;
    switch (drawing.kind) {
      case "drawFill": {
        const to = qxl.Fill.at, { brush, ropDescriptor, mask } = drawing.data;
        parts.brush(at + to.brush.type, brush);
        view.setUint16(at + to.ropDescriptor, ropDescriptor, true);
        return parts.mask(at + to.mask.flags, mask);
      }
      case "drawCopy":
      case "drawBlend": {
        const to = qxl.Copy.at, d = drawing.data;
        parts.image(at + to.srcBitmap, d.srcBitmap);
        parts.rect(at + to.srcArea.top, d.srcArea);
        view.setUint16(at + to.ropDescriptor, d.ropDescriptor, true);
        view.setUint8(at + to.scaleMode, d.scaleMode === "nearest" ? 1 : 0);
        return parts.mask(at + to.mask.flags, d.mask);
      }
      case "copyBits": {
        const { x, y } = drawing.srcPos;
        return parts.point(at, x, y);
      }
      case "drawOpaque": {
        const to = qxl.Opaque.at, d = drawing.data;
        parts.image(at + to.srcBitmap, d.srcBitmap);
        parts.rect(at + to.srcArea.top, d.srcArea);
        parts.brush(at + to.brush.type, d.brush);
        view.setUint16(at + to.ropDescriptor, d.ropDescriptor, true);
        view.setUint8(at + to.scaleMode, d.scaleMode === "nearest" ? 1 : 0);
        return parts.mask(at + to.mask.flags, d.mask);
      }
      case "drawRop3": {
        const to = qxl.Rop3.at, d = drawing.data;
        parts.image(at + to.srcBitmap, d.srcBitmap);
        parts.rect(at + to.srcArea.top, d.srcArea);
        parts.brush(at + to.brush.type, d.brush);
        view.setUint8(at + to.rop3, d.rop3);
        view.setUint8(at + to.scaleMode, d.scaleMode === "nearest" ? 1 : 0);
        return parts.mask(at + to.mask.flags, d.mask);
      }
      case "drawBlackness":
      case "drawWhiteness":
      case "drawInvers":
        return parts.mask(at, drawing.data.mask);
      case "drawStroke": {
        const to = qxl.Stroke.at, { path, attr, brush, foreMode, backMode } = drawing.data;
        parts.pointer(at + to.path, parts.path(path));
        view.setUint8(at + to.attr.flags, attr.flags);
        view.setUint8(at + to.attr.styleNseg, attr.style?.length ?? 0);
        parts.null(at + to.attr.style);
        if (attr.style) parts.pointer(at + to.attr.style, parts.numbers(attr.style));
        parts.brush(at + to.brush.type, brush);
        view.setUint16(at + to.foreMode, foreMode, true);
        return view.setUint16(at + to.backMode, backMode, true);
      }
      case "drawText": {
        const to = qxl.Text.at, d = drawing.data;
        parts.pointer(at + to.str, parts.string(d.str));
        parts.rect(at + to.backArea.top, d.backArea);
        parts.brush(at + to.foreBrush.type, d.foreBrush);
        parts.brush(at + to.backBrush.type, d.backBrush);
        view.setUint16(at + to.foreMode, d.foreMode, true);
        return view.setUint16(at + to.backMode, d.backMode, true);
      }
      case "drawTransparent": {
        const to = qxl.Transparent.at, d = drawing.data;
        parts.image(at + to.srcBitmap, d.srcBitmap);
        parts.rect(at + to.srcArea.top, d.srcArea);
        view.setUint32(at + to.srcColor, d.srcColor, true);
        return view.setUint32(at + to.trueColor, d.trueColor, true);
      }
      case "drawAlphaBlend": {
        const to = qxl.AlphaBlend.at, d = drawing.data;
        view.setUint16(at + to.alphaFlags, d.alphaFlags, true);
        view.setUint8(at + to.alpha, d.alpha);
        parts.image(at + to.srcBitmap, d.srcBitmap);
        return parts.rect(at + to.srcArea.top, d.srcArea);
      }
      case "drawComposite": {
        const to = qxl.Composite.at, d = drawing.data;
        view.setUint32(at + to.flags, d.flags, true);
        parts.image(at + to.src, d.srcBitmap);
        parts.image(
          at + to.mask,
          d.flags & CompositeFlags.hasMask ? d.maskBitmap ?? null : null,
        );
        parts.transform(at + to.srcTransform, d.srcTransform);
        parts.transform(at + to.maskTransform, d.maskTransform);
        view.setInt16(at + to.srcOrigin.x, d.srcOrigin.x, true);
        view.setInt16(at + to.srcOrigin.y, d.srcOrigin.y, true);
        view.setInt16(at + to.maskOrigin.x, d.maskOrigin.x, true);
        view.setInt16(at + to.maskOrigin.y, d.maskOrigin.y, true);
      }
    }
  }

  /** A QXLCursorCmd at `at`, with spaceForCursor(command) bytes. */
  cursor(at: number, command: CursorCommand): void {
    const view = this.#view,
      parts = this.#parts,
      to = qxl.CursorCmd.at,
      types = qxl.CursorCommandType;
    parts.begin(at, qxl.CursorCmd.size);
    const kind = command.kind === "set" && !command.shape.header ? "hide" : command.kind;
    view.setUint8(at + to.type, kind === "reset" ? types.hide : types[kind]);
    if (command.kind === "set" && kind === "set") {
      view.setInt16(at + to.u.set.position.x, command.position.x, true);
      view.setInt16(at + to.u.set.position.y, command.position.y, true);
      view.setUint8(at + to.u.set.visible, command.visible ? 1 : 0);
      parts.pointer(at + to.u.set.shape, this.#cursorShape(command.shape));
    } else if (command.kind === "move") {
      view.setInt16(at + to.u.position.x, command.position.x, true);
      view.setInt16(at + to.u.position.y, command.position.y, true);
    } else if (command.kind === "trail") {
      view.setUint16(at + to.u.trail.length, command.length, true);
      view.setUint16(at + to.u.trail.frequency, command.frequency, true);
    }
  }

  #cursorShape({ header, data }: Cursor): number {
    const view = this.#view, parts = this.#parts, { header: to, dataSize, chunk } = qxl.Cursor.at;
    const at = parts.place(qxl.Cursor.size + data.length);
    const h = header!;
    view.setBigUint64(at + to.unique, h.unique, true);
    view.setUint16(at + to.type, CursorType.values[h.type], true);
    view.setUint16(at + to.width, h.width, true);
    view.setUint16(at + to.height, h.height, true);
    view.setUint16(at + to.hotSpotX, h.hotSpotX, true);
    view.setUint16(at + to.hotSpotY, h.hotSpotY, true);
    view.setUint32(at + dataSize, data.length, true);
    this.#bytes.set(data, parts.chunkAt(at + chunk.dataSize, data.length));
    return at;
  }
}
