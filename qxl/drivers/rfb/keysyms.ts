/**
 * XT scancodes (set 1) as X keysyms of a US keyboard, for servers that take no scancodes: there the
 * guest's layout should be US too. Source of truth: X11's keysymdef.h.
 */
import { KeyboardModifiers } from "../../../core/protocol/inputs.ts";

const plain = "1234567890-=", shifted = "!@#$%^&*()_+";
const rows: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [0x02, plain, shifted],
  [0x10, "qwertyuiop[]", "QWERTYUIOP{}"],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?"],
  [0x39, " ", " "],
  [0x56, "<", ">"],
];

/** Keys that mean one thing; 0x100 is added behind `e0`. */
const named: Readonly<Record<number, number>> = {
  0x01: 0xff1b, // Escape
  0x0e: 0xff08, // BackSpace
  0x0f: 0xff09, // Tab
  0x1c: 0xff0d, // Return
  0x1d: 0xffe3, // Control_L
  0x2a: 0xffe1, // Shift_L
  0x36: 0xffe2, // Shift_R
  0x37: 0xffaa, // KP_Multiply
  0x38: 0xffe9, // Alt_L
  0x3a: 0xffe5, // Caps_Lock
  0x45: 0xff7f, // Num_Lock
  0x46: 0xff14, // Scroll_Lock
  0x4a: 0xffad, // KP_Subtract
  0x4e: 0xffab, // KP_Add
  0x54: 0xff15, // Sys_Req
  0x57: 0xffc8, // F11
  0x58: 0xffc9, // F12
  0x70: 0xff27, // Hiragana_Katakana
  0x73: 0xff6d, // the key beside the right shift of a Japanese keyboard
  0x79: 0xff23, // Henkan
  0x7b: 0xff22, // Muhenkan
  0x7d: 0xa5, // yen
  0x11c: 0xff8d, // KP_Enter
  0x11d: 0xffe4, // Control_R
  0x135: 0xffaf, // KP_Divide
  0x137: 0xff61, // Print
  0x138: 0xfe03, // ISO_Level3_Shift: AltGr
  0x146: 0xff6b, // Break
  0x147: 0xff50, // Home
  0x148: 0xff52, // Up
  0x149: 0xff55, // Prior
  0x14b: 0xff51, // Left
  0x14d: 0xff53, // Right
  0x14f: 0xff57, // End
  0x150: 0xff54, // Down
  0x151: 0xff56, // Next
  0x152: 0xff63, // Insert
  0x153: 0xffff, // Delete
  0x15b: 0xffeb, // Super_L
  0x15c: 0xffec, // Super_R
  0x15d: 0xff67, // Menu
  0x200: 0xff13, // Pause
};

/** The number pad with the lock on, and without. */
const pad: Readonly<Record<number, readonly [digit: number, motion: number]>> = {
  0x47: [0xffb7, 0xff95],
  0x48: [0xffb8, 0xff97],
  0x49: [0xffb9, 0xff9a],
  0x4b: [0xffb4, 0xff96],
  0x4c: [0xffb5, 0xff9d],
  0x4d: [0xffb6, 0xff98],
  0x4f: [0xffb1, 0xff9c],
  0x50: [0xffb2, 0xff99],
  0x51: [0xffb3, 0xff9b],
  0x52: [0xffb0, 0xff9e],
  0x53: [0xffae, 0xff9f],
};

/** The keysym of a key: shift is held or not, leds are the KeyboardModifiers that are on; 0: it has none. */
export function keysymOf(key: number, shift: boolean, leds: number): number {
  if (key >= 0x3b && key <= 0x44) return 0xffbe + key - 0x3b;
  const digits = pad[key];
  if (digits) return digits[(leds & KeyboardModifiers.numLock) !== 0 !== shift ? 0 : 1];
  const one = named[key];
  if (one !== undefined) return one;
  for (const [first, lower, upper] of rows) {
    const at = key - first;
    if (at < 0 || at >= lower.length) continue;
    const letter = /[a-z]/.test(lower[at]);
    const caps = letter && (leds & KeyboardModifiers.capsLock) !== 0;
    return (shift !== caps ? upper : lower).charCodeAt(at);
  }
  return 0;
}
