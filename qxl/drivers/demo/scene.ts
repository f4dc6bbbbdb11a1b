/** What is on a screen: wallpaper, windows, panel; and what of it is to be painted anew. */
import type { Head } from "../../../core/protocol/display.ts";
import type { Drawing, Point, Rect } from "../../../core/protocol/drawing.ts";
import { intersection, isEmptyRect, moved, overlap } from "../../../core/raster/rect.ts";
import { Region } from "../../../core/raster/region.ts";
import { compose, type Layer } from "./compositor.ts";
import { Damage, movable } from "./damage.ts";
import type { Order } from "./order.ts";
import { box } from "./painter.ts";
import { Panel } from "./panel.ts";
import { titleHeight } from "./theme.ts";
import { Wallpaper } from "./wallpaper.ts";
import { type App, Window } from "./window.ts";

export interface SceneOptions {
  /** The card's number: shown when there are several displays. */
  readonly displayId: number;
  readonly displays: number;
  /** An app and where its window is, in parts of the room there is. The first is on top. */
  readonly apps: readonly { readonly app: App; readonly at: Point }[];
  /** Called when there is something to paint, or a tick to come earlier. */
  wake(): void;
}

/** So much of a window stays on the screen. */
const holdable = 80;

export class Scene {
  readonly panel = new Panel();
  /** In the panel's order. */
  readonly all: readonly Window[];
  /** The lowest first; those that are hidden lowest of all. */
  readonly #windows: Window[] = [];
  readonly #damage = new Damage();
  readonly #wallpaper = new Wallpaper();
  #heads: Head[] = [];
  #screen: Rect = box(0, 0, 0, 0);
  #mode: Order | null = null;
  /** A person moved a window: modes leave them where they are. */
  #arranged = false;

  constructor(readonly options: SceneOptions) {
    this.all = options.apps.map(({ app }) => {
      const window = new Window(app);
      app.host = {
        damage: (rect) => this.#damageContent(window, rect),
        scroll: (rect, up) => this.#scroll(window, rect, up),
      };
      this.#windows.unshift(window);
      return window;
    });
  }

  get screen(): Rect {
    return this.#screen;
  }

  get windows(): readonly Window[] {
    return this.#windows;
  }

  /** The window that has the keys: the topmost. */
  get active(): Window | undefined {
    const top = this.#windows.at(-1);
    return top?.shown ? top : undefined;
  }

  /** Whether there is something to do for the card. */
  get dirty(): boolean {
    return this.#mode !== null || !this.#damage.isEmpty;
  }

  /** The topmost window at this point. */
  at(point: Point): Window | undefined {
    if (overlap(this.panel.area, box(point.x, point.y, 1, 1))) return undefined;
    return this.#windows.findLast((window) => window.shown && window.partAt(point) !== null);
  }

  /** heads: parts of a surface of this size. */
  setMode(width: number, height: number, heads: Head[]): void {
    this.#screen = box(0, 0, width, height);
    this.#heads = heads;
    this.#mode = { kind: "mode", width, height, heads };
    const { x, y } = heads[0];
    if (this.all.length > 0) this.panel.place(box(x, y, heads[0].width, heads[0].height));
    this.all.forEach((window, i) => this.#place(window, this.options.apps[i].at));
    this.listWindows();
    this.#damage.all(this.#screen);
    this.options.wake();
  }

  #place(window: Window, at: Point): void {
    const { x, y, width } = this.#heads[0];
    const roomX = width - window.width, roomY = this.panel.area.top - y - window.height;
    if (!this.#arranged) {
      window.x = x + Math.round(Math.max(0, roomX) * at.x);
      window.y = y + Math.round(Math.max(0, roomY) * at.y);
    }
    // whole if it fits, else by its title
    window.x = Math.max(x, Math.min(window.x, x + Math.max(roomX, 0)));
    window.y = Math.max(y, Math.min(window.y, y + Math.max(roomY, 0)));
  }

