/**
 * XT scancodes, as SPICE has them, to the key codes of an X server with the evdev rules: those of
 * linux/input-event-codes.h and 8. Source of truth: drivers/input/keyboard/atkbd.c of Linux.
 */

/** Behind 0xe0. */
const EXTENDED: Readonly<Record<number, number>> = {
  0x10: 165,
  0x19: 163,
  0x1c: 96,
  0x1d: 97,
  0x20: 113,
  0x21: 140,
  0x22: 164,
  0x24: 166,
  0x2e: 114,
  0x30: 115,
  0x32: 172,
  0x35: 98,
  0x37: 99,
  0x38: 100,
  0x46: 119,
  0x47: 102,
  0x48: 103,
  0x49: 104,
  0x4b: 105,
  0x4d: 106,
  0x4f: 107,
  0x50: 108,
  0x51: 109,
  0x52: 110,
  0x53: 111,
  0x5b: 125,
  0x5c: 126,
  0x5d: 127,
  0x5e: 116,
  0x5f: 142,
  0x63: 143,
  0x65: 217,
  0x66: 156,
  0x67: 173,
  0x68: 128,
  0x69: 159,
  0x6a: 158,
  0x6b: 157,
  0x6c: 155,
  0x6d: 226,
};

/** Those below 0x54 are Linux's own numbers. */
const PLAIN: Readonly<Record<number, number>> = {
  0x54: 99,
  0x56: 86,
  0x57: 87,
  0x58: 88,
  0x59: 117,
  0x64: 183,
  0x65: 184,
  0x66: 185,
  0x67: 186,
  0x68: 187,
  0x69: 188,
  0x6a: 189,
  0x6b: 190,
  0x6c: 191,
  0x6d: 192,
  0x6e: 193,
  0x70: 93,
  0x73: 89,
  0x76: 194,
  0x79: 92,
  0x7b: 94,
  0x7d: 124,
  0x7e: 121,
};

export interface XKey {
  readonly keycode: number;
  readonly down: boolean;
}

/** One key event as a keyboard sends it; null: no key of an X server's has it. */
export function keyOf(bytes: readonly number[]): XKey | null {
  const last = bytes[bytes.length - 1];
  if (last === undefined) return null;
  const down = (last & 0x80) === 0, code = last & 0x7f;
  // e1 1d 45 is Pause; its release is e1 9d c5
  const key = bytes[0] === 0xe1
    ? 119
    : bytes[0] === 0xe0
    ? EXTENDED[code]
    : code > 0 && code < 0x54
    ? code
    : PLAIN[code];
  return key === undefined ? null : { keycode: key + 8, down };
}
