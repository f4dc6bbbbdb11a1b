/** A window: a frame with a title and buttons around an app. */
import type { Point, Rect } from "../../../core/protocol/drawing.ts";
import type { MouseButton } from "../../../core/protocol/inputs.ts";
import type { CursorName } from "./cursor_shapes.ts";
import { bold } from "./font.ts";
import type { KeyPress } from "./keymap.ts";
import type { Order } from "./order.ts";
import { box, type Painter } from "./painter.ts";
import { disc, type Picture, stencil } from "./picture.ts";
import { color, cornerInsets, shadow, titleHeight } from "./theme.ts";

/** What an app may ask of the desktop it is on. All rects are the app's own: (0, 0) is its top left. */
export interface AppHost {
  /** To be painted anew. */
  damage(rect: Rect): void;
  /** What is within the rect moves up by so many rows (down: negative), and the rest is painted anew. */
  scroll(rect: Rect, up: number): void;
}

/** What a window shows. It never draws of its own accord: it is asked to paint. */
export interface App {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** The least size; absent: the size is fixed. */
  readonly least?: { readonly width: number; readonly height: number };
  /** Given before anything else. */
  host: AppHost;
  paint(painter: Painter): void;
  resize?(width: number, height: number): void;
  cursorAt?(x: number, y: number): CursorName;
  press?(button: MouseButton, x: number, y: number): void;
  release?(button: MouseButton, x: number, y: number): void;
  /** held: the left button went down in this app and is still down. */
  motion?(x: number, y: number, held: boolean): void;
  key?(key: KeyPress): void;
  /** What is to be done off-screen before the next painting. */
  takeOrders?(): Order[];
  /** When tick is wanted next (milliseconds of the desktop's clock); Infinity: not at all. */
  due?(watched: boolean): number;
  tick?(nowMs: number): void;
}

export type Part = "title" | "close" | "minimise" | "content" | "resize";

const buttonSize = 14;
const closeDisc = disc(buttonSize, color.close), minimiseDisc = disc(buttonSize, color.minimise);

export class Window {
  x = 0;
  y = 0;
  width: number;
  height: number;
  /** Neither closed nor minimised. */
  shown = true;

  constructor(readonly app: App) {
    this.width = app.width + 2;
    this.height = app.height + titleHeight + 1;
  }

  get frame(): Rect {
    return box(this.x, this.y, this.width, this.height);
  }

  get content(): Rect {
    return box(this.x + 1, this.y + titleHeight, this.width - 2, this.height - titleHeight - 1);
  }

  /** The frame and its shadow. */
  get outer(): Rect {
    const { left, top, right, bottom } = this.frame;
    return {
      left: left - shadow.left,
      top: top - shadow.top,
      right: right + shadow.right,
      bottom: bottom + shadow.bottom,
    };
  }

  /** The frame without its round corners. */
  get shape(): Rect[] {
    const { left, top, right, bottom } = this.frame;
    const rows = cornerInsets.map((inset, i) => ({
      left: left + inset,
      right: right - inset,
      top: top + i,
      bottom: top + i + 1,
    }));
    return [...rows, { left, right, top: top + cornerInsets.length, bottom }];
  }

  /** Which part is at this point of the screen; null: none. */
  partAt({ x, y }: Point): Part | null {
    const { left, top, right, bottom } = this.frame;
    if (x < left || x >= right || y < top || y >= bottom) return null;
    if (y < top + titleHeight) {
      const from = right - x;
      return from < 8 ? "title" : from < 30 ? "close" : from < 52 ? "minimise" : "title";
    }
    if (this.app.least && x >= right - 14 && y >= bottom - 14) return "resize";
    return "content";
  }

  /** painter: (0, 0) is the frame's top left. */
  paint(painter: Painter, active: boolean): void {
    this.#paintFrame(painter, active);
    const { left, top } = this.content, inner = painter.at(left - this.x, top - this.y);
    this.app.paint(inner.within(this.content));
    if (this.app.least) this.#paintGrip(painter);
  }

