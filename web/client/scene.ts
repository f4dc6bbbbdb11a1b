/** The surfaces of one display channel, and the drawing on them. */
import { GuestError, ProtocolError } from "../../core/binary/error.ts";
import type { SurfaceFormat } from "../../core/protocol/display.ts";
import type { Clip, Drawing, Rect } from "../../core/protocol/drawing.ts";
import { drawOn, type ImageSource } from "../../core/raster/canvas.ts";
import { around, intersection } from "../../core/raster/rect.ts";
import { createSurface, type Surface } from "../../core/raster/surface.ts";
import { Caches } from "./caches.ts";
import type { Screen } from "./screen.ts";
import type { Stats } from "./stats.ts";

/** More than any screen: 16384 × 16384. */
const MOST_PIXELS = 1 << 28;
/** Clips of more rects than this are shown as one. */
const FEW_RECTS = 8;

export class Scene {
  readonly caches = new Caches();
  readonly #surfaces = new Map<number, Surface>();
  readonly #source: ImageSource = {
    surface: (id) => this.#surfaces.get(id),
    picture: (image) => {
      this.stats.images[image.type] = (this.stats.images[image.type] ?? 0) + 1;
      return this.caches.picture(image);
    },
    palette: (id) => this.caches.palette(id),
  };
  #marked = false;
  #over = false;
  #view: Rect | undefined;

  constructor(readonly screen: Screen, readonly stats: Stats) {}

  get primary(): Surface | undefined {
    return this.#surfaces.get(0);
  }

  /** ProtocolError: the server may not do that. */
  create(id: number, format: SurfaceFormat, width: number, height: number): void {
    if (width * height > MOST_PIXELS) {
      throw new ProtocolError(`the server made a surface of ${width}×${height} pixels`);
    }
    this.#surfaces.set(id, createSurface(format, width, height));
    if (id === 0 && this.#marked) this.#show();
  }

  destroy(id: number): void {
    this.#surfaces.delete(id);
    if (id !== 0) return;
    this.#marked = false;
    this.screen.show(null);
  }

  /** From now on the primary surface may be looked at. */
  mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.#show();
  }

  /** Shows only this part of the primary surface; undefined: all of it. */
  look(view: Rect | undefined): void {
    if (JSON.stringify(view) === JSON.stringify(this.#view)) return;
    this.#view = view;
    if (this.#marked) this.#show();
  }

  /** The session is over: the last picture stays, everything else goes. */
  [Symbol.dispose](): void {
    this.#over = true;
    this.#surfaces.clear();
    this.caches[Symbol.dispose]();
  }

  clear(): void {
    this.#surfaces.clear();
    this.#marked = false;
    this.screen.show(null);
  }

  /** Notes in which form a picture came; those that are packed are counted when they are looked up. */
  count(drawing: Drawing): void {
    if (drawing.kind === "copyBits" || !("srcBitmap" in drawing.data)) return;
    const { images } = this.stats;
    if (drawing.data.srcBitmap?.type === "bitmap") images.bitmap = (images.bitmap ?? 0) + 1;
  }

  /** Draws. What cannot be drawn is counted and left out: the next picture may mend it. */
  draw(drawing: Drawing): void {
    // a picture that was still being inflated: the memory that it would go to is another's by now
    if (this.#over) return;
    const { surfaceId, box, clip } = drawing.base;
    const surface = this.#surfaces.get(surfaceId);
    this.stats.draws++;
    const fault = faultOf(() => {
      this.caches.begin(drawing);
      if (!surface) throw new RangeError(`no surface ${surfaceId}`);
      drawOn(surface, drawing, this.#source);
    });
    // the server counts on what it asked to be kept, whatever became of the drawing
    const lost = faultOf(() => this.caches.end());
    if (fault !== null || lost !== null) this.stats.drop(fault ?? lost!);
    if (surface && surfaceId === 0) this.#damage(box, clip);
  }

  #damage(box: Rect, clip: Clip): void {
    if (clip.type === "none") return this.screen.damage(box);
    if (clip.rects.length === 0) return;
    if (clip.rects.length > FEW_RECTS) {
      return this.screen.damage(intersection(box, clip.rects.reduce(around)));
    }
    for (const rect of clip.rects) this.screen.damage(intersection(box, rect));
  }

  #show(): void {
    const { primary } = this;
    if (primary) this.screen.show(primary, this.#view);
  }
}

/** What is wrong with the guest's drawing; null: nothing. */
function faultOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof GuestError || error instanceof RangeError) return error.message;
    throw error;
  }
}
