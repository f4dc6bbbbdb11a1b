/** XT scancodes (set 1) to keys and US characters. */
import { KeyboardModifiers } from "../../../core/protocol/inputs.ts";

export interface KeyPress {
  /** What the key is called, as in DOM's KeyboardEvent.code without "Key" and "Digit": "a", "Enter", "ArrowUp". */
  readonly name: string;
  /** What it types; empty if nothing. */
  readonly text: string;
  readonly control: boolean;
  readonly shift: boolean;
}

const plain = "\0\x1b1234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
const shifted = '\0\x1b!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:"~\0|ZXCVBNM<>?\0*\0 ';
const pad = "789-456+1230.";

const names: Record<number, string> = {
  0x01: "Escape",
  0x0e: "Backspace",
  0x0f: "Tab",
  0x1c: "Enter",
  0x1d: "Control",
  0x2a: "Shift",
  0x36: "Shift",
  0x38: "Alt",
  0x39: "Space",
  0x3a: "CapsLock",
  0x45: "NumLock",
  0x46: "ScrollLock",
  0x47: "Home",
  0x48: "ArrowUp",
  0x49: "PageUp",
  0x4b: "ArrowLeft",
  0x4d: "ArrowRight",
  0x4f: "End",
  0x50: "ArrowDown",
  0x51: "PageDown",
  0x52: "Insert",
  0x53: "Delete",
  0x57: "F11",
  0x58: "F12",
  0x5b: "Meta",
  0x5c: "Meta",
  0x5d: "Menu",
};

const locks: Record<string, number> = {
  CapsLock: KeyboardModifiers.capsLock,
  NumLock: KeyboardModifiers.numLock,
  ScrollLock: KeyboardModifiers.scrollLock,
};

/** A keyboard's state: which modifiers are held, which locks are on. */
export class Keymap {
  /** KeyboardModifiers bits. */
  leds = 0;
  #held = new Set<number>();

  /** The bytes of one key event; a press gives the key, a release null. */
  feed(bytes: readonly number[]): KeyPress | null {
    const extended = bytes[0] === 0xe0;
    const last = bytes[extended ? 1 : 0];
    // e1 1d 45: Pause, which is pressed and released at once; e0 2a: a shift that keyboards make up
    if (last === undefined || bytes[0] === 0xe1 || extended && (last & 0x7f) === 0x2a) return null;
    const code = last & 0x7f, key = extended ? code | 0x100 : code;
    if (last & 0x80) {
      this.#held.delete(key);
      return null;
    }
    const repeated = this.#held.has(key);
    this.#held.add(key);
    const name = names[code] ?? nameOf(code);
    if (locks[name] && !extended && !repeated) this.leds ^= locks[name];
    const control = this.#held.has(0x1d) || this.#held.has(0x11d);
    const shift = this.#held.has(0x2a) || this.#held.has(0x36);
    return { name, text: control ? "" : this.#text(code, extended, shift), control, shift };
  }

  #text(code: number, extended: boolean, shift: boolean): string {
    if (extended) return code === 0x1c ? "\n" : code === 0x35 ? "/" : "";
    if (code >= 0x47 && code <= 0x53) {
      const sign = pad[code - 0x47];
      const number = (this.leds & KeyboardModifiers.numLock) !== 0 && !shift;
      return number || sign === "-" || sign === "+" ? sign : "";
    }
    const letter = /[a-z]/.test(plain[code] ?? "");
    const caps = letter && (this.leds & KeyboardModifiers.capsLock) !== 0;
    const sign = (shift !== caps ? shifted : plain)[code] ?? "\0";
    return sign < " " && sign !== "\n" && sign !== "\t" ? "" : sign;
  }
}

function nameOf(code: number): string {
  if (code >= 0x3b && code <= 0x44) return `F${code - 0x3a}`;
  const sign = plain[code];
  return sign && sign > " " ? sign : `0x${code.toString(16)}`;
}
