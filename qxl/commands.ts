/**
 * The border: guest memory in, the drawing types of core/protocol out. Nothing behind it has seen
 * an address of the guest. Every field is read once, checked and used.
 * Sources: qxl_dev.h, red-parse-qxl.cpp, and for what a surface must bear display-channel.cpp.
 */
import { GuestError } from "../core/binary/error.ts";
import type { Brush, Clip, Drawing, Point, QMask, Rect } from "../core/protocol/drawing.ts";
import { CompositeFlags } from "../core/protocol/drawing.ts";
import type { Image } from "../core/protocol/image.ts";
import type { Surface } from "../core/raster/surface.ts";
import { Chunks } from "./chunks.ts";
import { Images, widened } from "./images.ts";
import * as qxl from "./memory.ts";
import { selfBitmap } from "./self_bitmap.ts";
import { Shapes } from "./shapes.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

const native = qxl.Drawable.at, compat = qxl.CompatDrawable.at;
const NATIVE_ARM = native.u.fill.brush.type, COMPAT_ARM = compat.u.fill.brush.type;
const { fill, opaque, copy, transparent, rop3, stroke, text, composite, copyBits } = {
  fill: qxl.Fill.at,
  opaque: qxl.Opaque.at,
  copy: qxl.Copy.at,
  transparent: qxl.Transparent.at,
  rop3: qxl.Rop3.at,
  stroke: qxl.Stroke.at,
  text: qxl.Text.at,
  composite: qxl.Composite.at,
  copyBits: qxl.CopyBits.at,
};
const DRAW = qxl.DrawType;
/** Bytes of each kind's arm, by type. */
const ARM: number[] = [];
for (
  const [type, size] of [
    [DRAW.nop, 0],
    [DRAW.fill, qxl.Fill.size],
    [DRAW.opaque, qxl.Opaque.size],
    [DRAW.copy, qxl.Copy.size],
    [DRAW.copyBits, qxl.CopyBits.size],
    [DRAW.blend, qxl.Copy.size],
    [DRAW.blackness, qxl.Blackness.size],
    [DRAW.whiteness, qxl.Blackness.size],
    [DRAW.invers, qxl.Blackness.size],
    [DRAW.rop3, qxl.Rop3.size],
    [DRAW.stroke, qxl.Stroke.size],
    [DRAW.text, qxl.Text.size],
    [DRAW.transparent, qxl.Transparent.size],
    [DRAW.alphaBlend, qxl.AlphaBlend.size],
    [DRAW.composite, qxl.Composite.size],
  ]
) ARM[type] = size;

const NONE: Brush = { type: "none" };
const NO_CLIP: Clip = { type: "none" };
const NO_MASK: QMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const HAS_FLAGS = CompositeFlags.hasMask | CompositeFlags.hasSrcTransform |
  CompositeFlags.hasMaskTransform;

/** Reads drawables, in either shape. */
export class Commands {
  readonly chunks: Chunks;
  readonly #view: DataView;
  readonly #slots: Slots;
  readonly #surfaces: ReadonlyMap<number, Surface>;
  readonly #images: Images;
  readonly #shapes: Shapes;
  /** Revision 1: drawables are QXLCompatDrawable. */
  compat = false;

  /** settle: called before a surface's pixels are read. */
  constructor(
    memory: VideoMemory,
    slots: Slots,
    surfaces: ReadonlyMap<number, Surface>,
    readonly settle: () => void = () => {},
  ) {
    this.#view = memory.view;
    this.#slots = slots;
    this.#surfaces = surfaces;
    this.chunks = new Chunks(memory, slots);
    this.#images = new Images(memory, slots, this.chunks, surfaces);
    this.#shapes = new Shapes(memory, slots, this.chunks);
  }

  /** QXL_COMMAND_FLAG_COMPAT_16BPP: colours are counted in 15 bits. */
  set narrow(narrow: boolean) {
    this.#images.narrow = narrow;
  }

