/**
 * Caps, num and scroll lock: what the guest's lights show, and keeping them as the client's are.
 * Source of truth: inputs-channel.cpp, sync_locks and the answer to KEY_MODIFIERS.
 */
import type { Cancel, Clock } from "../core/clock.ts";
import type { Keyboard } from "../core/guest.ts";
import { KeyboardModifiers } from "../core/protocol/inputs.ts";
import { type KeyEvent, scancodeOf } from "./scancodes.ts";

/** inputs-channel.cpp: KEY_MODIFIERS_TTL: so long the guest may take to light a light. */
const SETTLE_MS = 2000;
const LOCKS = [
  [0x46, KeyboardModifiers.scrollLock],
  [0x45, KeyboardModifiers.numLock],
  [0x3a, KeyboardModifiers.capsLock],
] as const;

export class Locks {
  /**
   * What the lights are, or will be when the guest has seen the lock key that it was just sent:
   * without this foresight a client that asks twice would toggle twice.
   */
  #lights: number;
  #pressed = 0;
  #cancel: Cancel = () => {};
  readonly #listeners = new Set<(lights: number) => void>();

  constructor(readonly keyboard: Keyboard, readonly clock: Clock) {
    this.#lights = keyboard.leds;
    keyboard.onLeds((lights) => {
      this.#lights = lights;
      this.#tell();
    });
  }

  /** KeyboardModifiers bits. */
  get lights(): number {
    return this.#lights;
  }

  /** Calls when clients are to be told the lights. */
  onChange(listener: (lights: number) => void): Cancel {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#cancel();
    };
  }

  /** A key went to the guest. */
  seen({ key, down }: KeyEvent): void {
    const light = LOCKS.find(([code]) => code === key)?.[1];
    if (light === undefined) return;
    if (!down) this.#pressed &= ~light;
    else if ((this.#pressed & light) === 0) {
      this.#pressed |= light;
      this.#lights ^= light;
      this.#tellSoon();
    }
  }

  /** A client says how its lights are: taps the locks that differ and are not held down. */
  follow(wanted: number): void {
    for (const [key, light] of LOCKS) {
      if ((this.#pressed & light) !== 0 || ((wanted ^ this.#lights) & light) === 0) continue;
      this.keyboard.scancode(scancodeOf({ key, down: true }));
      this.keyboard.scancode(scancodeOf({ key, down: false }));
      this.#lights ^= light;
    }
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#cancel();
    this.#cancel = this.clock.after(SETTLE_MS, () => this.#tell());
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#lights);
  }
}
