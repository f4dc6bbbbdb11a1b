/**
 * The bytes of a keyboard in XT scancode set 1, cut into keys.
 * Source of truth: inputs-channel.cpp, kbd_push_scan; the keys themselves: IBM's set 1.
 */

/** A key goes down or up. key: the code without bit 7; 0x100 is added behind `e0`, PAUSE is the one behind `e1`. */
export interface KeyEvent {
  readonly key: number;
  readonly down: boolean;
}

export const PAUSE = 0x200;
const RELEASE = 0x80;

/** The bytes that a keyboard sends for it. */
export function scancodeOf({ key, down }: KeyEvent): number[] {
  const up = down ? 0 : RELEASE;
  if (key === PAUSE) return [0xe1, 0x1d | up, 0x45 | up];
  return key >= 0x100 ? [0xe0, key & 0x7f | up] : [key | up];
}

/** Puts one client's bytes together; a key may come in several messages, as spice-gtk sends Pause. */
export class Scancodes {
  #pending: number[] = [];

  /** Takes a byte; a key if one is complete. Bytes that no key begins with, or goes on with, vanish. */
  push(byte: number): KeyEvent | null {
    const [prefix, second] = this.#pending;
    if (byte >= 0xe0 && byte <= 0xe2) {
      this.#pending = [byte];
      return null;
    }
    const key = byte & ~RELEASE, down = (byte & RELEASE) === 0;
    if (prefix === 0xe1 && second === undefined && key === 0x1d) {
      this.#pending.push(byte);
      return null;
    }
    this.#pending = [];
    if (prefix === 0xe1) {
      const pause = second !== undefined && key === 0x45 && down === (second < RELEASE);
      return pause ? { key: PAUSE, down } : null;
    }
    // 60, 61 and 62 are no keys: their release would be a prefix
    if (key === 0 || key >= 0x60 && key <= 0x62 || prefix === 0xe2) return null;
    return { key: prefix === 0xe0 ? key | 0x100 : key, down };
  }
}
