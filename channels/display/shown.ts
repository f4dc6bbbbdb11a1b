import type { BorrowedDrawing } from "../../core/guest.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import { areaOf as pixelsOf, intersection, type Rect } from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";
import { bytesOf } from "../../core/raster/draw_list.ts";
import { type Plane, planeOf } from "./plane.ts";

/** Below it a copy is sent as it is, and not remembered. */
export const LEAST_PIXELS = 4096;
const MOST_PIECES = 16;
/** Parts of one piece that are still seen; beyond, its smallest are forgotten. */
const MOST_PARTS = 24;

/** A copy that the client was sent, and where it still shows on the primary surface. */
export interface Piece {
  readonly command: BorrowedDrawing;
  readonly plane: Plane;
  readonly seen: Region;
}

const NOTHING: Rect = { top: 0, left: 0, bottom: 0, right: 0 };

interface Kept extends Piece {
  readonly bytes: number;
}

/**
 * What one client's primary surface is known to show: the latest large copies that it was sent, whose
 * pixels stay borrowed from the guest, as far as nothing was drawn over them.
 *
 * INVARIANT: whatever changes the client's primary surface is told here, in the order of sending.
 */
export class Shown {
  readonly #pieces: Kept[] = [];
  #bytes = 0;

  #bounds: Rect = NOTHING;

  /** mostBytes: of guest memory that may stay borrowed for it. */
  constructor(readonly mostBytes: number) {}

  /** The surface's; what lies beyond is not shown. */
  get bounds(): Rect {
    return this.#bounds;
  }

  /** Oldest first. Valid until the next call. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** Guest memory that it keeps. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The client has a new primary surface. */
  begin(width: number, height: number): void {
    this.clear();
    this.#bounds = { top: 0, left: 0, bottom: height, right: width };
  }

  /** The client was sent this command, whole or what was new in it. */
  sent(drawing: Drawing, command: BorrowedDrawing): void {
    const { surfaceId, box, clip } = drawing.base;
    if (surfaceId !== 0) return;
    this.forget(box);
    if (clip.type !== "none" || pixelsOf(box) < LEAST_PIXELS) return;
    const plane = planeOf(drawing);
    const bytes = bytesOf(drawing);
    if (!plane || bytes > this.mostBytes) return;
    while (this.#bytes + bytes > this.mostBytes || this.#pieces.length === MOST_PIECES) {
      this.#drop(0);
    }
    command.retain();
    this.#bytes += bytes;
    this.#pieces.push({
      plane,
      seen: new Region([intersection(box, this.#bounds)]),
      command,
      bytes,
    });
  }

  /** Something else shows there now. */
  forget(rect: Rect): void {
    for (let i = this.#pieces.length - 1; i >= 0; i--) {
      const { seen } = this.#pieces[i];
      if (!seen.overlaps(rect)) continue;
      seen.subtract(rect);
      if (seen.isEmpty) this.#drop(i);
      else if (seen.rects.length > MOST_PARTS) thin(seen);
    }
  }

  /** Nothing is known any more, and nothing borrowed. */
  clear(): void {
    while (this.#pieces.length > 0) this.#drop(this.#pieces.length - 1);
  }

  #drop(at: number): void {
    const [{ command, bytes }] = this.#pieces.splice(at, 1);
    this.#bytes -= bytes;
    command.release();
  }
}

/** Only the larger half of its rects stays. */
function thin(seen: Region): void {
  const rects = seen.rects.toSorted((a, b) => pixelsOf(a) - pixelsOf(b));
  for (const rect of rects.slice(0, rects.length >> 1)) seen.subtract(rect);
}
