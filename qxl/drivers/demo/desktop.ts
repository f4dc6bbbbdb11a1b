/** One screen: windows over a wallpaper, and a panel. It paints what was damaged, when it is asked to. */
import type { CursorCommand } from "../../../core/guest.ts";
import type { Head } from "../../../core/protocol/display.ts";
import type { Drawing, Point, Rect } from "../../../core/protocol/drawing.ts";
import type { MouseButton } from "../../../core/protocol/inputs.ts";
import { intersection, isEmptyRect, moved, overlap } from "../../../core/raster/rect.ts";
import { Region } from "../../../core/raster/region.ts";
import { compose, type Layer } from "./compositor.ts";
import { type CursorName, cursorShapes } from "./cursor_shapes.ts";
import { Damage, movable } from "./damage.ts";
import type { KeyPress } from "./keymap.ts";
import type { Order } from "./order.ts";
import { box } from "./painter.ts";
import { Panel } from "./panel.ts";
import { titleHeight } from "./theme.ts";
import { Wallpaper } from "./wallpaper.ts";
import { type App, Window } from "./window.ts";

export interface DesktopOptions {
  /** The card's number: shown when there are several displays. */
  readonly displayId: number;
  readonly displays: number;
  /** An app and where its window is, in parts of the room there is. */
  readonly apps: readonly { readonly app: App; readonly at: Point }[];
  /** Called when there is something to paint, or a tick to come earlier. */
  wake(): void;
}

type Drag =
  | { kind: "move" | "resize"; window: Window; dx: number; dy: number }
  | { kind: "app"; window: Window };

export class Desktop {
  readonly panel = new Panel();
  readonly #damage = new Damage();
  /** The lowest first. */
  readonly #windows: Window[] = [];
  /** In the panel's order. */
  readonly #all: readonly Window[];
  #heads: Head[] = [];
  #screen: Rect = box(0, 0, 0, 0);
  #mode: Order | null = null;
  #wallpaper = new Wallpaper();
  #drag: Drag | null = null;
  #pointer: Point = { x: 0, y: 0 };
  #cursor: CursorName | null = null;
  #cursorOrder: CursorCommand | null = null;
  #placed = false;

