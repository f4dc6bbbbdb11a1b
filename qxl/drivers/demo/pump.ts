/** Carries a desktop's orders to its card: when something changed, and no faster than the card takes them. */
import type { Clock } from "../../../core/clock.ts";
import type { Drawing } from "../../../core/protocol/drawing.ts";
import type { Driver } from "../../driver.ts";
import type { Desktop } from "./desktop.ts";
import type { Order } from "./order.ts";

/** The part of qxl/driver.ts that a desktop needs. */
export type DesktopDriver = Pick<
  Driver,
  | "createPrimary"
  | "draw"
  | "createSurface"
  | "destroySurface"
  | "cursor"
  | "monitors"
  | "onWantedHeads"
  | "room"
>;

/** A clock that also hangs on the wall. */
export interface WallClock extends Clock {
  /** What the panel shows, and milliseconds until it changes. */
  face(): { text: string; changesInMs: number };
}

/** Frames are at least so far apart: what comes between goes together. */
const frameMs = 15;

export class Pump {
  #wake: (() => void) | null = null;
  #stopped = false;
  #watched = false;

  constructor(
    readonly desktop: Desktop,
    readonly driver: DesktopDriver,
    readonly clock: WallClock,
    readonly maxHeads: number,
  ) {}

  /** Something changed. */
  wake(): void {
    this.#wake?.();
  }

  /** Whether anybody looks: without, pictures do not move. */
  set watched(watched: boolean) {
    this.#watched = watched;
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Until stopped. While nothing changes it sleeps, and wakes for the clock's minute. */
  async run(): Promise<void> {
    const { desktop, clock } = this;
    let nextFace = -Infinity;
    while (!this.#stopped) {
      const now = clock.now();
      if (now >= nextFace) {
        const { text, changesInMs } = clock.face();
        desktop.clock = text;
        nextFace = now + changesInMs;
      }
      desktop.tick(now, this.#watched);
      if (desktop.dirty) {
        for (const order of desktop.frame()) await this.#carryOut(order);
        await this.#sleep(frameMs, false);
        continue;
      }
      const due = Math.min(nextFace, desktop.due(this.#watched));
      await this.#sleep(due - now, true);
    }
  }

  #sleep(ms: number, wakeable: boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#wake = null;
        resolve();
      };
      const cancel = this.clock.after(Math.max(0, ms), done);
      if (wakeable) this.#wake = done;
    });
  }

  async #carryOut(order: Order): Promise<void> {
    while (!this.#stopped && !this.#apply(order)) await this.driver.room();
  }

  /** false: no room, nothing was done. */
  #apply(order: Order): boolean {
    const { driver } = this;
    switch (order.kind) {
      case "draw":
        return driver.draw(order.drawing, optionsOf(order.drawing));
      case "cursor":
        return driver.cursor(order.command);
      case "createSurface": {
        const { id, width, height } = order;
        return driver.createSurface(id, "xrgb32", width, height, width * 4);
      }
      case "destroySurface":
        return driver.destroySurface(order.id);
      case "mode": {
        const { width, height, heads } = order;
        driver.createPrimary({ width, height, stride: width * 4, format: "xrgb32" });
        driver.monitors(heads, this.maxHeads);
        return true;
      }
    }
  }
}

/** qxl_dev.h: QXL_EFFECT_BLEND, QXL_EFFECT_OPAQUE */
const blend = 0, opaque = 1;

function optionsOf(drawing: Drawing) {
  const { kind } = drawing;
  const effect = kind === "drawFill" || kind === "drawCopy" || kind === "copyBits" ? opaque : blend;
  if (kind !== "drawCopy" || drawing.data.srcBitmap?.type !== "surface") return { effect };
  const surfacesDest: [number, number, number] = [drawing.data.srcBitmap.surfaceId, -1, -1];
  const nothing = { top: 0, left: 0, bottom: 0, right: 0 };
  return { effect, surfacesDest, surfacesRects: [drawing.data.srcArea, nothing, nothing] };
}
