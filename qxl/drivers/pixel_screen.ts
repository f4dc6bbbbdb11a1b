/**
 * A screen whose picture comes as pixels (RFB, X11): what did not change is not drawn, what moved is
 * copied, and what the card has no room for is merged until it has.
 */
import { type Drawing, type Rect, Ropd } from "../../core/protocol/drawing.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import { areaOf, intersection } from "../../core/raster/rect.ts";
import { Region } from "../../core/raster/region.ts";
import type { Head } from "../../core/protocol/display.ts";
import type { Driver } from "../driver.ts";
import { changedBoxes } from "./changes.ts";
import { fewColours, oneColour, paletted } from "./few_colours.ts";
import { findWay, type Move, movesAlong, type Way, wentAlong } from "./moves.ts";

/** The part of qxl/driver.ts that it needs. */
export type ScreenDriver = Pick<Driver, "createPrimary" | "draw" | "monitors" | "room">;

/** A drawing has at most so many pixels, so that card memory has room for several. */
const MOST_PIXELS = 1 << 20;
/** Where less than that changed nothing is looked for that moved. */
const WORTH_SEEKING = 1 << 12;
/** Rects of damage beyond which they are simplified. */
const MOST_RECTS = 64;
/** After so many vain searches only every fourth change is searched. */
const PATIENCE = 8;
/** Ways beyond that are not remembered: of those told, and of those found. */
const MOST_HINTS = 4, MOST_RECENT = 3;

/** qxl_dev.h: QXL_EFFECT_OPAQUE */
const EFFECT = { effect: 1 };
const noMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null } as const;

export class PixelScreen {
  width = 0;
  height = 0;
  /** What the screen is to show, row by row: b, g, r in the lower bytes. Write, then `touch`. */
  pixels = new Uint32Array(0);
  /** What the card shows. */
  #shown = new Uint32Array(0);
  readonly #touched = new Region();
  #vain = 0;
  readonly #hints: Way[] = [];
  /** Ways found before, the latest first. */
  readonly #recent: Way[] = [];
  #running = false;
  #flushed: Promise<void> = Promise.resolve();

  constructor(readonly driver: ScreenDriver) {}

  /** Another size, black all over. RangeError: the card has no room for it. heads: what monitors show of it; without: one that shows all. */
  resize(width: number, height: number, heads?: readonly Head[]): void {
    // before anything else: it throws where the card is too small, and all stays as it was
    this.driver.createPrimary({ width, height, stride: width * 4, format: "xrgb32" });
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
    this.#shown = new Uint32Array(width * height);
    this.#touched.clear();
    this.#recent.length = 0;
    const all = { monitorId: 0, surfaceId: 0, width, height, x: 0, y: 0, flags: 0 };
    this.driver.monitors(heads ?? [all], Math.max(1, heads?.length ?? 1));
  }

  /** The pixels of rect may have changed. */
  touch(rect: Rect): void {
    const all = { top: 0, left: 0, bottom: this.height, right: this.width };
    this.#touched.add(intersection(rect, all));
    if (this.#touched.rects.length > MOST_RECTS) this.#touched.simplify(MOST_RECTS / 2);
  }

  /** Somebody knows that things went this way (RFB's CopyRect): that is tried before anything is looked for. */
  hint(way: Way): void {
    if (this.#hints.length < MOST_HINTS) this.#hints.push(way);
  }

  /** Draws what was touched. Resolves when all of it is on the ring. */
  flush(): Promise<void> {
    if (this.#running) return this.#flushed;
    this.#running = true;
    return this.#flushed = this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      while (!this.#touched.isEmpty) await this.#drawTouched();
    } finally {
      this.#running = false;
    }
  }

  async #drawTouched(): Promise<void> {
    const { pixels } = this, rects = this.#touched.rects.slice();
    const differing = () => rects.flatMap((rect) => this.#changes(rect));
    this.#touched.clear();
    let boxes = differing();
    if (boxes.length === 1) {
      const [box] = boxes, colour = this.#colourOf(box);
      // what was filled came from nowhere
      if (colour !== null) {
        this.#hints.length = 0;
        return await this.#draw(box, colour);
      }
    }
    for (const way of this.#ways(boxes)) {
      const bounds = new Region(boxes).bounds;
      if (bounds === null) break;
      for (const move of movesAlong(this.#shown, pixels, this.width, bounds, way)) {
        await this.#copy(move);
        if (this.pixels !== pixels) return;
      }
      boxes = differing();
    }
    for (const box of boxes) {
      const rows = Math.max(1, Math.floor(MOST_PIXELS / (box.right - box.left)));
      for (let top = box.top; top < box.bottom; top += rows) {
        await this.#draw({ ...box, top, bottom: Math.min(box.bottom, top + rows) });
        if (this.pixels !== pixels) return;
      }
    }
  }

  #changes(rect: Rect): Rect[] {
    return changedBoxes(this.#shown, this.pixels, this.width, rect);
  }

  /** Ways that things may have gone. */
  #ways(boxes: readonly Rect[]): Way[] {
    const hints = this.#hints.splice(0);
    if (hints.length > 0) return hints;
    const area = boxes.reduce((sum, box) => sum + areaOf(box), 0);
    const filled = () => boxes.every((box) => this.#colourOf(box) !== null);
    if (area < WORTH_SEEKING || filled() || this.#vain > PATIENCE && this.#vain++ % 4 !== 0) {
      return [];
    }
    const bounds = new Region(boxes).bounds!;
    const way = this.#wayOf(bounds);
    this.#vain = way ? 0 : this.#vain + 1;
    return way ? [way] : [];
  }

  #wayOf(bounds: Rect): Way | null {
    const recent = this.#recent, shown = this.#shown, { pixels, width } = this;
    const at = recent.findIndex((way) => wentAlong(shown, pixels, width, bounds, way));
    const way = at < 0 ? findWay(shown, pixels, width, bounds) : recent[at];
    if (way === null) return null;
    if (at !== 0) {
      recent.splice(at < 0 ? MOST_RECENT - 1 : at, 1);
      recent.unshift(way);
    }
    return way;
  }

  #copy({ to, dx, dy }: Move): Promise<void> {
    const base = { surfaceId: 0, box: to, clip: { type: "none" } as const };
    const srcPos = { x: to.left - dx, y: to.top - dy };
    return this.#put(
      () => ({ kind: "copyBits", base, srcPos }),
      () => shift(this.#shown, this.width, to, dx, dy),
    );
  }

  /** Puts on the ring what `make` makes when there is room, and then it is shown. */
  async #put(make: () => Drawing, shown: () => void): Promise<void> {
    const { pixels } = this;
    while (!this.driver.draw(make(), EFFECT)) {
      await this.driver.room();
      if (this.pixels !== pixels) return;
    }
    shown();
  }

