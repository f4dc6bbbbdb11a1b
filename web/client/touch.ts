/**
 * Fingers on the picture as a mouse: a tap clicks, a held finger clicks the right button, a finger
 * that moves drags, two that tap click the right button. Two that move turn the wheel, or move the
 * picture where it is larger than its room. Where the guest's mouse is relative the picture is a
 * trackpad: a finger moves the pointer from wherever that is, and drags where a tap came just before.
 */
import type { After } from "./after.ts";
import type { Pointer } from "./pointer.ts";

/** A finger that moves less stays where it is, in CSS pixels. */
const SLACK = 8;
const HOLD_MS = 600;
/** A tap so soon after another, and so near in CSS pixels, is meant for the same place. */
const AGAIN_MS = 500, AGAIN = 24;
/** CSS pixels that two fingers move for a notch of the wheel. */
const NOTCH = 30;

export interface Finger {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

/** CSS pixels to the right and down. */
export interface Way {
  readonly x: number;
  readonly y: number;
}

/** Moves the picture in its room, as far as it goes. Which ways it can move there, and how far it did. */
export type Pan = (by: Way) => { readonly can: { x: boolean; y: boolean }; readonly moved: Way };

type Gesture = "none" | "maybe" | "drag" | "glide" | "done" | "two" | "scroll";

export class Touch {
  readonly #fingers = new Map<number, Finger>();
  #gesture: Gesture = "none";
  #start: Finger = { id: 0, x: 0, y: 0 };
  /** Where the finger that moves the pointer was last. */
  #last: Finger = this.#start;
  /** Where a tap was clicked just now. */
  #tapped: Finger | null = null;
  #scrollFrom: Way = { x: 0, y: 0 };
  #cancelHold = () => {};
  #cancelTap = () => {};

  constructor(readonly pointer: Pointer, readonly after: After, readonly pan: Pan) {}

  down(finger: Finger): void {
    this.#fingers.set(finger.id, finger);
    this.#cancelHold();
    if (this.#fingers.size === 1) {
      this.#gesture = "maybe";
      this.#start = this.#last = finger;
      if (this.#tapped && apart(this.#tapped, finger) > AGAIN) this.#tapped = null;
      // SPEC: guests take two clicks for a double one only where they are a few of their pixels apart
      if (this.pointer.mode === "client") this.#go(this.#tapped ?? finger);
      this.#cancelHold = this.after(HOLD_MS, () => {
        if (this.#gesture !== "maybe") return;
        this.#gesture = "done";
        this.#click("right");
      });
    } else if (this.#fingers.size === 2 && this.#gesture === "maybe") {
      this.#gesture = "two";
    }
    this.#scrollFrom = this.#middle();
  }

  move(finger: Finger): void {
    if (!this.#fingers.has(finger.id)) return;
    this.#fingers.set(finger.id, finger);
    switch (this.#gesture) {
      case "maybe":
        if (apart(finger, this.#start) < SLACK) return;
        this.#cancelHold();
        this.#gesture = this.pointer.mode === "client" || this.#tapped ? "drag" : "glide";
        if (this.#gesture === "drag") this.pointer.press("left", true);
        return this.#go(finger);
      case "drag":
      case "glide":
        if (finger.id === this.#start.id) this.#go(finger);
        return;
      case "two":
        if (apart(this.#middle(), this.#scrollFrom) < SLACK) return;
        this.#gesture = "scroll";
        return;
      case "scroll":
        return this.#scroll();
    }
  }

  up(id: number): void {
    if (!this.#fingers.delete(id)) return;
    this.#cancelHold();
    if (this.#gesture === "maybe") this.#tap();
    else if (this.#gesture === "two" && this.#fingers.size === 1) this.#click("right");
    else if (this.#gesture === "drag") {
      // a palm that comes and goes meanwhile changes nothing
      if (id !== this.#start.id) return;
      this.pointer.press("left", false);
      this.#gesture = "done";
    }
    if (this.#gesture === "two") this.#gesture = "done";
    if (this.#fingers.size === 0) this.#gesture = "none";
    // the middle is elsewhere at once, and nobody moved
    else this.#scrollFrom = this.#middle();
  }

  /** The system took the finger away: what it held is let go, and nothing is clicked. */
  cancel(id: number): void {
    if (this.#fingers.has(id) && this.#gesture !== "drag") this.#gesture = "done";
    this.up(id);
  }

  /** The pointer goes with the finger, or as far as it does. */
  #go(finger: Finger): void {
    const { x, y } = finger, last = this.#last;
    this.#last = finger;
    this.pointer.moved({ offsetX: x, offsetY: y, movementX: x - last.x, movementY: y - last.y });
  }

  /** The picture follows the fingers: in its room where there is more of it, or else in the guest. */
  #scroll(): void {
    const middle = this.#middle(), from = this.#scrollFrom;
    const by = { x: middle.x - from.x, y: middle.y - from.y };
    const { can, moved } = this.pan(by);
    if (!can.y) this.pointer.turned(by.y / NOTCH);
    // fingers are told from the picture's corner, which has gone with them
    for (const [id, { x, y }] of this.#fingers) {
      this.#fingers.set(id, { id, x: x - moved.x, y: y - moved.y });
    }
    const { x, y } = this.#middle();
    this.#scrollFrom = {
      x: can.x ? x - part(by.x - moved.x) : x,
      y: can.y ? y - part(by.y - moved.y) : y,
    };
  }

  #tap(): void {
    this.#click("left");
    this.#tapped ??= this.#start;
    this.#cancelTap();
    this.#cancelTap = this.after(AGAIN_MS, () => this.#tapped = null);
  }

  #click(button: "left" | "right"): void {
    this.pointer.press(button, true);
    this.pointer.press(button, false);
  }

  #middle(): Way {
    let x = 0, y = 0;
    for (const finger of this.#fingers.values()) {
      x += finger.x;
      y += finger.y;
    }
    return { x: x / this.#fingers.size, y: y / this.#fingers.size };
  }
}

/** What rounding left of a way is still to be gone; a picture at its edge goes no farther. */
const part = (left: number) => Math.abs(left) < 1 ? left : 0;

const apart = (a: Way, b: Way) => Math.hypot(a.x - b.x, a.y - b.y);
