/** One screen and who uses it: keys go to the topmost window, the pointer drags, clicks and is seen. */
import type { CursorCommand } from "../../../core/guest.ts";
import type { Head } from "../../../core/protocol/display.ts";
import type { Point } from "../../../core/protocol/drawing.ts";
import type { MouseButton } from "../../../core/protocol/inputs.ts";
import { type CursorName, cursorShape } from "./cursor_shapes.ts";
import type { KeyPress } from "./keymap.ts";
import type { Order } from "./order.ts";
import { Scene, type SceneOptions } from "./scene.ts";
import type { Part, Window } from "./window.ts";

type Drag =
  /** dx, dy: from the pointer to the frame's top left (move) or bottom right (resize). */
  | { kind: "move" | "resize"; window: Window; dx: number; dy: number }
  | { kind: "app"; window: Window };

export class Desktop {
  readonly scene: Scene;
  readonly #wake: () => void;
  #drag: Drag | null = null;
  #pointer: Point = { x: 0, y: 0 };
  #cursor: CursorName | null = null;
  #cursorOrder: CursorCommand | null = null;

  constructor(options: SceneOptions) {
    this.scene = new Scene(options);
    this.#wake = options.wake;
  }

  get size(): { width: number; height: number } {
    const { right, bottom } = this.scene.screen;
    return { width: right, height: bottom };
  }

  get pointer(): Point {
    return this.#pointer;
  }

  /** Whether there is something to do for the card. */
  get dirty(): boolean {
    return this.scene.dirty || this.#cursorOrder !== null;
  }

  setMode(width: number, height: number, heads: Head[]): void {
    const first = this.#cursor === null;
    this.scene.setMode(width, height, heads);
    this.#cursor = null;
    const { x, y } = first ? { x: width >> 1, y: height >> 1 } : this.#pointer;
    this.pointTo(Math.min(x, width - 1), Math.min(y, height - 1));
  }

  /** The card's orders for all that changed. */
  frame(): Order[] {
    const orders = this.scene.frame();
    if (this.#cursorOrder) orders.push({ kind: "cursor", command: this.#cursorOrder });
    this.#cursorOrder = null;
    return orders;
  }

  /** When tick is wanted next; Infinity: not at all. watched: somebody looks. */
  due(watched: boolean): number {
    let least = Infinity;
    for (const { app, shown } of this.scene.all) {
      if (shown && app.due) least = Math.min(least, app.due(watched));
    }
    return least;
  }

  tick(nowMs: number, watched: boolean): void {
    for (const { app, shown } of this.scene.all) {
      if (shown && app.due && app.due(watched) <= nowMs) app.tick?.(nowMs);
    }
  }

  set clock(text: string) {
    const { panel } = this.scene;
    if (text === panel.clock) return;
    panel.clock = text;
    this.scene.add(panel.clockArea);
  }

  key(key: KeyPress): void {
    this.scene.active?.app.key?.(key);
  }

  /** The pointer is here now. */
  pointTo(x: number, y: number): void {
    this.#pointer = { x, y };
    const drag = this.#drag;
    if (drag?.kind === "move") this.scene.move(drag.window, x + drag.dx, y + drag.dy);
    else if (drag?.kind === "resize") {
      const { window } = drag;
      this.scene.resize(window, x + drag.dx - window.x, y + drag.dy - window.y);
    } else {
      const window = drag?.window ?? this.scene.at(this.#pointer);
      if (window && (drag || window.partAt(this.#pointer) === "content")) {
        const { left, top } = window.content;
        window.app.motion?.(x - left, y - top, drag !== null);
      }
    }
    this.#showCursor();
  }

  press(button: MouseButton): void {
    const { x, y } = this.#pointer, left = button === "left";
    const wheel = button === "up" || button === "down";
    const item = this.scene.panel.itemAt(x, y), window = this.scene.at(this.#pointer);
    if (item >= 0 && left) this.#toggle(this.scene.all[item]);
    if (!window) return;
    if (!wheel) this.scene.raise(window);
    const part = window.partAt(this.#pointer);
    if (part === "content" || part === "resize" && !left) {
      if (!wheel) this.#drag = { kind: "app", window };
      window.app.press?.(button, x - window.content.left, y - window.content.top);
    } else if (left && part) this.#pressFrame(window, part);
    this.#showCursor();
  }

  #pressFrame(window: Window, part: Part): void {
    const { x, y } = this.#pointer, { left, top, right, bottom } = window.frame;
    if (part === "close" || part === "minimise") this.scene.hide(window);
    else if (part === "title") this.#drag = { kind: "move", window, dx: left - x, dy: top - y };
    else this.#drag = { kind: "resize", window, dx: right - x, dy: bottom - y };
  }

  #toggle(window: Window): void {
    if (window === this.scene.active) this.scene.hide(window);
    else this.scene.raise(window);
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

  #cursorName(): CursorName {
    const { x, y } = this.#pointer, drag = this.#drag;
    if (drag?.kind === "resize") return "resize";
    if (drag?.kind === "move") return "arrow";
    if (!drag && this.scene.panel.itemAt(x, y) >= 0) return "hand";
    const window = drag?.window ?? this.scene.at(this.#pointer);
    const part = drag ? "content" : window?.partAt(this.#pointer);
    if (part === "close" || part === "minimise") return "hand";
    if (part === "resize") return "resize";
    if (!window || part !== "content") return "arrow";
    const { left, top } = window.content;
    return window.app.cursorAt?.(x - left, y - top) ?? "arrow";
  }

  /** A new shape where there is one, else only the new place. */
  #showCursor(): void {
    const name = this.#cursorName(), position = this.#pointer;
    const fresh = name !== this.#cursor || this.#cursorOrder?.kind === "set";
    this.#cursor = name;
    this.#cursorOrder = fresh
      ? { kind: "set", position, visible: true, shape: cursorShape(name) }
      : { kind: "move", position };
    this.#wake();
  }
}
