/** What a phone's keyboard did to a field, as keystrokes that do the same in the guest. */
import type { Stroke } from "./keymaps.ts";
import type { After } from "./after.ts";
import { STROKE_MS } from "./typist.ts";

/** Characters to take away at the end, and text to type then, so that before becomes after. */
export function difference(before: string, after: string): { back: number; text: string } {
  const old = [...before], now = [...after];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same++;
  return { back: old.length - same, text: now.slice(same).join("") };
}

/** More than anybody swipes at once; what goes beyond is left out. */
const MOST_WAITING = 2000;

/** Presses strokes in order, and no faster than a guest's keyboard takes them. */
export class StrokeQueue {
  readonly #press: (stroke: Stroke) => void;
  readonly #after: After;
  readonly #waiting: Stroke[] = [];
  #resting = false;

  constructor(press: (stroke: Stroke) => void, after: After) {
    this.#press = press;
    this.#after = after;
  }

  add(strokes: readonly Stroke[]): void {
    if (this.#waiting.length + strokes.length > MOST_WAITING) return;
    this.#waiting.push(...strokes);
    if (!this.#resting) this.#next();
  }

  #next(): void {
    const stroke = this.#waiting.shift();
    this.#resting = stroke !== undefined;
    if (!stroke) return;
    this.#press(stroke);
    this.#after(STROKE_MS, () => this.#next());
  }
}
