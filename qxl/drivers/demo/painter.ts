/** Draws within a clip: what a widget paints becomes QXL drawings, cut down to what is to be seen. */
import {
  type Clip,
  type DisplayBase,
  type Drawing,
  type Point,
  type QMask,
  type Rect,
  Ropd,
  StringFlags,
} from "../../../core/protocol/drawing.ts";
import {
  around,
  covers,
  intersection,
  isEmptyRect,
  moved,
  overlap,
} from "../../../core/raster/rect.ts";
import type { Font } from "./font.ts";
import type { Picture } from "./picture.ts";

export const box = (left: number, top: number, width: number, height: number): Rect => ({
  top,
  left,
  bottom: top + height,
  right: left + width,
});

const noMask: QMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const nowhere: Rect = box(0, 0, 0, 0);

export class Painter {
  /** origin: where the widget's (0, 0) is on the surface. clip: rects of the surface; they do not overlap. */
  constructor(
    readonly out: Drawing[],
    readonly clip: readonly Rect[],
    readonly origin: Point = { x: 0, y: 0 },
    readonly surfaceId: number = 0,
  ) {}

  /** The same with another (0, 0). */
  at(x: number, y: number): Painter {
    const origin = { x: this.origin.x + x, y: this.origin.y + y };
    return new Painter(this.out, this.clip, origin, this.surfaceId);
  }

  /** The same, cut down to a rect of the surface. */
  within(rect: Rect): Painter {
    const clip = this.clip.filter((part) => overlap(part, rect)).map((part) =>
      intersection(part, rect)
    );
    return new Painter(this.out, clip, this.origin, this.surfaceId);
  }

  /** Whether anything of this rect is to be seen. */
  sees(rect: Rect): boolean {
    const there = this.#there(rect);
    return this.clip.some((part) => overlap(part, there));
  }

  #there(rect: Rect): Rect {
    return moved(rect, this.origin.x, this.origin.y);
  }

  /** Where to draw a rect of the surface; null when nothing of it is to be seen. */
  #base(there: Rect): DisplayBase | null {
    const rects: Rect[] = [];
    for (const part of this.clip) {
      if (covers(part, there)) return { surfaceId: this.surfaceId, box: there, clip: unclipped };
      if (overlap(part, there)) rects.push(intersection(part, there));
    }
    if (rects.length === 0) return null;
    return { surfaceId: this.surfaceId, box: there, clip: { type: "rects", rects } };
  }

  /** The same, where a drawing can as well be made smaller. */
  #cut(there: Rect): DisplayBase | null {
    const base = this.#base(there);
    if (base?.clip.type !== "rects") return base;
    const bounds = base.clip.rects.reduce(around);
    const clip = base.clip.rects.length === 1 ? unclipped : base.clip;
    return { surfaceId: this.surfaceId, box: bounds, clip };
  }

  fill(rect: Rect, color: number): void {
    const base = isEmptyRect(rect) ? null : this.#cut(this.#there(rect));
    if (!base) return;
    const data = {
      brush: { type: "solid", color } as const,
      ropDescriptor: Ropd.opPut,
      mask: noMask,
    };
    this.out.push({ kind: "drawFill", base, data });
  }

  /** The outline, one pixel thick, within the rect. */
  outline(rect: Rect, color: number): void {
    const { left, top, right, bottom } = rect;
    this.fill({ left, top, right, bottom: top + 1 }, color);
    this.fill({ left, top: bottom - 1, right, bottom }, color);
    this.fill({ left, top: top + 1, right: left + 1, bottom: bottom - 1 }, color);
    this.fill({ left: right - 1, top: top + 1, right, bottom: bottom - 1 }, color);
  }

  text(text: string, x: number, baseLine: number, color: number, font: Font): void {
    const glyphs = font.lay(text, x + this.origin.x, baseLine + this.origin.y);
    if (glyphs.length === 0) return;
    const there = glyphs.map(({ renderPos, glyphOrigin, width, height }) =>
      box(renderPos.x + glyphOrigin.x, renderPos.y + glyphOrigin.y, width, height)
    ).reduce(around);
    const base = this.#base(there);
    if (!base) return;
    this.out.push({
      kind: "drawText",
      base,
      data: {
        str: { flags: StringFlags.rasterA4, glyphs },
        backArea: nowhere,
        foreBrush: { type: "solid", color },
        backBrush: { type: "none" },
        foreMode: Ropd.opPut,
        backMode: 0,
      },
    });
  }

  /** Opaque pixels; from: which part of the picture. */
  copy(picture: Picture, x: number, y: number, from?: Rect): void {
    const { width, height } = picture;
    this.#copy(picture.image, x, y, from ?? box(0, 0, width, height));
  }

  /** From an off-screen surface. */
  copySurface(
    surfaceId: number,
    size: { width: number; height: number },
    x: number,
    y: number,
    from: Rect,
  ) {
    const { width, height } = size;
    this.#copy({ id: 0n, type: "surface", flags: 0, width, height, surfaceId }, x, y, from);
  }

  #copy(srcBitmap: Picture["image"] | SurfaceImage, x: number, y: number, from: Rect): void {
    const there = this.#there(box(x, y, from.right - from.left, from.bottom - from.top));
    const base = this.#cut(there);
    if (!base) return;
    const srcArea = moved(base.box, from.left - there.left, from.top - there.top);
    this.out.push({
      kind: "drawCopy",
      base,
      data: {
        srcBitmap,
        srcArea,
        ropDescriptor: Ropd.opPut,
        scaleMode: "interpolate",
        mask: noMask,
      },
    });
  }

  /** Pixels with alpha of their own, which alpha (0 to 255) thins out further. */
  blend(picture: Picture, x: number, y: number, from?: Rect, alpha = 255): void {
    const part = from ?? box(0, 0, picture.width, picture.height);
    const there = this.#there(box(x, y, part.right - part.left, part.bottom - part.top));
    const base = isEmptyRect(there) ? null : this.#cut(there);
    if (!base) return;
    const srcArea = moved(base.box, part.left - there.left, part.top - there.top);
    const data = { alphaFlags: 0, alpha, srcBitmap: picture.image, srcArea };
    this.out.push({ kind: "drawAlphaBlend", base, data });
  }

  /** A line of one pixel's width through these points. */
  stroke(points: readonly Point[], color: number): void {
    const moved = points.map(({ x, y }) => ({ x: x + this.origin.x, y: y + this.origin.y }));
    const there = moved.map(({ x, y }) => box(Math.floor(x), Math.floor(y), 1, 1)).reduce(around);
    const base = this.#base(there);
    if (!base) return;
    this.out.push({
      kind: "drawStroke",
      base,
      data: {
        path: { segments: [{ flags: 3, points: moved }] },
        attr: { flags: 0 },
        brush: { type: "solid", color },
        foreMode: Ropd.opPut,
        backMode: 0,
      },
    });
  }
}

type SurfaceImage = {
  id: bigint;
  type: "surface";
  flags: number;
  width: number;
  height: number;
  surfaceId: number;
};

const unclipped: Clip = { type: "none" };
