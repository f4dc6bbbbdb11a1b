/// <reference lib="dom" />
/** A mouse or pen over the picture: where it is, its buttons and its wheel. */
import { type MouseButton, MouseButtonMask } from "../../core/protocol/inputs.ts";
import type { MouseModeName } from "../../core/protocol/main.ts";

/** What becomes of a pointer's doings. buttons: MouseButtonMask. */
export interface PointerSink {
  position(x: number, y: number, buttons: number): void;
  motion(dx: number, dy: number, buttons: number): void;
  button(button: MouseButton, down: boolean, buttons: number): void;
}

/** How the picture lies on the page: guest pixels across and down, and CSS pixels. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly cssWidth: number;
  readonly cssHeight: number;
}

/** By MouseEvent.button. */
const BUTTONS: readonly MouseButton[] = ["left", "middle", "right", "side", "extra"];
/** What a notch of a wheel is in WheelEvent's older fields, everywhere. */
const NOTCH = 120;
/** A flick turns the guest's wheel no further. */
const MOST_CLICKS = 8;

export class Pointer {
  mode: MouseModeName = "client";
  placement: Placement = { width: 1, height: 1, cssWidth: 1, cssHeight: 1 };
  readonly #sink: PointerSink;
  #buttons = 0;
  #wheel = 0;
  /** Parts of a pixel that motions left over. */
  #restX = 0;
  #restY = 0;

  constructor(sink: PointerSink) {
    this.#sink = sink;
  }

  get buttons(): number {
    return this.#buttons;
  }

  /** offsetX and offsetY: CSS pixels from the picture's corner. */
  moved(event: { offsetX: number; offsetY: number; movementX: number; movementY: number }): void {
    if (this.mode === "client") return this.at(event.offsetX, event.offsetY);
    const x = event.movementX + this.#restX, y = event.movementY + this.#restY;
    const dx = Math.trunc(x), dy = Math.trunc(y);
    this.#restX = x - dx;
    this.#restY = y - dy;
    if (dx !== 0 || dy !== 0) this.#sink.motion(dx, dy, this.#buttons);
  }

  /** Client mode: the pointer is here, in CSS pixels. */
  at(cssX: number, cssY: number): void {
    const { width, height, cssWidth, cssHeight } = this.placement;
    const x = clamp(Math.floor(cssX * width / cssWidth), width);
    const y = clamp(Math.floor(cssY * height / cssHeight), height);
    this.#sink.position(x, y, this.#buttons);
  }

  /** button: as MouseEvent has it. */
  pressed(button: number, down: boolean): void {
    const name = BUTTONS[button];
    if (name === undefined) return;
    this.press(name as keyof typeof MouseButtonMask & MouseButton, down);
  }

  press(name: Exclude<MouseButton, "invalid">, down: boolean): void {
    const bit = MouseButtonMask[name];
    if (down) this.#buttons |= bit;
    else this.#buttons &= ~bit;
    this.#sink.button(name, down, this.#buttons);
  }

  /** up: notches away from the person, or parts of them. */
  turned(up: number): void {
    // what is left of the other way is not taken back
    this.#wheel = this.#wheel * up < 0 ? up : this.#wheel + up;
    const clicks = Math.trunc(this.#wheel);
    this.#wheel -= clicks;
    const way = clicks > 0 ? "up" : "down";
    for (let i = Math.min(Math.abs(clicks), MOST_CLICKS); i > 0; i--) {
      this.press(way, true);
      this.press(way, false);
    }
  }

  wheel(event: WheelEvent): void {
    const { wheelDeltaY } = event as unknown as { wheelDeltaY?: number };
    const lines = [1 / 100, 1 / 3, 1];
    this.turned(
      wheelDeltaY === undefined ? -event.deltaY * lines[event.deltaMode] : wheelDeltaY / NOTCH,
    );
  }

  /** Releases all buttons: the page lost the pointer. */
  letGo(): void {
    for (const name of BUTTONS) {
      const known = name as Exclude<MouseButton, "invalid">;
      if (this.#buttons & MouseButtonMask[known]) this.press(known, false);
    }
  }
}

const clamp = (n: number, size: number) => Math.max(0, Math.min(size - 1, n));