  /** What is to be shown there now. */
  #packed({ top, left, bottom, right }: Rect): Uint32Array<ArrayBuffer> {
    const { pixels, width } = this, w = right - left;
    const packed = new Uint32Array(w * (bottom - top));
    for (let y = top, to = 0; y < bottom; y++, to += w) {
      packed.set(pixels.subarray(y * width + left, y * width + right), to);
    }
    return packed;
  }

  #colourOf(box: Rect): number | null {
    return oneColour(this.pixels, this.width, box);
  }

  /** colour: all of the box has it, or null; not there: nobody knows. */
  #draw(box: Rect, colour?: number | null): Promise<void> {
    const { pixels, width } = this;
    return this.#put(() => {
      const now = colour === undefined ? this.#colourOf(box) : colour;
      // it may have changed when there was no room
      colour = undefined;
      return now === null ? copy(box, this.#packed(box)) : fill(box, now);
    }, () => {
      for (let y = box.top; y < box.bottom; y++) {
        const at = y * width + box.left, end = y * width + box.right;
        this.#shown.set(pixels.subarray(at, end), at);
      }
    });
  }
}

function fill(box: Rect, color: number): Drawing {
  const base = { surfaceId: 0, box, clip: { type: "none" } } as const;
  const brush = { type: "solid", color } as const;
  return { kind: "drawFill", base, data: { brush, ropDescriptor: Ropd.opPut, mask: noMask } };
}

/** What makes a box show these pixels. */
function copy(box: Rect, packed: Uint32Array<ArrayBuffer>): Drawing {
  const width = box.right - box.left, height = box.bottom - box.top;
  const base = { surfaceId: 0, box, clip: { type: "none" } } as const;
  const few = fewColours(packed), ropDescriptor = Ropd.opPut;
  return {
    kind: "drawCopy",
    base,
    data: {
      srcBitmap: few ? paletted(few, width, height) : bitmap(packed, width, height),
      srcArea: { top: 0, left: 0, bottom: height, right: width },
      ropDescriptor,
      scaleMode: "interpolate",
      mask: noMask,
    },
  };
}

function bitmap(pixels: Uint32Array<ArrayBuffer>, width: number, height: number): Bitmap {
  return {
    id: 0n,
    type: "bitmap",
    flags: 0,
    width,
    height,
    format: "bit32",
    bitmapFlags: BitmapFlags.topDown,
    x: width,
    y: height,
    stride: width * 4,
    palette: null,
    data: new Uint8Array(pixels.buffer),
  };
}

/** memmove of a rect by (dx, dy) to `to`. */
function shift(pixels: Uint32Array, width: number, to: Rect, dx: number, dy: number): void {
  const by = dy * width + dx, n = to.right - to.left;
  for (let i = 0, rows = to.bottom - to.top; i < rows; i++) {
    const at = (dy > 0 ? to.bottom - 1 - i : to.top + i) * width + to.left;
    pixels.copyWithin(at, at - by, at - by + n);
  }
}
