/** What several clients hold down together: keys and mouse buttons. Who comes later does not let go for another. */
import type { Keyboard, Pointer } from "../core/guest.ts";
import { MouseButton, MouseButtonMask } from "../core/protocol/inputs.ts";
import type { Locks } from "./locks.ts";
import { type KeyEvent, scancodeOf } from "./scancodes.ts";

/** Buttons that stay down; the wheel's clicks do not. */
const HELD = MouseButtonMask.left | MouseButtonMask.middle | MouseButtonMask.right |
  MouseButtonMask.side | MouseButtonMask.extra;
const ALL = HELD | MouseButtonMask.up | MouseButtonMask.down;

const bitOf = (button: MouseButton) =>
  button === "invalid" ? 0 : 1 << MouseButton.values[button] - 1;
const buttons = Object.keys(MouseButton.values) as MouseButton[];

/** The guest's keyboard and mouse buttons under everybody's hands. */
export class Hands {
  readonly #all = new Set<Hand>();

  constructor(readonly keyboard: Keyboard, readonly pointer: Pointer, readonly locks: Locks) {}

  /** A client's hand; call `letGo` when the client goes. */
  join(): Hand {
    const hand = new Hand(this);
    this.#all.add(hand);
    return hand;
  }

  leave(hand: Hand): void {
    this.#all.delete(hand);
  }

  /** Buttons that anybody holds: MouseButtonMask bits. */
  get held(): number {
    let mask = 0;
    for (const hand of this.#all) mask |= hand.buttons;
    return mask;
  }

  holds(key: number): boolean {
    for (const hand of this.#all) if (hand.keys.has(key)) return true;
    return false;
  }
}

/** One client's keys and buttons. */
export class Hand {
  readonly keys = new Set<number>();
  buttons = 0;

  constructor(readonly hands: Hands) {}

  key(event: KeyEvent): void {
    const { keyboard, locks } = this.hands;
    if (event.down) this.keys.add(event.key);
    else {
      this.keys.delete(event.key);
      if (this.hands.holds(event.key)) return;
    }
    keyboard.scancode(scancodeOf(event));
    locks.seen(event);
  }

  /** This client's buttons, as each of its mouse messages says; comes back with everybody's. */
  state(mask: number): number {
    this.buttons = mask & HELD;
    return this.hands.held | mask & ALL;
  }

  press(button: MouseButton, mask: number): void {
    if (button === "invalid") return;
    const all = this.state(mask | bitOf(button));
    this.hands.pointer.press(button, all);
  }

  release(button: MouseButton, mask: number): void {
    if (button === "invalid") return;
    const all = this.state(mask & ~bitOf(button));
    if ((all & bitOf(button)) === 0) this.hands.pointer.release(button, all);
  }

  /** The client is gone: lets go of everything that nobody else holds. */
  letGo(): void {
    const held = this.buttons;
    try {
      for (const key of [...this.keys]) this.key({ key, down: false });
      for (const button of buttons) {
        if ((held & bitOf(button)) !== 0) this.release(button, this.buttons);
      }
    } finally {
      this.hands.leave(this);
    }
  }
}
