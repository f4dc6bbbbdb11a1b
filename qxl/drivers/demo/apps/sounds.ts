/** Plays when it is asked to, and shows how loud the client's microphone is when that is switched on. */
import type { Rect } from "../../../../core/protocol/drawing.ts";
import type { MouseButton } from "../../../../core/protocol/inputs.ts";
import type { CursorName } from "../cursor_shapes.ts";
import { bold, sans } from "../font.ts";
import { box, type Painter } from "../painter.ts";
import type { Ear, Speaker } from "../speaker.ts";
import { color } from "../theme.ts";
import { chimes, concertPitch, type Tune } from "../tunes.ts";
import type { App, AppHost } from "../window.ts";

const places = {
  tone: box(12, 12, 92, 26),
  chimes: box(112, 12, 92, 26),
  microphone: box(12, 50, 92, 26),
  meter: box(112, 50, 92, 26),
} as const;
const tickMs = 50;
/** How fast the meter falls, of the whole in a tick. */
const fall = 0.08;

export class Sounds implements App {
  readonly title = "Sound";
  readonly width = 216;
  readonly height = 88;
  host!: AppHost;
  #due = 0;
  /** What the meter shows, 0 to 1 on a scale of 48 dB. */
  #level = 0;

  constructor(readonly speaker: Speaker, readonly ear: Ear) {
    speaker.onEnd = () => this.#buttons();
  }

  cursorAt(x: number, y: number): CursorName {
    return partAt(x, y) === null ? "arrow" : "hand";
  }

  press(button: MouseButton, x: number, y: number): void {
    if (button !== "left") return;
    const part = partAt(x, y);
    if (part === "tone") this.#play(concertPitch);
    else if (part === "chimes") this.#play(chimes);
    else if (part === "microphone") {
      this.ear.wanted = !this.ear.wanted;
      this.#level = 0;
      this.host.damage(places.microphone);
      this.host.damage(places.meter);
    }
  }

  #play(tune: Tune): void {
    if (this.speaker.tune === tune) this.speaker.stop();
    else this.speaker.play(tune);
    this.#buttons();
  }

  #buttons(): void {
    this.host.damage(places.tone);
    this.host.damage(places.chimes);
  }

  due(watched: boolean): number {
    return this.ear.wanted && watched ? this.#due : Infinity;
  }

  tick(nowMs: number): void {
    this.#due = nowMs + tickMs;
    const peak = this.ear.take();
    const loud = peak === 0 ? 0 : Math.max(0, 1 + Math.log10(peak) * 20 / 48);
    const level = Math.max(loud, this.#level - fall, 0);
    if (level === this.#level) return;
    this.#level = level;
    this.host.damage(places.meter);
  }

  paint(painter: Painter): void {
    painter.fill(box(0, 0, this.width, this.height), color.paper);
    const { tune } = this.speaker;
    const button = (rect: Rect, text: string, on: boolean) => {
      painter.fill(rect, on ? color.accent : color.shade);
      painter.outline(rect, color.line);
      const x = rect.left + (rect.right - rect.left - bold.measure(text) >> 1);
      painter.text(text, x, rect.top + 17, on ? color.titleText : color.ink, bold);
    };
    button(places.tone, "A, 440 Hz", tune === concertPitch);
    button(places.chimes, "Chimes", tune === chimes);
    button(places.microphone, "Microphone", this.ear.wanted);
    const { left, top, right, bottom } = places.meter;
    painter.fill(places.meter, color.shade);
    painter.outline(places.meter, color.line);
    if (!this.ear.wanted) return painter.text("off", left + 8, top + 17, color.faint, sans);
    const room = right - left - 4, long = Math.round(room * this.#level);
    painter.fill(
      { left: left + 2, top: top + 2, right: left + 2 + long, bottom: bottom - 2 },
      this.#level > 0.9 ? color.close : color.good,
    );
  }
}

function partAt(x: number, y: number): "tone" | "chimes" | "microphone" | null {
  for (const part of ["tone", "chimes", "microphone"] as const) {
    const { left, top, right, bottom } = places[part];
    if (x >= left && x < right && y >= top && y < bottom) return part;
  }
  return null;
}
