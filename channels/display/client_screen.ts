import type { BorrowedDrawing } from "../../core/guest.ts";
import type { SurfaceFormat } from "../../core/protocol/display.ts";
import type { Drawing, Rect } from "../../core/protocol/drawing.ts";
import { intersection, isEmptyRect } from "../../core/raster/rect.ts";
import type { ImageWire, Travel } from "./image_wire.ts";
import { Lossy } from "./lossy.ts";
import type { NewsDesk } from "./news_desk.ts";
import { Shown } from "./shown.ts";

/** Pixels of one picture that makes an area exact. */
const EXACT_PIXELS = 128 << 10;

/** What one client's primary surface shows, as far as it matters for what is sent next. */
export class ClientScreen {
  readonly #shown: Shown;
  readonly #lossy = new Lossy();
  #alpha = false;

  /** shownBytes: of guest memory that may stay borrowed; desk: shared by the clients of a display. */
  constructor(shownBytes: number, readonly desk: NewsDesk) {
    this.#shown = new Shown(shownBytes);
  }

  /** Guest memory that it keeps. */
  get bytes(): number {
    return this.#shown.bytes;
  }

  /** Everything that the client shows is the guest's, pixel for pixel. */
  get exact(): boolean {
    return this.#lossy.isEmpty;
  }

  /** The client gets a primary surface; null: it has none. */
  begin(surface: { width: number; height: number; format: SurfaceFormat } | null): void {
    const { width, height } = surface ?? { width: 0, height: 0 };
    this.#shown.begin(width, height);
    this.#lossy.begin(width, height);
    this.#alpha = surface?.format === "argb32";
  }

  /** A stream shows there. */
  spoiled(rect: Rect): void {
    this.#shown.forget(rect);
  }

  /** Gives back what it borrows. */
  letGo(): void {
    this.#shown.clear();
  }

  /** The client may be sent this: nothing in it depends on pixels that it has not. */
  draws(drawing: Drawing): boolean {
    return !this.#lossy.spoils(drawing);
  }

  /** What of a command the client does not show already, and how. It is taken to be sent. */
  take(command: BorrowedDrawing, wire: ImageWire): Travel[] {
    const { desk } = this;
    const drawing = desk.whole(command.drawing);
    let news: readonly Drawing[] | null = null;
    if (wire.choice.off) this.#shown.clear();
    else {
      const cached = drawing.kind === "drawCopy" && wire.keeps(drawing.data.srcBitmap);
      news = cached ? null : desk.news(drawing, this.#shown);
      this.#shown.sent(drawing, command);
    }
    return (news ?? [desk.cropped(drawing)]).map((each) => this.#taken(each, wire));
  }

  /** A picture of the primary surface is sent. exact: nothing of it may be lost. */
  picture(drawing: Drawing, wire: ImageWire, exact: boolean): Travel {
    if (drawing.base.surfaceId === 0) this.#shown.forget(drawing.base.box);
    return exact ? this.#told({ drawing, lossy: null }) : this.#taken(drawing, wire);
  }

  /**
   * Rects that are lossy and have not changed since the last call, of a moderate number of pixels. films:
   * where not to look; beside them it is fewer pixels.
   */
  rested(films: readonly Rect[]): Rect[] {
    const { right, bottom } = this.#shown.bounds;
    const rects: Rect[] = [];
    const region = this.#lossy.look();
    for (const film of films) region.subtract(film);
    const most = films.length > 0 ? EXACT_PIXELS >> 2 : EXACT_PIXELS;
    let pixels = 0;
    for (const rect of region.rects) {
      const whole = intersection(rect, { top: 0, left: 0, bottom, right });
      if (isEmptyRect(whole)) continue;
      const width = whole.right - whole.left, rows = Math.max(1, Math.floor(most / width));
      for (let { top } = whole; top < whole.bottom && pixels < most * 2; top += rows) {
        const part = { ...whole, top, bottom: Math.min(whole.bottom, top + rows) };
        pixels += width * (part.bottom - top);
        rects.push(part);
      }
    }
    return rects;
  }

  #taken(drawing: Drawing, wire: ImageWire): Travel {
    return this.#told({ drawing, lossy: wire.lossyFor(drawing, this.#alpha) });
  }

  #told(travel: Travel): Travel {
    this.#lossy.sent(travel.drawing, travel.lossy !== null);
    return travel;
  }
}