  /**
   * The drawing whose QXLDrawable is at `at`, in a slot that ends at `end`; null if it would
   * change no pixel. GuestError: it is to be refused.
   */
  drawing(at: number, end: number): Drawing | null {
    const view = this.#view;
    const old = this.compat;
    const head = old ? COMPAT_ARM : NATIVE_ARM;
    if (at + head > end) throw new GuestError("Cannot read Drawable: its slot ends inside");
    const type = view.getUint8(at + (old ? compat.type : native.type));
    const size = ARM[type];
    if (size === undefined) throw new GuestError(`Cannot read Drawable.type: ${type} is none`);
    if (at + head + size > end) {
      throw new GuestError("Cannot read Drawable.u: its slot ends inside");
    }
    const surfaceId = old ? 0 : view.getUint32(at + native.surfaceId, true);
    const surface = this.#surfaces.get(surfaceId);
    if (!surface) {
      throw new GuestError(`Cannot read Drawable.surfaceId: there is no surface ${surfaceId}`);
    }
    const box = rectAt(view, at + (old ? compat.bbox.top : native.bbox.top));
    if (
      box.top < 0 || box.left < 0 || box.bottom < 0 || box.right < 0 ||
      box.bottom > surface.height || box.right > surface.width
    ) {
      throw new GuestError(
        `Cannot read Drawable.bbox: ${show(box)} on ${surface.width}×${surface.height}`,
      );
    }
    if (!old) {
      for (let i = 0; i < 3; i++) {
        const id = view.getInt32(at + native.surfacesDest[i], true);
        if (id !== -1 && !this.#surfaces.has(id)) {
          throw new GuestError(`Cannot read Drawable.surfacesDest: there is no surface ${id}`);
        }
      }
    }
    const clip = this.#clip(at + (old ? compat.clip.type : native.clip.type));
    if (type === DRAW.nop || box.top >= box.bottom || box.left >= box.right) return null;
    if (clip.type === "rects" && !touches(box, clip.rects)) return null;
    const base = { surfaceId, box, clip };
    return this.#body(type, at + head, base, (): Image => {
      const wanted = old
        ? view.getUint16(at + compat.bitmapOffset, true)
        : view.getUint8(at + native.selfBitmap);
      if (wanted === 0) throw new GuestError("Cannot read Drawable: it has no source");
      const area = rectAt(view, at + (old ? compat.bitmapArea.top : native.selfBitmapArea.top));
      this.settle();
      return selfBitmap(surface, surfaceId, area, this.chunks);
    });
  }

  /** self: makes the image that stands for a source which is null. */
  #body(
    type: number,
    at: number,
    base: { surfaceId: number; box: Rect; clip: Clip },
    self: () => Image,
  ): Drawing {
    const view = this.#view, images = this.#images;
    switch (type) {
      case DRAW.fill:
        return {
          kind: "drawFill",
          base,
          data: {
            brush: this.#brush(at + fill.brush.type, "Fill.brush"),
            ropDescriptor: view.getUint16(at + fill.ropDescriptor, true),
            mask: this.#mask(at + fill.mask.flags),
          },
        };
      case DRAW.copy:
      case DRAW.blend: {
        const srcBitmap = images.follow(at + copy.srcBitmap, "Copy.srcBitmap");
        if (srcBitmap === null) throw new GuestError("Cannot read Copy.srcBitmap: it is null");
        return {
          kind: type === DRAW.copy ? "drawCopy" : "drawBlend",
          base,
          data: {
            srcBitmap,
            srcArea: sourceArea(view, at + copy.srcArea.top, srcBitmap, "Copy.srcArea"),
            ropDescriptor: view.getUint16(at + copy.ropDescriptor, true),
            scaleMode: this.#scaleMode(at + copy.scaleMode),
            mask: this.#mask(at + copy.mask.flags),
          },
        };
      }
      case DRAW.copyBits:
        return { kind: "copyBits", base, srcPos: pointAt(view, at + copyBits.srcPos.x) };
      case DRAW.opaque: {
        const srcBitmap = images.follow(at + opaque.srcBitmap, "Opaque.srcBitmap") ?? self();
        return {
          kind: "drawOpaque",
          base,
          data: {
            srcBitmap,
            srcArea: sourceArea(view, at + opaque.srcArea.top, srcBitmap, "Opaque.srcArea"),
            brush: this.#brush(at + opaque.brush.type, "Opaque.brush"),
            ropDescriptor: view.getUint16(at + opaque.ropDescriptor, true),
            scaleMode: this.#scaleMode(at + opaque.scaleMode),
            mask: this.#mask(at + opaque.mask.flags),
          },
        };
      }
      case DRAW.rop3: {
        const srcBitmap = images.follow(at + rop3.srcBitmap, "Rop3.srcBitmap") ?? self();
        return {
          kind: "drawRop3",
          base,
          data: {
            srcBitmap,
            srcArea: sourceArea(view, at + rop3.srcArea.top, srcBitmap, "Rop3.srcArea"),
            brush: this.#brush(at + rop3.brush.type, "Rop3.brush"),
            rop3: view.getUint8(at + rop3.rop3),
            scaleMode: this.#scaleMode(at + rop3.scaleMode),
            mask: this.#mask(at + rop3.mask.flags),
          },
        };
      }
      case DRAW.blackness:
        return { kind: "drawBlackness", base, data: { mask: this.#mask(at) } };
      case DRAW.whiteness:
        return { kind: "drawWhiteness", base, data: { mask: this.#mask(at) } };
      case DRAW.invers:
        return { kind: "drawInvers", base, data: { mask: this.#mask(at) } };
      case DRAW.stroke:
        return {
          kind: "drawStroke",
          base,
          data: {
            path: this.#shapes.path(at + stroke.path),
            attr: this.#lineAttr(at),
            brush: this.#brush(at + stroke.brush.type, "Stroke.brush"),
            foreMode: view.getUint16(at + stroke.foreMode, true),
            backMode: view.getUint16(at + stroke.backMode, true),
          },
        };
      case DRAW.text:
        return {
          kind: "drawText",
          base,
          data: {
            str: this.#shapes.string(at + text.str),
            backArea: rectAt(view, at + text.backArea.top),
            foreBrush: this.#brush(at + text.foreBrush.type, "Text.foreBrush"),
            backBrush: this.#brush(at + text.backBrush.type, "Text.backBrush"),
            foreMode: view.getUint16(at + text.foreMode, true),
            backMode: view.getUint16(at + text.backMode, true),
          },
        };
      case DRAW.transparent: {
        const srcBitmap = images.follow(at + transparent.srcBitmap, "Transparent.srcBitmap") ??
          self();
        return {
          kind: "drawTransparent",
          base,
          data: {
            srcBitmap,
            srcArea: sourceArea(
              view,
              at + transparent.srcArea.top,
              srcBitmap,
              "Transparent.srcArea",
            ),
            srcColor: view.getUint32(at + transparent.srcColor, true),
            trueColor: view.getUint32(at + transparent.trueColor, true),
          },
        };
      }
      case DRAW.alphaBlend: {
        const arm = this.compat
          ? { ...qxl.CompatAlphaBlend.at, alphaFlags: -1 }
          : qxl.AlphaBlend.at;
        const srcBitmap = images.follow(at + arm.srcBitmap, "AlphaBlend.srcBitmap") ?? self();
        return {
          kind: "drawAlphaBlend",
          base,
          data: {
            alphaFlags: arm.alphaFlags < 0 ? 0 : view.getUint16(at + arm.alphaFlags, true) & 0xff,
            alpha: view.getUint8(at + arm.alpha),
            srcBitmap,
            srcArea: sourceArea(view, at + arm.srcArea.top, srcBitmap, "AlphaBlend.srcArea"),
          },
        };
      }
    }
    if (this.compat) throw new GuestError("Cannot read Drawable.type: revision 1 has no composite");
    return this.#composite(at, base, self);
  }

  #composite(
    at: number,
    base: { surfaceId: number; box: Rect; clip: Clip },
    self: () => Image,
  ): Drawing {
    const view = this.#view;
    let flags = view.getUint32(at + composite.flags, true) & ~HAS_FLAGS;
    const srcBitmap = this.#images.follow(at + composite.src, "Composite.src") ?? self();
    const srcTransform = this.#transform(at + composite.srcTransform);
    const maskBitmap = this.#images.follow(at + composite.mask, "Composite.mask");
    const maskTransform = maskBitmap && this.#transform(at + composite.maskTransform);
    if (srcTransform) flags |= CompositeFlags.hasSrcTransform;
    if (maskBitmap) flags |= CompositeFlags.hasMask;
    if (maskTransform) flags |= CompositeFlags.hasMaskTransform;
    return {
      kind: "drawComposite",
      base,
      data: {
        flags: flags >>> 0,
        srcBitmap,
        ...maskBitmap ? { maskBitmap } : {},
        ...srcTransform ? { srcTransform } : {},
        ...maskTransform ? { maskTransform } : {},
        srcOrigin: point16At(view, at + composite.srcOrigin.x),
        maskOrigin: point16At(view, at + composite.maskOrigin.x),
      },
    };
  }

  #transform(pointer: number) {
    const at = this.#slots.followOrNull(pointer, qxl.Transform.size, "Composite.transform");
    if (at < 0) return null;
    const [t00, t01, t02, t10, t11, t12] = [0, 4, 8, 12, 16, 20].map((i) =>
      this.#view.getUint32(at + i, true)
    );
    return { t00, t01, t02, t10, t11, t12 };
  }

  #clip(at: number): Clip {
    const type = this.#view.getUint32(at, true);
    if (type === 0) return NO_CLIP;
    if (type !== 1) throw new GuestError(`Cannot read Clip.type: ${type} is none`);
    return { type: "rects", rects: this.#shapes.rects(at + qxl.Clip.at.data) };
  }

  #brush(at: number, what: string): Brush {
    const view = this.#view;
    const type = view.getUint32(at, true);
    if (type === 0) return NONE;
    const u = at + qxl.Brush.at.u.color;
    if (type === 1) {
      const color = view.getUint32(u, true);
      return { type: "solid", color: this.#images.narrow ? widened(color) : color };
    }
    if (type !== 2) throw new GuestError(`Cannot read ${what}.type: ${type} is none`);
    const pat = this.#images.follow(u, what);
    if (pat === null) throw new GuestError(`Cannot read ${what}.pattern: it is null`);
    return { type: "pattern", pat, pos: pointAt(view, at + qxl.Brush.at.u.pattern.pos.x) };
  }

  #mask(at: number): QMask {
    const bitmap = this.#images.follow(at + qxl.QMask.at.bitmap, "QMask.bitmap", true);
    if (bitmap === null) return NO_MASK;
    return {
      flags: this.#view.getUint8(at),
      pos: pointAt(this.#view, at + qxl.QMask.at.pos.x),
      bitmap,
    };
  }

  #scaleMode(at: number): "interpolate" | "nearest" {
    const mode = this.#view.getUint8(at);
    if (mode > 1) throw new GuestError(`Cannot read scaleMode: ${mode} is none`);
    return mode === 0 ? "interpolate" : "nearest";
  }

  /** spice.proto: flags8 line_flags; styled: 3. */
  #lineAttr(at: number): { flags: number; style?: number[] } {
    const view = this.#view;
    const flags = view.getUint8(at + stroke.attr.flags);
    if ((flags & 8) === 0) return { flags };
    const count = view.getUint8(at + stroke.attr.styleNseg);
    const from = this.#slots.follow(at + stroke.attr.style, count * 4, "LineAttr.style");
    const style = new Array<number>(count);
    for (let i = 0; i < count; i++) style[i] = view.getInt32(from + i * 4, true) / 16;
    return { flags, style };
  }
}

const rectAt = (view: DataView, at: number): Rect => ({
  top: view.getInt32(at, true),
  left: view.getInt32(at + 4, true),
  bottom: view.getInt32(at + 8, true),
  right: view.getInt32(at + 12, true),
});
const pointAt = (view: DataView, at: number): Point => ({
  x: view.getInt32(at, true),
  y: view.getInt32(at + 4, true),
});
const point16At = (view: DataView, at: number): Point => ({
  x: view.getInt16(at, true),
  y: view.getInt16(at + 2, true),
});

const show = ({ left, top, right, bottom }: Rect) => `(${left}, ${top})–(${right}, ${bottom})`;

/** The part of an image that is meant: within a bitmap, and not turned round. */
function sourceArea(view: DataView, at: number, image: Image, what: string): Rect {
  const area = rectAt(view, at);
  if (
    area.left < 0 || area.left > area.right || area.top < 0 || area.top > area.bottom ||
    image.type === "bitmap" && (area.right > image.x || area.bottom > image.y)
  ) throw new GuestError(`Cannot read ${what}: ${show(area)} is not in the image`);
  return area;
}

function touches(box: Rect, rects: readonly Rect[]): boolean {
  for (let i = 0; i < rects.length; i++) {
    const r = rects[i];
    if (
      Math.max(r.left, box.left) < Math.min(r.right, box.right) &&
      Math.max(r.top, box.top) < Math.min(r.bottom, box.bottom)
    ) return true;
  }
  return false;
}
