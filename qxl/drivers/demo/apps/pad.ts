/** A paint pad: its sheet is an off-screen surface of the card. */
import type { Drawing, Rect } from "../../../../core/protocol/drawing.ts";
import type { MouseButton } from "../../../../core/protocol/inputs.ts";
import type { CursorName } from "../cursor_shapes.ts";
import { sans } from "../font.ts";
import type { Order } from "../order.ts";
import { box, Painter } from "../painter.ts";
import { disc } from "../picture.ts";
import { color } from "../theme.ts";
import type { App, AppHost } from "../window.ts";

const tray = 38, swatch = 22;
const colors = [0x232a36, 0xd9483b, 0xe8834a, 0xeabf3f, 0x3fae6a, 0x2f80c8, 0x8458b3] as const;
const brushSize = 6, rubberSize = 20;
const brushes = colors.map((c) => disc(brushSize, c));
const rubber = disc(rubberSize, color.paper);
const swatches = colors.map((c) => disc(swatch, c));
/** Drawings that may wait for the card; more are dropped, as ink runs dry. */
const maxWaiting = 4096;

export class Pad implements App {
  readonly title = "Paint";
  readonly width = 360;
  readonly height = 236;
  host!: AppHost;
  #color = 5;
  #last: { x: number; y: number } | null = null;
  #button: MouseButton = "left";
  #waiting: Order[] = [];
  readonly #sheet = { width: 360 - tray, height: 236 };

  /** surfaceId: of the sheet. */
  constructor(readonly surfaceId: number) {
    const { width, height } = this.#sheet;
    this.#waiting.push({ kind: "createSurface", id: surfaceId, width, height });
    this.#wipe();
  }

  /** What is to be done off-screen before the next painting. */
  takeOrders(): Order[] {
    const orders = this.#waiting;
    this.#waiting = [];
    return orders;
  }

  #draw(rect: Rect, paint: (painter: Painter) => void): void {
    if (this.#waiting.length > maxWaiting) return;
    const out: Drawing[] = [];
    paint(new Painter(out, [rect], { x: 0, y: 0 }, this.surfaceId));
    for (const drawing of out) this.#waiting.push({ kind: "draw", drawing });
  }

  #wipe(): void {
    const all = box(0, 0, this.#sheet.width, this.#sheet.height);
    this.#draw(all, (painter) => {
      painter.fill(all, color.paper);
      painter.text("Draw here. The right button rubs out.", 14, 24, color.faint, sans);
    });
  }

  cursorAt(x: number): CursorName {
    return x < tray ? "hand" : "cross";
  }

  press(button: MouseButton, x: number, y: number): void {
    if (button !== "left" && button !== "right") return;
    if (x >= tray) {
      this.#button = button;
      this.#last = { x, y };
      return this.#line(x, y);
    }
    const index = Math.floor((y - 6) / (swatch + 6));
    if (index >= 0 && index < colors.length) this.#color = index;
    else if (index >= colors.length) {
      this.#wipe();
      this.host.damage(box(tray, 0, this.#sheet.width, this.#sheet.height));
    }
    this.host.damage(box(0, 0, tray, this.height));
  }

  release(): void {
    this.#last = null;
  }

  motion(x: number, y: number): void {
    if (this.#last) this.#line(x, y);
  }

  #line(x: number, y: number): void {
    const from = this.#last!;
    this.#last = { x, y };
    const brush = this.#button === "right" ? rubber : brushes[this.#color];
    const half = brush.width / 2;
    const steps = Math.max(1, Math.ceil(Math.hypot(x - from.x, y - from.y) / (brush.width / 3)));
    const all = box(0, 0, this.#sheet.width, this.#sheet.height);
    this.#draw(all, (painter) => {
      for (let i = 1; i <= steps; i++) {
        const at = i / steps;
        const cx = from.x + (x - from.x) * at - tray, cy = from.y + (y - from.y) * at;
        painter.blend(brush, Math.round(cx - half), Math.round(cy - half));
      }
    });
    const reach = half + 2;
    this.host.damage({
      left: Math.max(tray, Math.floor(Math.min(x, from.x) - reach)),
      top: Math.floor(Math.min(y, from.y) - reach),
      right: Math.ceil(Math.max(x, from.x) + reach),
      bottom: Math.ceil(Math.max(y, from.y) + reach),
    });
  }

  paint(painter: Painter): void {
    painter.fill(box(0, 0, tray, this.height), color.shade);
    swatches.forEach((one, i) => {
      const y = 6 + i * (swatch + 6);
      if (i === this.#color) painter.fill(box(0, y - 2, 3, swatch + 4), color.accent);
      painter.blend(one, 8, y);
    });
    const y = 6 + colors.length * (swatch + 6);
    painter.text("wipe", 6, y + 14, color.ink, sans);
    const { width, height } = this.#sheet;
    painter.copySurface(this.surfaceId, this.#sheet, tray, 0, box(0, 0, width, height));
  }
}
