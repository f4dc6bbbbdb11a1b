/**
 * Where on a surface pictures change again and again, told from where and when it was drawn on, and from
 * nothing else: a frame may come as one rectangle, as bands, or as whatever shreds a source reports.
 */
import { areaOf, around, intersection, isEmptyRect, type Rect } from "../../core/raster/rect.ts";

/** Pixels on the side of a cell; it counts as drawn on when its middle is. */
const CELL = 16, MIDDLE = CELL >> 1;
/** Drawings closer than this belong to the same frame. */
const FRAME_MS = 8;
/** Frames further apart than this are no motion. */
const LULL_MS = 250;
/** After so many frames, and so long, a cell moves. */
const LEAST_FRAMES = 8, LEAST_MS = 300;
/** Pixels below which a region is not worth a stream: libspice, RED_STREAM_MIN_SIZE. */
const LEAST_PIXELS = 96 * 96, LEAST_SIDE = 48;
/** How much of a region's rectangle must move. */
const LEAST_FILL = 0.5;
/** Latest rectangles, from which a region's edges are told. */
const LATEST = 1024;

/** One surface of this size. Times are milliseconds of any clock. */
export class Motion {
  readonly #columns: number;
  readonly #rows: number;
  /** When each cell was drawn on last, since when without a lull, and in how many frames. */
  readonly #last: Float64Array;
  readonly #since: Float64Array;
  readonly #frames: Uint8Array;
  readonly #latest: { rect: Rect; atMs: number }[] = [];
  #next = 0;

  constructor(readonly width: number, readonly height: number) {
    this.#columns = Math.ceil(width / CELL);
    this.#rows = Math.ceil(height / CELL);
    const cells = this.#columns * this.#rows;
    this.#last = new Float64Array(cells).fill(-Infinity);
    this.#since = new Float64Array(cells);
    this.#frames = new Uint8Array(cells);
  }

  /** The rectangle was drawn on. */
  drawn(rect: Rect, atMs: number): void {
    const columns = this.#columns, last = this.#last, frames = this.#frames;
    const left = first(rect.left), right = Math.min(columns, first(rect.right));
    const bottom = Math.min(this.#rows, first(rect.bottom));
    for (let y = first(rect.top); y < bottom; y++) {
      for (let i = y * columns + left, end = y * columns + right; i < end; i++) {
        const gap = atMs - last[i];
        if (gap < FRAME_MS) continue;
        last[i] = atMs;
        if (gap > LULL_MS) {
          frames[i] = 1;
          this.#since[i] = atMs;
        } else if (frames[i] < 255) frames[i]++;
      }
    }
    this.#latest[this.#next] = { rect, atMs };
    this.#next = (this.#next + 1) % LATEST;
  }

  /** The rectangles that move now, to the pixel; they may overlap. */
  moving(nowMs: number): Rect[] {
    const found: Rect[] = [];
    for (const { cells, hot } of this.#clusters(nowMs)) {
      if (hot < LEAST_FILL * areaOf(cells)) continue;
      const rect = this.#edges(cells, nowMs);
      const width = rect.right - rect.left, height = rect.bottom - rect.top;
      if (areaOf(rect) >= LEAST_PIXELS && Math.min(width, height) >= LEAST_SIDE) found.push(rect);
    }
    return found;
  }

  #moves(i: number, nowMs: number): boolean {
    return this.#frames[i] >= LEAST_FRAMES && nowMs - this.#last[i] <= LULL_MS &&
      this.#last[i] - this.#since[i] >= LEAST_MS;
  }

  /** Moving cells that lie together, gaps of one cell left out of account: the cells around them, and their number. */
  *#clusters(nowMs: number): Iterable<{ cells: Rect; hot: number }> {
    // two by two, so that a large picture costs little
    const columns = this.#columns + 1 >> 1, rows = this.#rows + 1 >> 1;
    const counts = new Uint8Array(columns * rows);
    let any = false;
    for (let i = 0, y = 0; y < this.#rows; y++) {
      for (let x = 0; x < this.#columns; x++, i++) {
        if (!this.#moves(i, nowMs)) continue;
        counts[(y >> 1) * columns + (x >> 1)]++;
        any = true;
      }
    }
    if (!any) return;
    const stack: number[] = [];
    for (let start = 0; start < counts.length; start++) {
      if (counts[start] === 0) continue;
      let hot = counts[start];
      const blocks = { left: columns, top: rows, right: 0, bottom: 0 };
      counts[start] = 0;
      stack.push(start);
      while (stack.length > 0) {
        const at = stack.pop()!;
        const x = at % columns, y = (at - x) / columns;
        blocks.left = Math.min(blocks.left, x);
        blocks.right = Math.max(blocks.right, x + 1);
        blocks.top = Math.min(blocks.top, y);
        blocks.bottom = Math.max(blocks.bottom, y + 1);
        for (let v = Math.max(0, y - 1); v <= Math.min(rows - 1, y + 1); v++) {
          for (let u = Math.max(0, x - 1); u <= Math.min(columns - 1, x + 1); u++) {
            const to = v * columns + u;
            if (counts[to] === 0) continue;
            hot += counts[to];
            counts[to] = 0;
            stack.push(to);
          }
        }
      }
      yield { cells: this.#tight(blocks, nowMs), hot };
    }
  }

  /** The moving cells within blocks of two by two. */
  #tight(blocks: Rect, nowMs: number): Rect {
    const cells = { left: this.#columns, top: this.#rows, right: 0, bottom: 0 };
    for (let y = blocks.top * 2; y < Math.min(this.#rows, blocks.bottom * 2); y++) {
      for (let x = blocks.left * 2; x < Math.min(this.#columns, blocks.right * 2); x++) {
        if (!this.#moves(y * this.#columns + x, nowMs)) continue;
        cells.left = Math.min(cells.left, x);
        cells.right = Math.max(cells.right, x + 1);
        cells.top = Math.min(cells.top, y);
        cells.bottom = Math.max(cells.bottom, y + 1);
      }
    }
    return cells;
  }

  /** From the middles of its cells out to where the latest rectangles end that lie in it for the most part. */
  #edges(cells: Rect, nowMs: number): Rect {
    let rect = {
      left: cells.left * CELL + MIDDLE,
      top: cells.top * CELL + MIDDLE,
      right: cells.right * CELL - MIDDLE + 1,
      bottom: cells.bottom * CELL - MIDDLE + 1,
    };
    // the middles of the cells around it are not in it
    const near = {
      left: cells.left * CELL - MIDDLE,
      top: cells.top * CELL - MIDDLE,
      right: cells.right * CELL + MIDDLE,
      bottom: cells.bottom * CELL + MIDDLE,
    };
    for (const { rect: one, atMs } of this.#latest) {
      if (nowMs - atMs > LULL_MS * 2) continue;
      const part = intersection(one, near);
      if (!isEmptyRect(part) && areaOf(part) >= 0.9 * areaOf(one)) rect = around(rect, one);
    }
    return intersection(rect, { left: 0, top: 0, right: this.width, bottom: this.height });
  }
}

/** The first cell whose middle is not before a place. */
const first = (at: number): number => Math.max(0, Math.ceil((at - MIDDLE) / CELL));
