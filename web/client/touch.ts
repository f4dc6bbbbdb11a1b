/**
 * Fingers on the picture as a mouse: a tap clicks, a held finger clicks the right button, a finger
 * that moves drags, two fingers turn the wheel, and two that tap click the right button.
 */
import type { After } from "./after.ts";
import type { Pointer } from "./pointer.ts";

/** A finger that moves less stays where it is, in CSS pixels. */
const SLACK = 8;
const HOLD_MS = 600;
/** CSS pixels that two fingers move for a notch of the wheel. */
const NOTCH = 30;

export interface Finger {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

type Gesture = "none" | "maybe" | "drag" | "done" | "two" | "scroll";

export class Touch {
  readonly #fingers = new Map<number, Finger>();
  #gesture: Gesture = "none";
  #start: Finger = { id: 0, x: 0, y: 0 };
  #scrollFrom = 0;
  #cancelHold = () => {};

  constructor(readonly pointer: Pointer, readonly after: After) {}

  down(finger: Finger): void {
    this.#fingers.set(finger.id, finger);
    this.#cancelHold();
    if (this.#fingers.size === 1) {
      this.#gesture = "maybe";
      this.#start = finger;
      this.pointer.at(finger.x, finger.y);
      this.#cancelHold = this.after(HOLD_MS, () => {
        if (this.#gesture !== "maybe") return;
        this.#gesture = "done";
        this.#click("right");
      });
    } else if (this.#fingers.size === 2 && this.#gesture === "maybe") {
      this.#gesture = "two";
      this.#scrollFrom = this.#middle();
    }
  }

  move(finger: Finger): void {
    if (!this.#fingers.has(finger.id)) return;
    this.#fingers.set(finger.id, finger);
    switch (this.#gesture) {
      case "maybe":
        if (Math.hypot(finger.x - this.#start.x, finger.y - this.#start.y) < SLACK) return;
        this.#cancelHold();
        this.#gesture = "drag";
        this.pointer.press("left", true);
        return this.pointer.at(finger.x, finger.y);
      case "drag":
        if (finger.id === this.#start.id) this.pointer.at(finger.x, finger.y);
        return;
      case "two":
        if (Math.abs(this.#middle() - this.#scrollFrom) < SLACK) return;
        this.#gesture = "scroll";
        return;
      case "scroll": {
        const middle = this.#middle();
        // the picture follows the fingers
        this.pointer.turned((middle - this.#scrollFrom) / NOTCH);
        this.#scrollFrom = middle;
      }
    }
  }

  up(id: number): void {
    if (!this.#fingers.delete(id)) return;
    this.#cancelHold();
    if (this.#gesture === "maybe") this.#click("left");
    else if (this.#gesture === "two" && this.#fingers.size === 1) this.#click("right");
    else if (this.#gesture === "drag") {
      // a palm that comes and goes meanwhile changes nothing
      if (id !== this.#start.id) return;
      this.pointer.press("left", false);
      this.#gesture = "done";
    }
    if (this.#gesture === "two") this.#gesture = "done";
    if (this.#fingers.size === 0) this.#gesture = "none";
  }

  /** The system took the finger away: what it held is let go, and nothing is clicked. */
  cancel(id: number): void {
    if (this.#fingers.has(id) && this.#gesture !== "drag") this.#gesture = "done";
    this.up(id);
  }

  #click(button: "left" | "right"): void {
    this.pointer.press(button, true);
    this.pointer.press(button, false);
  }

  #middle(): number {
    let sum = 0;
    for (const { y } of this.#fingers.values()) sum += y;
    return sum / this.#fingers.size;
  }
}