  constructor(readonly options: DesktopOptions) {
    this.#all = options.apps.map(({ app }) => {
      const window = new Window(app);
      app.host = {
        damage: (rect) => this.#damageContent(window, rect),
        scroll: (rect, up) => this.#scroll(window, rect, up),
      };
      // the first app is on top, and has the keys
      this.#windows.unshift(window);
      return window;
    });
  }

  get screen(): { width: number; height: number } {
    return { width: this.#screen.right, height: this.#screen.bottom };
  }

  get pointer(): Point {
    return this.#pointer;
  }

  /** The lowest first. */
  get windows(): readonly Window[] {
    return this.#windows;
  }

  get dirty(): boolean {
    return this.#mode !== null || this.#cursorOrder !== null || !this.#damage.isEmpty;
  }

  /** A mode: heads are parts of a surface of this size. */
  setMode(width: number, height: number, heads: Head[]): void {
    this.#screen = box(0, 0, width, height);
    this.#heads = heads;
    this.#mode = { kind: "mode", width, height, heads };
    const { x, y } = heads[0];
    this.panel.place(box(x, y, heads[0].width, heads[0].height));
    this.#layOut();
    this.#damage.all(this.#screen);
    this.#cursor = null;
    this.pointTo(Math.min(this.#pointer.x, width - 1), Math.min(this.#pointer.y, height - 1));
    this.options.wake();
  }

  /** Windows take their places once; later they only keep within reach. */
  #layOut(): void {
    const { x, y, width, height } = this.#heads[0];
    const bottom = this.panel.area.top;
    this.#all.forEach((window, i) => {
      const { at } = this.options.apps[i];
      if (!this.#placed) {
        const roomX = Math.max(0, width - window.width), roomY = bottom - y - window.height;
        window.x = x + Math.round(roomX * at.x);
        window.y = y + Math.round(Math.max(0, roomY) * at.y);
      }
      window.x = Math.max(x - window.width + 80, Math.min(window.x, x + width - 80));
      window.y = Math.max(y, Math.min(window.y, y + height - 2 * titleHeight));
    });
    this.#placed = true;
    this.#listWindows();
  }

  /** The card's orders for all that changed; nothing is left to paint then. */
  frame(): Order[] {
    const orders: Order[] = [];
    if (this.#mode) {
      const { right: width, bottom: height } = this.#screen;
      orders.push(...this.#wallpaper.orders(width, height, this.#mode));
      this.#mode = null;
    }
    for (const { app } of this.#all) orders.push(...app.takeOrders?.() ?? []);
    const { copies, region } = this.#damage.take(this.#screen);
    const drawings: Drawing[] = copies.concat(compose(region, this.#layers()));
    for (const drawing of drawings) orders.push({ kind: "draw", drawing });
    if (this.#cursorOrder) orders.push({ kind: "cursor", command: this.#cursorOrder });
    this.#cursorOrder = null;
    return orders;
  }

  #layers(): Layer[] {
    const screen = this.#screen, active = this.#active;
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
    const { area } = this.panel;
    const panel: Layer = {
      shape: [area],
      outer: area,
      paint: (painter) => this.panel.paint(painter),
    };
    return [wallpaper, ...windows, ...this.#all.length > 0 ? [panel] : []];
  }

  /** When tick is wanted next; Infinity: not at all. */
  due(watched: boolean): number {
    let least = Infinity;
    for (const { app, shown } of this.#all) {
      if (shown && app.due) least = Math.min(least, app.due(watched));
    }
    return least;
  }

  tick(nowMs: number, watched: boolean): void {
    for (const { app, shown } of this.#all) {
      if (shown && app.due && app.due(watched) <= nowMs) app.tick?.(nowMs);
    }
  }

  set clock(text: string) {
    if (text === this.panel.clock) return;
    this.panel.clock = text;
    this.#add(this.panel.clockArea);
  }

  key(key: KeyPress): void {
    this.#active?.app.key?.(key);
  }

  /** The pointer is here now. */
  pointTo(x: number, y: number): void {
    this.#pointer = { x, y };
    const drag = this.#drag;
    if (drag?.kind === "move") this.#move(drag.window, x - drag.dx, y - drag.dy);
    else if (drag?.kind === "resize") this.#resize(drag.window, x + drag.dx, y + drag.dy);
    else {
      const window = drag ? drag.window : this.#at();
      if (window && (drag || window.partAt(this.#pointer) === "content")) {
        const { left, top } = window.content;
        window.app.motion?.(x - left, y - top, drag !== null);
      }
    }
    this.#showCursor();
  }

  press(button: MouseButton): void {
    const { x, y } = this.#pointer;
    const item = this.panel.itemAt(x, y);
    if (item >= 0) return button === "left" ? this.#toggle(this.#all[item]) : undefined;
    const window = this.#at();
    if (!window) return;
    const wheel = button === "up" || button === "down";
    if (!wheel) this.#raise(window);
    const part = window.partAt(this.#pointer);
    if (part === "content" || part === "resize" && button !== "left") {
      const { left, top } = window.content;
      if (!wheel) this.#drag = { kind: "app", window };
      window.app.press?.(button, x - left, y - top);
    } else if (button === "left" && part !== null) this.#pressFrame(window, part);
    this.#showCursor();
  }

  #pressFrame(window: Window, part: "title" | "close" | "minimise" | "resize" | "content"): void {
    const { x, y } = this.#pointer;
    const { left, top, right, bottom } = window.frame;
    if (part === "close" || part === "minimise") this.#hide(window);
    else if (part === "title") this.#drag = { kind: "move", window, dx: x - left, dy: y - top };
    else if (part === "resize") {
      this.#drag = { kind: "resize", window, dx: right - x, dy: bottom - y };
    }
  }

  release(button: MouseButton): void {
    const drag = this.#drag;
    if (button === "up" || button === "down" || !drag) return;
    this.#drag = null;
    if (drag.kind === "app") {
      const { left, top } = drag.window.content;
      drag.window.app.release?.(button, this.#pointer.x - left, this.#pointer.y - top);
    }
    this.#showCursor();
  }

  get #active(): Window | undefined {
    const top = this.#windows.at(-1);
    return top?.shown ? top : undefined;
  }

  #at(): Window | undefined {
    if (overlap(this.panel.area, box(this.#pointer.x, this.#pointer.y, 1, 1))) return undefined;
    return this.#windows.findLast((w) => w.shown && w.partAt(this.#pointer) !== null);
  }

  #toggle(window: Window): void {
    if (window === this.#active) return this.#hide(window);
    window.shown = true;
    this.#add(window.outer);
    this.#raise(window);
    this.#listWindows();
  }

  /** Closed or minimised: its button in the panel brings it back. */
  #hide(window: Window): void {
    window.shown = false;
    this.#windows.splice(this.#windows.indexOf(window), 1);
    this.#windows.unshift(window);
    this.#add(window.outer);
    this.#damageTitle(this.#active);
    this.#listWindows();
  }

  #raise(window: Window): void {
    if (window === this.#windows.at(-1)) return;
    this.#damageTitle(this.#active);
    this.#windows.splice(this.#windows.indexOf(window), 1);
    this.#windows.push(window);
    this.#add(window.outer);
    this.#listWindows();
  }

  #listWindows(): void {
    const active = this.#active;
    this.panel.items = this.#all.map((window) => ({
      title: window.app.title,
      active: window === active,
      shown: window.shown,
    }));
    this.#add(this.panel.area);
  }

  #damageTitle(window: Window | undefined): void {
    if (window) this.#add(window.frame);
  }

  #add(rect: Rect): void {
    this.#damage.add(rect);
    this.options.wake();
  }

  #damageContent(window: Window, rect: Rect): void {
    if (!window.shown) return;
    const { left, top } = window.content;
    const there = intersection(moved(rect, left, top), window.content);
    if (!isEmptyRect(there)) this.#add(there);
  }

  /** Where windows are not under the panel. */
  get #room(): Rect {
    return { ...this.#screen, bottom: Math.min(this.#screen.bottom, this.panel.area.top) };
  }

  #scroll(window: Window, rect: Rect, up: number): void {
    const { left, top } = window.content;
    const there = moved(rect, left, top);
    const above = this.#windows.slice(this.#windows.indexOf(window) + 1);
    // a shadow on it must not be scrolled along
    const covered = above.some((w) => w.shown && overlap(w.outer, there));
    const inside = intersection(there, this.#room).bottom === there.bottom && there.left >= 0 &&
      there.right <= this.#screen.right && there.top >= 0;
    if (covered || !inside || !window.shown) return this.#damageContent(window, rect);
    const exposed = new Region([there]);
    const from = movable(there, 0, -up, there);
    this.#damage.move(from, 0, -up);
    exposed.subtract(moved(from, 0, -up));
    for (const part of exposed.rects) this.#add(part);
  }

  #move(window: Window, x: number, y: number): void {
    const { left, top, right } = this.#screen;
    const nextX = Math.max(left - window.width + 80, Math.min(x, right - 80));
    const nextY = Math.max(top, Math.min(y, this.#room.bottom - titleHeight));
    const dx = nextX - window.x, dy = nextY - window.y;
    if (dx === 0 && dy === 0) return;
    const changed = new Region([window.outer]);
    const from = movable(window.frame, dx, dy, this.#room);
    this.#damage.move(from, dx, dy);
    window.x = nextX;
    window.y = nextY;
    changed.add(window.outer);
    const copied = moved(from, dx, dy);
    for (const part of window.shape) changed.subtract(intersection(part, copied));
    for (const part of changed.rects) this.#add(part);
  }

  #resize(window: Window, right: number, bottom: number): void {
    const { app, x, y } = window;
    const width = Math.max(app.least!.width + 2, right - x);
    const height = Math.max(app.least!.height + titleHeight + 1, bottom - y);
    if (width === window.width && height === window.height) return;
    this.#add(window.outer);
    window.width = width;
    window.height = height;
    app.resize?.(width - 2, height - titleHeight - 1);
    this.#add(window.outer);
  }

  #cursorName(): CursorName {
    const { x, y } = this.#pointer;
    if (this.#drag?.kind === "resize") return "resize";
    if (this.panel.itemAt(x, y) >= 0) return "hand";
    const window = this.#drag?.window ?? this.#at();
    const part = window?.partAt(this.#pointer);
    if (!window || this.#drag?.kind === "move") return "arrow";
    if (part === "close" || part === "minimise") return "hand";
    if (part === "resize") return "resize";
    if (part !== "content") return "arrow";
    const { left, top } = window.content;
    return window.app.cursorAt?.(x - left, y - top) ?? "arrow";
  }

  /** A new shape where there is one, else only the new place. */
  #showCursor(): void {
    const name = this.#cursorName(), position = this.#pointer;
    const fresh = name !== this.#cursor || this.#cursorOrder?.kind === "set";
    this.#cursor = name;
    this.#cursorOrder = fresh
      ? { kind: "set", position, visible: true, shape: cursorShapes[name] }
      : { kind: "move", position };
    this.options.wake();
  }
}
