/** What an X screen shows, onto the card: damage is read, compared and drawn; a burst of it once a frame. */
import type { Clock } from "../../../core/clock.ts";
import type { Rect } from "../../../core/protocol/drawing.ts";
import { areaOf } from "../../../core/raster/rect.ts";
import { Region } from "../../../core/raster/region.ts";
import type { PixelScreen } from "../pixel_screen.ts";
import type { PixelSource } from "./pixel_source.ts";
import type { DamageNotify } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

/** damage.h: XDamageReportDeltaRectangles: every rect that was not damaged before. */
const DELTA_RECTANGLES = 1;
/** What comes within that time after a picture waits for the next one. */
const FRAME_MS = 16;
/** While nobody looks: screenshots are no older. */
const UNWATCHED_FRAME_MS = 1000;
const MOST_RECTS = 64;
/** So much is read twice where that costs nothing: at once, and when the server has forgotten that it was damaged. */
const EARLY_PIXELS = 1 << 14;
/** After so long a rest anything is. */
const REST_MS = 100;
/** A large second look takes a processor for longer than clients need it to show the first. */
const SECOND_LOOK_MS = 6;

export class XPicture {
  readonly #damage: number;
  readonly #damaged = new Region();
  #watched = false;
  #busy = false;
  #planned = false;
  #last = -Infinity;
  #gone = false;
  /** Calls off the next look that has a time. */
  #cancel: () => void = () => {};

  constructor(
    readonly display: XDisplay,
    readonly source: PixelSource,
    readonly screen: PixelScreen,
    readonly clock: Clock,
    readonly failed: (error: unknown) => void,
  ) {
    const { extensions: { damage }, x, root } = display;
    this.#damage = x.AllocID();
    damage.Create(this.#damage, root, DELTA_RECTANGLES);
    display.onEvent((event) => {
      if (event.name !== "DamageNotify") return;
      const { area } = event as DamageNotify;
      this.#add({ top: area.y, left: area.x, bottom: area.y + area.h, right: area.x + area.w });
    });
    display.gone.then(() => this.#gone = true);
    this.all();
  }

  /** Whether anybody looks: without, little is read. */
  set watched(watched: boolean) {
    this.#watched = watched;
    if (!watched) return;
    this.#cancel();
    this.#plan();
  }

  /** Everything may be another: the screen has a new size. */
  all(): void {
    this.#add({ top: 0, left: 0, bottom: this.display.height, right: this.display.width });
  }

  #add(rect: Rect): void {
    this.#damaged.add(rect);
    if (this.#damaged.rects.length > MOST_RECTS) this.#damaged.simplify(MOST_RECTS / 2);
    this.#plan();
  }

  #plan(): void {
    if (this.#planned || this.#busy || this.#gone || this.#damaged.isEmpty) return;
    this.#planned = true;
    const frameMs = this.#watched ? FRAME_MS : UNWATCHED_FRAME_MS;
    const wait = this.#last + frameMs - this.clock.now();
    // what else came with the same read of the socket goes along
    if (wait <= 0) queueMicrotask(() => this.#take());
    else {
      const cancel = this.clock.after(wait, () => this.#take());
      this.#cancel = () => {
        this.#planned = false;
        cancel();
        this.#cancel = () => {};
      };
    }
  }

  async #take(): Promise<void> {
    this.#planned = false;
    this.#cancel = () => {};
    this.#busy = true;
    const now = this.clock.now(), rested = now - this.#last > REST_MS;
    this.#last = now;
    try {
      const rects = this.#damaged.rects.slice();
      this.#damaged.clear();
      this.display.extensions.damage.Subtract(this.#damage, 0, 0);
      const forgotten = this.display.x.sync();
      forgotten.catch(() => {});
      // what a key did does not wait for the answer
      const area = rects.reduce((sum, rect) => sum + areaOf(rect), 0);
      if (this.source.immediate && (rested || area <= EARLY_PIXELS)) {
        await this.#look(rects);
        if (area > EARLY_PIXELS) await this.#pause(SECOND_LOOK_MS);
      }
      // INVARIANT: pixels are read after the server forgot this damage; what comes from then on is told again.
      // Who is asked for them answers in order
      if (this.source.immediate) await forgotten;
      await this.#look(rects);
    } catch (error) {
      if (!this.#gone) this.failed(error);
    } finally {
      this.#busy = false;
    }
    this.#plan();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  /** Reads what was damaged, and draws what of it changed. */
  async #look(rects: readonly Rect[]): Promise<void> {
    const { screen } = this, { pixels, width, height } = screen;
    for (const rect of rects) {
      const part = {
        ...rect,
        right: Math.min(rect.right, width),
        bottom: Math.min(rect.bottom, height),
      };
      if (part.right <= part.left || part.bottom <= part.top) continue;
      const reading = this.source.read(part, pixels, width);
      if (reading) await reading;
      if (screen.pixels !== pixels) break;
      screen.touch(part);
    }
    await screen.flush();
  }
}