  #paintFrame(painter: Painter, active: boolean): void {
    const { width, height } = this;
    painter.fill(box(0, 0, width, titleHeight), active ? color.titleActive : color.titleIdle);
    painter.text(
      this.app.title,
      12,
      19,
      active ? color.titleText : color.titleTextIdle,
      bold,
    );
    painter.blend(closeDisc, width - 25, 7);
    painter.blend(minimiseDisc, width - 47, 7);
    const edge = active ? color.titleActive : color.titleIdle;
    painter.fill(box(0, titleHeight, 1, height - titleHeight), edge);
    painter.fill(box(width - 1, titleHeight, 1, height - titleHeight), edge);
    painter.fill(box(1, height - 1, width - 2, 1), edge);
  }

  /** Three short lines in the corner that can be dragged. */
  #paintGrip(painter: Painter): void {
    for (let i = 0; i < 3; i++) {
      const d = 4 + i * 4, right = this.width - 3, bottom = this.height - 3;
      painter.stroke([{ x: right - d, y: bottom }, { x: right, y: bottom - d }], color.faint);
    }
  }

  /** The shadow: around the frame only. painter: (0, 0) is the frame's top left. */
  paintShadow(painter: Painter): void {
    const { width, height } = this;
    const { left, top, right, bottom } = shadow;
    const inner = 24, w = width - 2 * inner, h = height - 2 * inner;
    const pieces = drawn ??= shadowPieces();
    painter.blend(pieces.topLeft, -left, -top);
    painter.blend(pieces.topRight, width - inner, -top);
    painter.blend(pieces.bottomLeft, -left, height - inner);
    painter.blend(pieces.bottomRight, width - inner, height - inner);
    for (let x = 0; x < w; x += long) {
      const part = Math.min(long, w - x);
      painter.blend(pieces.top, inner + x, -top, box(0, 0, part, top));
      painter.blend(pieces.bottom, inner + x, height, box(0, 0, part, bottom));
    }
    for (let y = 0; y < h; y += long) {
      const part = Math.min(long, h - y);
      painter.blend(pieces.left, -left, inner + y, box(0, 0, left, part));
      painter.blend(pieces.right, width, inner + y, box(0, 0, right, part));
    }
  }
}

/** How long a strip of shadow is: windows take as many as they need. */
const long = 256;
let drawn: ReturnType<typeof shadowPieces> | null = null;

function shadowPieces(): Record<
  "topLeft" | "topRight" | "bottomLeft" | "bottomRight" | "top" | "bottom" | "left" | "right",
  Picture
> {
  const { left, top, right, bottom } = shadow;
  const inner = 24, blur = 18, drop = 6, strength = 0.42;
  // a soft rectangle that lies a little lower than the window; dx, dy: how far outside of it
  const depth = (dx: number, dy: number) => {
    const far = dx > 0 && dy > 0 ? Math.hypot(dx, dy) : Math.max(dx, dy);
    const t = Math.max(0, Math.min(1, 1 - (far + 4) / blur));
    return strength * t * t;
  };
  const piece = (w: number, h: number, dx: (x: number) => number, dy: (y: number) => number) =>
    stencil(w, h, 0x101828, (x, y) => depth(dx(x + 0.5), dy(y + 0.5)));
  const deep = -1000;
  const fromLeft = (x: number) => left - x, fromRight = (x: number) => x - inner;
  const fromTop = (y: number) => top + drop - y, fromBottom = (y: number) => y - inner - drop;
  return {
    topLeft: piece(left + inner, top + inner, fromLeft, fromTop),
    topRight: piece(inner + right, top + inner, fromRight, fromTop),
    bottomLeft: piece(left + inner, inner + bottom, fromLeft, fromBottom),
    bottomRight: piece(inner + right, inner + bottom, fromRight, fromBottom),
    top: piece(long, top, () => deep, fromTop),
    bottom: piece(long, bottom, () => deep, (y) => y - drop),
    left: piece(left, long, fromLeft, () => deep),
    right: piece(right, long, (x) => x, () => deep),
  };
}