  /** The card's orders for all that changed; nothing is left to paint then. */
  frame(): Order[] {
    const orders: Order[] = [];
    if (this.#mode) {
      const { right: width, bottom: height } = this.#screen;
      orders.push(...this.#wallpaper.orders(width, height, this.#mode));
      this.#mode = null;
    }
    for (const { app } of this.all) orders.push(...app.takeOrders?.() ?? []);
    const { copies, region } = this.#damage.take(this.#screen);
    const drawings: Drawing[] = copies.concat(compose(region, this.#layers()));
    for (const drawing of drawings) orders.push({ kind: "draw", drawing });
    return orders;
  }

  #layers(): Layer[] {
    const screen = this.#screen, active = this.active;
    const labels = this.#heads.length * this.options.displays > 1 ? this.#heads : [];
    const first = this.options.displayId + 1;
    const wallpaper: Layer = {
      shape: [screen],
      outer: screen,
      paint: (painter) => this.#wallpaper.paint(painter, screen, labels, first),
    };
    const windows = this.#windows.filter((window) => window.shown).map((window): Layer => ({
      shape: window.shape,
      outer: window.outer,
      paintShadow: (painter) => window.paintShadow(painter.at(window.x, window.y)),
      paint: (painter) => window.paint(painter.at(window.x, window.y), window === active),
    }));
    const { panel } = this;
    const bar: Layer = {
      shape: [panel.area],
      outer: panel.area,
      paint: (painter) => panel.paint(painter),
    };
    return [wallpaper, ...windows, bar];
  }

  /** To be painted anew. */
  add(rect: Rect): void {
    this.#damage.add(rect);
    this.options.wake();
  }

  /** Shows the window if it is hidden, and puts it on top. */
  raise(window: Window): void {
    if (window === this.active) return;
    if (this.active) this.add(this.active.frame);
    window.shown = true;
    this.#windows.splice(this.#windows.indexOf(window), 1);
    this.#windows.push(window);
    this.add(window.outer);
    this.listWindows();
  }

  /** Its button in the panel brings it back. */
  hide(window: Window): void {
    window.shown = false;
    this.#windows.splice(this.#windows.indexOf(window), 1);
    this.#windows.unshift(window);
    this.add(window.outer);
    if (this.active) this.add(this.active.frame);
    this.listWindows();
  }

  listWindows(): void {
    const active = this.active;
    this.panel.items = this.all.map((window) => ({
      title: window.app.title,
      active: window === active,
      shown: window.shown,
    }));
    this.add(this.panel.area);
  }

  /** The topmost window goes there: its pixels are moved where that is possible. */
  move(window: Window, x: number, y: number): void {
    const { left, top, right } = this.#screen, room = this.#room;
    const nextX = Math.max(left - window.width + holdable, Math.min(x, right - holdable));
    const nextY = Math.max(top, Math.min(y, room.bottom - titleHeight));
    const dx = nextX - window.x, dy = nextY - window.y;
    if (dx === 0 && dy === 0) return;
    this.#arranged = true;
    const changed = new Region([window.outer]);
    const from = movable(window.frame, dx, dy, room);
    this.#damage.move(from, dx, dy);
    window.x = nextX;
    window.y = nextY;
    changed.add(window.outer);
    const copied = moved(from, dx, dy);
    for (const part of window.shape) changed.subtract(intersection(part, copied));
    for (const part of changed.rects) this.add(part);
  }

  resize(window: Window, width: number, height: number): void {
    const { app } = window, least = app.least!;
    const nextWidth = Math.max(least.width + 2, width);
    const nextHeight = Math.max(least.height + titleHeight + 1, height);
    if (nextWidth === window.width && nextHeight === window.height) return;
    this.#arranged = true;
    this.add(window.outer);
    window.width = nextWidth;
    window.height = nextHeight;
    app.resize?.(nextWidth - 2, nextHeight - titleHeight - 1);
    this.add(window.outer);
  }

  #damageContent(window: Window, rect: Rect): void {
    if (!window.shown) return;
    const { left, top } = window.content;
    const there = intersection(moved(rect, left, top), window.content);
    if (isEmptyRect(there)) return;
    const seen = new Region([there]);
    for (const other of this.#above(window)) {
      if (overlap(other.frame, there)) { for (const part of other.shape) seen.subtract(part); }
    }
    seen.subtract(this.panel.area);
    for (const part of seen.rects) this.add(part);
  }

  #above(window: Window): Window[] {
    return this.#windows.slice(this.#windows.indexOf(window) + 1).filter(({ shown }) => shown);
  }

  /** Where windows are not under the panel. */
  get #room(): Rect {
    const { panel, screen } = this;
    return isEmptyRect(panel.area) ? screen : { ...screen, bottom: panel.area.top };
  }

  #scroll(window: Window, rect: Rect, up: number): void {
    const { left, top } = window.content, room = this.#room;
    const there = moved(rect, left, top);
    // a shadow on it must not be scrolled along
    const covered = this.#above(window).some((other) => overlap(other.outer, there));
    const whole = there.left >= 0 && there.right <= room.right && there.top >= 0 &&
      there.bottom <= room.bottom;
    if (covered || !whole || !window.shown) return this.#damageContent(window, rect);
    const exposed = new Region([there]);
    const from = movable(there, 0, -up, there);
    this.#damage.move(from, 0, -up);
    exposed.subtract(moved(from, 0, -up));
    for (const part of exposed.rects) this.add(part);
  }
}
