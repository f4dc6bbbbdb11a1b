/** The bar at the bottom: a button for each window, and the clock. */
import type { Rect } from "../../../core/protocol/drawing.ts";
import { bold, sans } from "./font.ts";
import { box, type Painter } from "./painter.ts";
import { disc } from "./picture.ts";
import { color, panelHeight } from "./theme.ts";

export interface PanelItem {
  readonly title: string;
  readonly active: boolean;
  readonly shown: boolean;
}

const open = disc(8, color.good), hidden = disc(8, color.faint);
const first = 12, gap = 6, most = 176;

export class Panel {
  /** The screen's part that it takes. */
  area: Rect = box(0, 0, 0, 0);
  clock = "";
  items: readonly PanelItem[] = [];

  /** Puts it at the foot of this part of the screen. */
  place(screen: Rect): void {
    this.area = { ...screen, top: screen.bottom - panelHeight };
  }

  get clockArea(): Rect {
    return { ...this.area, left: this.area.right - 150 };
  }

  #buttonWidth(): number {
    const room = this.area.right - this.area.left - first - 160;
    return Math.max(30, Math.min(most, Math.floor(room / Math.max(1, this.items.length)) - gap));
  }

  /** Which item's button is here; -1: none. */
  itemAt(x: number, y: number): number {
    const { left, top, bottom } = this.area;
    if (y < top || y >= bottom) return -1;
    const step = this.#buttonWidth() + gap, from = x - left - first;
    const index = Math.floor(from / step);
    return from >= 0 && from % step < step - gap && index < this.items.length ? index : -1;
  }

  paint(painter: Painter): void {
    const { left, top, right, bottom } = this.area;
    painter.fill(this.area, color.panel);
    const width = this.#buttonWidth();
    this.items.forEach(({ title, active, shown }, i) => {
      const x = left + first + i * (width + gap), place = box(x, top + 5, width, 24);
      if (!painter.sees(place)) return;
      painter.fill(place, active ? color.panelActive : color.panelButton);
      painter.blend(shown ? open : hidden, x + 9, top + 13);
      const room = width - 34;
      let text = title;
      while (text.length > 1 && sans.measure(text) > room) text = text.slice(0, -1);
      painter.text(text, x + 25, top + 21, shown ? color.panelText : color.faint, sans);
    });
    const x = right - 14 - bold.measure(this.clock);
    painter.text(this.clock, x, bottom - 12, color.panelText, bold);
  }
}
