import type { Drawing, Rect } from "../../core/protocol/drawing.ts";
import { intersection } from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";
import type { Surface } from "../../core/raster/surface.ts";

/** Rects of one surface beyond which a region is made coarser. */
const MAX_RECTS = 64;

/**
 * What a client that lags has missed: regions instead of commands, so it stays small however long
 * the client sleeps. While anything is owed, new drawings are owed too; what is sent is always the
 * picture of the moment. When nothing is owed any more, client and guest show the same.
 */
export class Arrears {
  readonly #stale = new Map<number, Region>();

  get isClear(): boolean {
    return this.#stale.size === 0;
  }

  /** Pixels that are owed. */
  get pixels(): number {
    let sum = 0;
    for (const region of this.#stale.values()) sum += region.area;
    return sum;
  }

  /** The client misses what this drawing changed. */
  owe(drawing: Drawing, surface: Surface | undefined): void {
    if (!surface) return;
    const { surfaceId, box, clip } = drawing.base;
    const region = this.#of(surfaceId);
    const whole = clipped(box, surface);
    if (clip.type === "rects" && clip.rects.length <= 8) {
      for (const rect of clip.rects) region.add(intersection(rect, whole));
    } else region.add(whole);
    this.#settle(surfaceId, region);
  }

  /** The client misses this rect. */
  oweRect(surfaceId: number, rect: Rect, surface: Surface): void {
    const region = this.#of(surfaceId);
    region.add(clipped(rect, surface));
    this.#settle(surfaceId, region);
  }

  /** The client misses the whole surface. */
  oweAll(surfaceId: number, surface: Surface): void {
    const region = this.#of(surfaceId);
    region.clear();
    region.add({ top: 0, left: 0, bottom: surface.height, right: surface.width });
    this.#settle(surfaceId, region);
  }

  forget(surfaceId: number): void {
    this.#stale.delete(surfaceId);
  }

  clear(): void {
    this.#stale.clear();
  }

  /** Takes one rect to be sent now; null: nothing is owed. maxPixels: at most so many, but a row at least. */
  take(maxPixels: (surfaceId: number) => number): { surfaceId: number; rect: Rect } | null {
    for (const [surfaceId, region] of this.#stale) {
      const rect = cut(region.rects[0], maxPixels(surfaceId));
      region.subtract(rect);
      this.#settle(surfaceId, region);
      return { surfaceId, rect };
    }
    return null;
  }

  #of(surfaceId: number): Region {
    let region = this.#stale.get(surfaceId);
    if (!region) this.#stale.set(surfaceId, region = new Region());
    return region;
  }

  #settle(surfaceId: number, region: Region): void {
    if (region.isEmpty) this.#stale.delete(surfaceId);
    else if (region.rects.length > MAX_RECTS) region.simplify(MAX_RECTS / 2);
  }
}

function cut(rect: Rect, maxPixels: number): Rect {
  const rows = Math.max(1, Math.floor(maxPixels / (rect.right - rect.left)));
  return { ...rect, bottom: Math.min(rect.bottom, rect.top + rows) };
}

function clipped(box: Rect, surface: Surface): Rect {
  return intersection(box, { top: 0, left: 0, bottom: surface.height, right: surface.width });
}
