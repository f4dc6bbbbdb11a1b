/** Shows what comes from keyboard and pointer. */
import type { Rect } from "../../../../core/protocol/drawing.ts";
import { KeyboardModifiers, MouseButtonMask } from "../../../../core/protocol/inputs.ts";
import { bold, mono, sans } from "../font.ts";
import { box, type Painter } from "../painter.ts";
import { disc } from "../picture.ts";
import { color } from "../theme.ts";
import type { App, AppHost } from "../window.ts";

/** What came last. */
export interface InputState {
  /** Pixels of the display that the pointer is on. */
  x: number;
  y: number;
  displayId: number;
  /** Whether positions come (client mouse mode) or motions (server mouse mode). */
  absolute: boolean;
  /** MouseButtonMask bits. */
  buttons: number;
  wheelUp: number;
  wheelDown: number;
  scancodes: readonly number[];
  key: string;
  /** KeyboardModifiers bits. */
  leds: number;
}

const lit = disc(12, color.good), dark = disc(12, color.line);
const left = 84, map = box(204, 10, 104, 66);
const rows = {
  pointer: box(0, 8, 200, 44),
  buttons: box(0, 52, 200, 26),
  wheel: box(0, 78, 320, 26),
  keys: box(0, 104, 320, 26),
  typed: box(0, 130, 320, 26),
  locks: box(0, 156, 320, 28),
} as const;
const buttons = [["L", "left"], ["M", "middle"], ["R", "right"], ["S", "side"], [
  "E",
  "extra",
]] as const;
const locks = [["Caps", "capsLock"], ["Num", "numLock"], ["Scroll", "scrollLock"]] as const;

export class Inputs implements App {
  readonly title = "Keyboard and pointer";
  readonly width = 320;
  readonly height = 190;
  host!: AppHost;
  #state: InputState;
  #screen = { width: 1, height: 1 };

  /** absolute: what is said of the pointer before anything came from it. */
  constructor(absolute: boolean) {
    this.#state = {
      x: 0,
      y: 0,
      displayId: 0,
      absolute,
      buttons: 0,
      wheelUp: 0,
      wheelDown: 0,
      scancodes: [],
      key: "",
      leds: 0,
    };
  }

  /** The size of the pointer's screen. */
  set screen(size: { width: number; height: number }) {
    if (size.width === this.#screen.width && size.height === this.#screen.height) return;
    this.#screen = size;
    this.host.damage(map);
  }

  get state(): InputState {
    return this.#state;
  }

  set state(next: InputState) {
    const old = this.#state;
    this.#state = next;
    const moved = old.x !== next.x || old.y !== next.y || old.displayId !== next.displayId;
    if (moved || old.absolute !== next.absolute) {
      this.host.damage(rows.pointer);
      this.host.damage(map);
    }
    if (old.buttons !== next.buttons) this.host.damage(rows.buttons);
    if (old.wheelUp !== next.wheelUp || old.wheelDown !== next.wheelDown) {
      this.host.damage(rows.wheel);
    }
    if (old.scancodes !== next.scancodes) this.host.damage(rows.keys);
    if (old.key !== next.key) this.host.damage(rows.typed);
    if (old.leds !== next.leds) this.host.damage(rows.locks);
  }

  paint(painter: Painter): void {
    painter.fill(box(0, 0, this.width, this.height), color.paper);
    const row = (rect: Rect, name: string, paint: (p: Painter) => void) => {
      if (!painter.sees(rect)) return;
      painter.text(name, 12, rect.top + 17, color.faint, sans);
      paint(painter.at(left, rect.top));
    };
    const s = this.#state;
    row(rows.pointer, "Pointer", (p) => {
      p.text(`${s.x}, ${s.y}`, 0, 17, color.ink, bold);
      const mode = s.absolute ? "client mode" : "server mode";
      p.text(`${mode} · ${s.displayId + 1}`, 0, 36, color.faint, sans);
    });
    row(rows.buttons, "Buttons", (p) => {
      buttons.forEach(([letter, name], i) => {
        const down = (s.buttons & MouseButtonMask[name]) !== 0;
        p.fill(box(i * 22, 4, 18, 18), down ? color.accent : color.shade);
        const x = i * 22 + (18 - bold.measure(letter) >> 1);
        p.text(letter, x, 18, down ? color.titleText : color.faint, bold);
      });
    });
    row(
      rows.wheel,
      "Wheel",
      (p) => p.text(`↑ ${s.wheelUp}   ↓ ${s.wheelDown}`, 0, 17, color.ink, sans),
    );
    row(rows.keys, "Scancodes", (p) => {
      const hex = s.scancodes.map((n) => n.toString(16).padStart(2, "0")).join(" ");
      p.text(hex, 0, 17, color.ink, mono);
    });
    row(rows.typed, "Key", (p) => p.text(s.key, 0, 17, color.ink, bold));
    row(rows.locks, "Locks", (p) => {
      locks.forEach(([name, lock], i) => {
        p.blend(s.leds & KeyboardModifiers[lock] ? lit : dark, i * 74, 7);
        p.text(name, i * 74 + 17, 17, color.ink, sans);
      });
    });
    this.#paintMap(painter);
  }

  /** The screen in small, with a cross where the pointer is. */
  #paintMap(painter: Painter): void {
    if (!painter.sees(map)) return;
    painter.fill(map, color.shade);
    painter.outline(map, color.line);
    const { width, height } = this.#screen;
    const within = (n: number, size: number, room: number) =>
      Math.round(Math.max(0, Math.min(1, n / Math.max(1, size - 1))) * (room - 3)) + 1;
    const x = map.left + within(this.#state.x, width, map.right - map.left);
    const y = map.top + within(this.#state.y, height, map.bottom - map.top);
    painter.stroke([{ x, y: map.top + 1 }, { x, y: map.bottom - 2 }], color.accent);
    painter.stroke([{ x: map.left + 1, y }, { x: map.right - 2, y }], color.accent);
  }
}
