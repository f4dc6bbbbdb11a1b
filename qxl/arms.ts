import { GuestError } from "../core/binary/error.ts";
import type {
  Brush,
  DisplayBase,
  Drawing,
  LineAttr,
  QMask,
  Rect,
} from "../core/protocol/drawing.ts";
import { CompositeFlags } from "../core/protocol/drawing.ts";
import type { Image } from "../core/protocol/image.ts";
import type { Chunks } from "./chunks.ts";
import { Images, widened } from "./images.ts";
import * as qxl from "./memory.ts";
import { point16At, pointAt, rectAt, show } from "./rects.ts";
import type { Shapes } from "./shapes.ts";
import type { Slots } from "./slots.ts";
import type { VideoMemory } from "./video_memory.ts";

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
const NONE: Brush = { type: "none" };
const NO_MASK: QMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const HAS_FLAGS = CompositeFlags.hasMask | CompositeFlags.hasSrcTransform |
  CompositeFlags.hasMaskTransform;

/** Reads what is different from kind to kind: the union of QXLDrawable. Source: red-parse-qxl.cpp. */
export class Arms {
  readonly #view: DataView;
  readonly #slots: Slots;
  readonly images: Images;
  readonly #shapes: Shapes;
  /** Revision 1: an alpha blend has another shape, and there is no composite. */
  compat = false;

  constructor(
    memory: VideoMemory,
    slots: Slots,
    chunks: Chunks,
    shapes: Shapes,
    surfaces: { has(id: number): boolean },
  ) {
    this.#view = memory.view;
    this.#slots = slots;
    this.images = new Images(memory, slots, chunks, surfaces);
    this.#shapes = shapes;
  }

  /** QXL_COMMAND_FLAG_COMPAT_16BPP: colours are counted in 15 bits. */
  set narrow(narrow: boolean) {
    this.images.narrow = narrow;
  }

  /** type: its DrawType, checked; self: makes the image that stands for a source which is null. */
  read(
    type: number,
    at: number,
    base: DisplayBase,
    self: () => Image,
  ): Drawing {
    const view = this.#view, images = this.images;
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
    base: DisplayBase,
    self: () => Image,
  ): Drawing {
    const view = this.#view;
    let flags = view.getUint32(at + composite.flags, true) & ~HAS_FLAGS;
    const srcBitmap = this.images.follow(at + composite.src, "Composite.src") ?? self();
    const srcTransform = this.#transform(at + composite.srcTransform);
    const maskBitmap = this.images.follow(at + composite.mask, "Composite.mask");
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

  #brush(at: number, what: string): Brush {
    const view = this.#view;
    const type = view.getUint32(at, true);
    if (type === 0) return NONE;
    const u = at + qxl.Brush.at.u.color;
    if (type === 1) {
      const color = view.getUint32(u, true);
      return { type: "solid", color: this.images.narrow ? widened(color) : color };
    }
    if (type !== 2) throw new GuestError(`Cannot read ${what}.type: ${type} is none`);
    const pat = this.images.follow(u, what);
    if (pat === null) throw new GuestError(`Cannot read ${what}.pattern: it is null`);
    return { type: "pattern", pat, pos: pointAt(view, at + qxl.Brush.at.u.pattern.pos.x) };
  }

  #mask(at: number): QMask {
    const bitmap = this.images.follow(at + qxl.QMask.at.bitmap, "QMask.bitmap", true);
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
  #lineAttr(at: number): LineAttr {
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

/** The part of an image that is meant: within a bitmap, and not turned round. */
function sourceArea(view: DataView, at: number, image: Image, what: string): Rect {
  const area = rectAt(view, at);
  if (
    area.left < 0 || area.left > area.right || area.top < 0 || area.top > area.bottom ||
    image.type === "bitmap" && (area.right > image.x || area.bottom > image.y)
  ) throw new GuestError(`Cannot read ${what}: ${show(area)} is not in the image`);
  return area;
}
