import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import { isOpaque } from "../../core/raster/opaque.ts";
import { areaOf, covers, intersection, type Rect } from "../../core/raster/rect.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { GRADUAL, graduality } from "./graduality.ts";
import { pictureOf } from "./refresh.ts";

/** What is drawn on within this time belongs to one frame. */
const FRAME_MS = 8;
/** Drawings of this share of it, within a second, keep it alive. */
const LEAST_SHARE = 0.25;
/** How often it is asked whether its picture is photographic. */
const LOOK_MS = 1000;

/** A region of the primary surface where pictures move: what every client may be shown as a stream. */
export class Video {
  /** Counts what is drawn on it: a picture taken at the same count is the same. */
  damage = 0;
  damagedMs: number;
  /** When the first drawing of the latest frame came. */
  frameMs: number;
  /** When enough of it was drawn on last. */
  aliveMs: number;
  framesPerSecond = 30;
  /** Streams that show it: without one no picture is kept. */
  watchers = 0;
  #pixels = 0;
  #pixelsSinceMs: number;
  /** The drawing that covers it wholly, with nothing drawn since. */
  #whole: BorrowedDrawing | null = null;
  #picture: { damage: number; bitmap: Bitmap } | null = null;
  #gradual: { atMs: number; is: boolean } | null = null;

  constructor(readonly rect: Rect, nowMs: number) {
    this.damagedMs =
      this.frameMs =
      this.aliveMs =
      this.#pixelsSinceMs =
        nowMs;
  }

  /** area: where the command draws, on this surface. */
  drawn(command: BorrowedDrawing, area: readonly Rect[], nowMs: number): void {
    let pixels = 0;
    for (const rect of area) {
      pixels += Math.max(0, areaOf(intersection(rect, this.rect)));
    }
    if (pixels === 0) return;
    this.damage++;
    const gap = nowMs - this.damagedMs;
    if (gap >= FRAME_MS) {
      this.frameMs = nowMs;
      this.framesPerSecond += (1000 / Math.min(gap, 1000) - this.framesPerSecond) * 0.1;
    }
    this.damagedMs = nowMs;
    this.#live(pixels, nowMs);
    this.release();
    if (this.watchers > 0 && isWhole(command.drawing, this.rect)) {
      command.retain();
      this.#whole = command;
    }
  }

  #live(pixels: number, nowMs: number): void {
    if (nowMs - this.#pixelsSinceMs > 1000) {
      this.#pixels = 0;
      this.#pixelsSinceMs = nowMs;
    }
    this.#pixels += pixels;
    if (this.#pixels < LEAST_SHARE * areaOf(this.rect)) return;
    this.aliveMs = nowMs;
    this.#pixels = 0;
    this.#pixelsSinceMs = nowMs;
  }

  /** The frame is there as one drawing: nothing more of it is to come. */
  get complete(): boolean {
    return this.#whole !== null;
  }

  /**
   * What it shows now. The bytes are the guest's: a drawing's, on loan until `release`, or the surface's,
   * which may change while they are read; what changes them is drawn on the region, so another frame
   * follows.
   */
  frame(surface: Surface, settle: () => void): { bitmap: Bitmap; loan: BorrowedDrawing | null } {
    if (this.#whole !== null) return { bitmap: bitmapOf(this.#whole.drawing)!, loan: this.#whole };
    if (this.#picture?.damage !== this.damage) {
      settle();
      this.#picture = { damage: this.damage, bitmap: viewOf(surface, this.rect) };
    }
    return { bitmap: this.#picture.bitmap, loan: null };
  }

  /** It is a photograph rather than text, as far as was looked lately. */
  gradual(surface: Surface, settle: () => void, nowMs: number): boolean {
    if (this.#gradual === null || nowMs - this.#gradual.atMs >= LOOK_MS) {
      const { bitmap } = this.frame(surface, settle);
      this.#gradual = { atMs: nowMs, is: graduality(bitmap) < GRADUAL };
    }
    return this.#gradual.is;
  }

  /** The guest gets its memory back; the surface has the same picture. */
  release(): void {
    this.#whole?.release();
    this.#whole = null;
  }
}

/** The picture of an unscaled opaque copy. */
function bitmapOf(drawing: Drawing): Bitmap | null {
  if (drawing.kind !== "drawCopy") return null;
  const { srcBitmap } = drawing.data;
  return srcBitmap?.type === "bitmap" ? srcBitmap : null;
}

/** The drawing is the rect's new picture, and nothing else. */
function isWhole(drawing: Drawing, rect: Rect): boolean {
  const { box, clip } = drawing.base;
  if (drawing.kind !== "drawCopy" || clip.type !== "none" || !isOpaque(drawing)) return false;
  const bitmap = bitmapOf(drawing);
  const { srcArea } = drawing.data;
  return bitmap !== null && covers(box, rect) && covers(rect, box) &&
    (bitmap.format === "bit32" || bitmap.format === "rgba") &&
    srcArea.left === 0 && srcArea.top === 0 && srcArea.right === bitmap.width &&
    srcArea.bottom === bitmap.height && bitmap.width === rect.right - rect.left &&
    bitmap.height === rect.bottom - rect.top && bitmap.x === bitmap.width &&
    bitmap.y === bitmap.height;
}

/** The rect's pixels without a copy, where the surface has 32 bits a pixel. */
function viewOf(surface: Surface, rect: Rect): Bitmap {
  if (surface.format !== "xrgb32" && surface.format !== "argb32") {
    return pictureOf(surface, rect, "xrgb32", false);
  }
  const width = rect.right - rect.left, height = rect.bottom - rect.top;
  const topDown = surface.stride > 0, stride = Math.abs(surface.stride);
  const row = topDown ? rect.top : rect.bottom - 1;
  const start = surface.origin + row * surface.stride + rect.left * 4;
  return {
    type: "bitmap",
    id: 0n,
    flags: 0,
    width,
    height,
    format: "bit32",
    bitmapFlags: topDown ? BitmapFlags.topDown : 0,
    x: width,
    y: height,
    stride,
    palette: null,
    data: surface.bytes.subarray(start, start + (height - 1) * stride + width * 4),
  };
}
