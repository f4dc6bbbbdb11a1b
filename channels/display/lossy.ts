import { type Drawing, Ropd } from "../../core/protocol/drawing.ts";
import { areaOf, imagesOf, isOpaque } from "../../core/raster/opaque.ts";
import { covers, intersection, isEmptyRect, moved, type Rect } from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";

/** Rects beyond which a region is made coarser: exact pixels are then taken for lossy ones. */
const MOST_RECTS = 48;

/**
 * Where one client's primary surface shows JPEG instead of the guest's pixels. Nowhere else is
 * anything lossy.
 *
 * INVARIANT: whatever changes the client's primary surface is told here, in the order of sending.
 */
export class Lossy {
  /** Changed since the last look. */
  readonly #fresh = new Region();
  /** Not changed since. */
  readonly #rested = new Region();
  #bounds: Rect = { top: 0, left: 0, bottom: 0, right: 0 };

  get isEmpty(): boolean {
    return this.#fresh.isEmpty && this.#rested.isEmpty;
  }

  /** The client was sent this drawing. lossy: with a picture that has lost something. */
  sent(drawing: Drawing, lossy: boolean): void {
    if (drawing.base.surfaceId !== 0) return;
    if (drawing.kind === "copyBits") return this.#move(drawing);
    if (!lossy && (this.isEmpty || !isOpaque(drawing))) return;
    for (const rect of areaOf(drawing)) {
      this.exact(rect);
      if (lossy) this.#fresh.add(rect);
    }
    this.#bound();
  }

  /** The client shows the guest's pixels there. */
  exact(rect: Rect): void {
    this.#fresh.subtract(rect);
    this.#rested.subtract(rect);
  }

  /** The client has a new primary surface. */
  begin(width: number, height: number): void {
    this.#bounds = { top: 0, left: 0, bottom: height, right: width };
    this.#fresh.clear();
    this.#rested.clear();
  }

  /**
   * The drawing would carry what was lost to somewhere else, or make more of it. What only moves with
   * copyBits, or is seen through something, stays as near to the guest's as it was.
   */
  spoils(drawing: Drawing): boolean {
    if (this.isEmpty || drawing.kind === "copyBits") return false;
    if (imagesOf(drawing).some((image) => image?.type === "surface" && image.surfaceId === 0)) {
      return true;
    }
    const { surfaceId, box } = drawing.base;
    return surfaceId === 0 && mixes(drawing) &&
      (this.#fresh.overlaps(box) || this.#rested.overlaps(box));
  }

  /** What has not changed since the last look; from now on a new time counts. */
  look(): Region {
    const rested = this.#rested.clone();
    this.#rested.addAll(this.#fresh);
    this.#fresh.clear();
    return rested;
  }

  #move(drawing: Extract<Drawing, { kind: "copyBits" }>): void {
    if (this.isEmpty) return;
    const { base: { box }, srcPos } = drawing;
    const dx = box.left - srcPos.x, dy = box.top - srcPos.y;
    const from = moved(box, -dx, -dy);
    const carried: Rect[] = [];
    for (const region of [this.#fresh, this.#rested]) {
      for (const rect of region.rects) {
        const part = intersection(rect, from);
        if (!isEmptyRect(part)) carried.push(moved(part, dx, dy));
      }
    }
    // where there is nothing to copy from, all stays as it was
    if (drawing.base.clip.type === "none" && covers(this.#bounds, from)) this.exact(box);
    for (const rect of carried) this.#fresh.add(rect);
    this.#bound();
  }

  #bound(): void {
    for (const region of [this.#fresh, this.#rested]) {
      if (region.rects.length > MOST_RECTS) region.simplify(MOST_RECTS >> 1);
    }
  }
}

/** It computes with what stands in its area. */
function mixes(drawing: Drawing): boolean {
  switch (drawing.kind) {
    case "drawBlend":
    case "drawRop3":
    case "drawComposite":
      return true;
    case "drawFill":
    case "drawOpaque":
    case "drawCopy":
      return drawing.data.ropDescriptor !== Ropd.opPut;
    default:
      return false;
  }
}

/** A drawing that may show a lossy picture: what it draws is seen, and not computed with. */
export function mayLose(drawing: Drawing): boolean {
  return drawing.base.surfaceId === 0 &&
    (drawing.kind === "drawAlphaBlend" || drawing.kind === "drawCopy" && isOpaque(drawing));
}
