/// <reference lib="dom" />
/** Keys by where they are, so that the guest's own layout decides what they mean. */
import { KeyboardModifiers } from "../../core/protocol/inputs.ts";
import type { Stroke } from "./keymaps.ts";
import { scancode } from "./scancodes.ts";

/** The part of a KeyboardEvent that is looked at. */
export interface KeyEvent {
  /** "": only what it means is known. */
  readonly code: string;
  readonly key: string;
  readonly repeat?: boolean;
  readonly timeStamp?: number;
  getModifierState(name: string): boolean;
}

export interface KeyboardOptions {
  /** Sends a press or release: bytes of scancode set 1, the first in the lowest byte. */
  readonly send: (code: number, down: boolean) => void;
  /** Sends the locks that the guest should have: KeyboardModifiers. */
  readonly locks: (modifiers: number) => void;
  /** The host is a Mac, which tells of no releases while Meta is held. */
  readonly mac?: boolean;
  /** The host is Windows, which tells of no releases of keys of its input methods. */
  readonly windows?: boolean;
  /** What makes a character in the guest, for keys without a place; undefined: nothing. */
  readonly strokes?: (character: string) => readonly Stroke[] | undefined;
  /** All that was held is free again after Control, Alt and Shift were held together. */
  readonly onEscape?: () => void;
}

/** Modifiers whose release may get lost: the browser says at every event whether they are held. */
const MODIFIERS: readonly (readonly [string, readonly string[]])[] = [
  ["Shift", ["ShiftLeft", "ShiftRight"]],
  ["Control", ["ControlLeft", "ControlRight"]],
  ["Alt", ["AltLeft"]],
  ["Meta", ["MetaLeft", "MetaRight"]],
];
/** Keys of Windows that are pressed alone, or now and then: by place, and by what they mean. */
const RELEASELESS: ReadonlySet<string> = new Set([
  ...["Lang1", "Lang2", "KanaMode"],
  ...["HangulMode", "HanjaMode", "ZenkakuHankaku", "Zenkaku", "Hankaku", "KanjiMode"],
  ...["Alphanumeric", "Katakana", "Hiragana", "KatakanaHiragana", "Romaji"],
]);
/** Where keys are that have no place and are named otherwise. */
const PLACES: Readonly<Record<string, string>> = {
  Shift: "ShiftLeft",
  Control: "ControlLeft",
  Alt: "AltLeft",
  AltGraph: "AltRight",
  Meta: "MetaLeft",
};
/** Held, they make other characters. */
const SHIFTS: ReadonlySet<string> = new Set(["ShiftLeft", "ShiftRight", "AltRight"]);
const LOCKS = [
  ["ScrollLock", KeyboardModifiers.scrollLock],
  ["NumLock", KeyboardModifiers.numLock],
  ["CapsLock", KeyboardModifiers.capsLock],
] as const;

export class Keyboard {
  readonly #options: KeyboardOptions;
  readonly #held = new Set<string>();
  /** The guest's lights; null: not told yet. */
  #lights: number | null = null;
  /** The locks are compared at the next event. */
  #compare = true;
  #escaping = false;
  #controlAt = -1;

  constructor(options: KeyboardOptions) {
    this.#options = options;
  }

  /** Keys that are held in the guest. */
  get held(): ReadonlySet<string> {
    return this.#held;
  }

  /** The guest's lights as it says. */
  set lights(modifiers: number) {
    this.#lights = modifiers;
  }

