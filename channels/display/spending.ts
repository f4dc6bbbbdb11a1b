import { areaOf, intersection, overlap, type Rect } from "../../core/raster/rect.ts";

/** Drawings that are remembered, for so long; smaller ones are not. */
const MOST = 32, MEMORY_MS = 2000, LEAST_PIXELS = 1024;

/** What pictures cost of late: bytes that went to one client, and for which part of its screen. */
export class Spending {
  readonly #latest: { rect: Rect; bytes: number; atMs: number }[] = [];
  #next = 0;

  /** A drawing of this rect left, as so many bytes. */
  spent(rect: Rect, bytes: number, atMs: number): void {
    if (areaOf(rect) < LEAST_PIXELS) return;
    this.#latest[this.#next] = { rect, bytes, atMs };
    this.#next = (this.#next + 1) % MOST;
  }

  /** Bytes that a pixel of this rect cost; null: nothing was drawn there lately. */
  perPixel(rect: Rect, nowMs: number): number | null {
    let bytes = 0, pixels = 0;
    for (const one of this.#latest) {
      if (nowMs - one.atMs > MEMORY_MS || !overlap(one.rect, rect)) continue;
      if (areaOf(intersection(one.rect, rect)) * 2 < areaOf(one.rect)) continue;
      bytes += one.bytes;
      pixels += areaOf(one.rect);
    }
    return pixels === 0 ? null : bytes / pixels;
  }
}