  /** true: the guest got it, so the browser should not. */
  press(event: KeyEvent): boolean {
    const code = this.#codeOf(event);
    const bytes = scancode(code, true);
    if (bytes === 0) return this.#type(event);
    this.#check(event, code);
    if (this.#isSwitch(code) || this.#isReleaseless(event)) return this.#tap(code);
    // SPEC: on Windows AltGr comes as ControlLeft and AltRight in one moment
    if (
      code === "AltRight" && this.#held.has("ControlLeft") &&
      event.timeStamp !== undefined && event.timeStamp === this.#controlAt
    ) {
      this.#let("ControlLeft");
    }
    if (code === "ControlLeft") this.#controlAt = event.timeStamp ?? -1;
    // pressed again: its release got lost
    if (!event.repeat) this.#let(code);
    this.#held.add(code);
    this.#options.send(bytes, true);
    this.#escaping = this.#onlyEscapeHeld();
    return true;
  }

  /** true: the guest got it, so the browser should not. */
  release(event: KeyEvent): boolean {
    const place = placeOf(event);
    const code = this.#held.has("Break") && place === "Pause" ? "Break" : place;
    if (scancode(code, false) === 0) return false;
    if (this.#isSwitch(code)) return this.#tap(code);
    const known = this.#held.has(code);
    // SPEC: Windows tells of its release alone
    if (this.#options.windows && code === "PrintScreen" && !known) return this.#tap(code);
    if (known) this.#let(code);
    // a Mac tells of no releases of other keys while Meta was held
    if (this.#options.mac && code.startsWith("Meta")) this.letGo();
    if (this.#escaping && this.#held.size === 0) {
      this.#escaping = false;
      this.#options.onEscape?.();
    }
    return known;
  }

  /** Releases all that is held: the page lost the keyboard. */
  letGo(): void {
    for (const code of [...this.#held]) this.#let(code);
    this.#compare = true;
    this.#escaping = false;
  }

  /** Presses these keys in order and releases them in the opposite one. */
  combination(codes: readonly string[]): void {
    this.letGo();
    for (const code of codes) this.#options.send(scancode(code, true), true);
    for (const code of codes.toReversed()) this.#options.send(scancode(code, false), false);
  }

  /** Turns Caps Lock off, where the guest says that it is on. */
  unlockCaps(): void {
    const { capsLock } = KeyboardModifiers;
    if (this.#lights === null || !(this.#lights & capsLock)) return;
    this.#lights &= ~capsLock;
    this.#options.locks(this.#lights);
  }

  /** A pointer event says too which modifiers are held and which locks are on. */
  notice(event: Pick<KeyEvent, "getModifierState">): void {
    this.#check(event, "");
  }

  /** SPEC: on a Mac Caps Lock comes as a press when it goes on, and as a release when it goes off. */
  #isSwitch(code: string): boolean {
    return this.#options.mac === true && code === "CapsLock";
  }

  #isReleaseless({ code, key }: KeyEvent): boolean {
    return this.#options.windows === true && (RELEASELESS.has(code) || RELEASELESS.has(key));
  }

  /** Types what a key without a place means, with what is held but what would make it another character. */
  #type(event: KeyEvent): boolean {
    const strokes = event.code === "" && this.#strokes(event.key);
    if (!strokes) return false;
    this.#check(event, "");
    this.#escaping = false;
    const { send } = this.#options;
    for (const stroke of strokes) {
      const shifts = [...this.#held].filter((code) => SHIFTS.has(code) && !stroke.includes(code));
      const keys = stroke.filter((code) => !(SHIFTS.has(code) && this.#held.has(code)));
      for (const code of shifts) send(scancode(code, false), false);
      for (const code of keys) send(scancode(code, true), true);
      for (const code of keys.toReversed()) send(scancode(code, false), false);
      for (const code of shifts) send(scancode(code, true), true);
    }
    return true;
  }

  /** The guest's Caps Lock turns letters around. */
  #strokes(character: string): readonly Stroke[] | undefined {
    const { strokes } = this.#options, lower = character.toLowerCase();
    if (!strokes || [...character].length !== 1) return undefined;
    const turned = lower === character ? character.toUpperCase() : lower;
    const capsLock = (this.#lights ?? 0) & KeyboardModifiers.capsLock;
    return capsLock && strokes(turned) || strokes(character);
  }

  #tap(code: string): true {
    this.#escaping = false;
    this.#options.send(scancode(code, true), true);
    this.#options.send(scancode(code, false), false);
    return true;
  }

  #let(code: string): void {
    if (this.#held.delete(code)) this.#options.send(scancode(code, false), false);
  }

  #codeOf(event: KeyEvent): string {
    const code = placeOf(event);
    if (code !== "Pause") return code;
    // SPEC: with Control held the key is Break and sends other bytes
    return this.#held.has("ControlLeft") || this.#held.has("ControlRight") ? "Break" : code;
  }

  /** Mends what got lost while others had the keyboard. */
  #check(event: Pick<KeyEvent, "getModifierState">, pressed: string): void {
    for (const [name, codes] of MODIFIERS) {
      if (codes.includes(pressed) || event.getModifierState(name)) continue;
      for (const code of codes) this.#let(code);
    }
    if (!this.#compare || this.#lights === null || pressed.endsWith("Lock")) return;
    this.#compare = false;
    let modifiers = this.#lights;
    for (const [name, bit] of LOCKS) {
      // SPEC: a Mac has no other lock, and says of them that they are off
      if (this.#options.mac && name !== "CapsLock") continue;
      modifiers = event.getModifierState(name) ? modifiers | bit : modifiers & ~bit;
    }
    if (modifiers !== this.#lights) this.#options.locks(modifiers);
  }

  #onlyEscapeHeld(): boolean {
    const has = (name: string) => this.#held.has(`${name}Left`) || this.#held.has(`${name}Right`);
    return this.#held.size === 3 && has("Control") && has("Alt") && has("Shift");
  }
}

const placeOf = ({ code, key }: KeyEvent) => code === "" ? PLACES[key] ?? key : code;
