/**
 * Where a key is → what a PC keyboard sends for it: scancode set 1.
 * Sources of truth: UI Events KeyboardEvent code Values; Microsoft's Keyboard Scan Code Specification.
 */

/** Keys with one byte. */
const PLAIN: Readonly<Record<string, number>> = {
  Escape: 0x01,
  Minus: 0x0c,
  Equal: 0x0d,
  Backspace: 0x0e,
  Tab: 0x0f,
  BracketLeft: 0x1a,
  BracketRight: 0x1b,
  Enter: 0x1c,
  ControlLeft: 0x1d,
  Semicolon: 0x27,
  Quote: 0x28,
  Backquote: 0x29,
  ShiftLeft: 0x2a,
  Backslash: 0x2b,
  Comma: 0x33,
  Period: 0x34,
  Slash: 0x35,
  ShiftRight: 0x36,
  NumpadMultiply: 0x37,
  AltLeft: 0x38,
  Space: 0x39,
  CapsLock: 0x3a,
  NumLock: 0x45,
  ScrollLock: 0x46,
  NumpadSubtract: 0x4a,
  NumpadAdd: 0x4e,
  NumpadDecimal: 0x53,
  IntlBackslash: 0x56,
  F11: 0x57,
  F12: 0x58,
  NumpadEqual: 0x59,
  F24: 0x76,
  KanaMode: 0x70,
  Lang2: 0x71,
  Lang1: 0x72,
  IntlRo: 0x73,
  Lang4: 0x77,
  Lang3: 0x78,
  Convert: 0x79,
  NonConvert: 0x7b,
  IntlYen: 0x7d,
  NumpadComma: 0x7e,
  ...row("Digit", "1234567890", 0x02),
  ...row("Key", "QWERTYUIOP", 0x10),
  ...row("Key", "ASDFGHJKL", 0x1e),
  ...row("Key", "ZXCVBNM", 0x2c),
  ...row("Numpad", "789", 0x47),
  ...row("Numpad", "456", 0x4b),
  ...row("Numpad", "1230", 0x4f),
  ...numbered(1, 10, 0x3b),
  ...numbered(13, 23, 0x64),
};

/** Keys whose byte comes after e0. */
const EXTENDED: Readonly<Record<string, number>> = {
  Undo: 0x08,
  Paste: 0x0a,
  MediaTrackPrevious: 0x10,
  Cut: 0x17,
  Copy: 0x18,
  MediaTrackNext: 0x19,
  NumpadEnter: 0x1c,
  ControlRight: 0x1d,
  AudioVolumeMute: 0x20,
  VolumeMute: 0x20,
  LaunchApp2: 0x21,
  MediaPlayPause: 0x22,
  MediaStop: 0x24,
  Eject: 0x2c,
  AudioVolumeDown: 0x2e,
  VolumeDown: 0x2e,
  AudioVolumeUp: 0x30,
  VolumeUp: 0x30,
  BrowserHome: 0x32,
  NumpadDivide: 0x35,
  PrintScreen: 0x37,
  AltRight: 0x38,
  Help: 0x3b,
  Break: 0x46,
  Home: 0x47,
  ArrowUp: 0x48,
  PageUp: 0x49,
  ArrowLeft: 0x4b,
  ArrowRight: 0x4d,
  End: 0x4f,
  ArrowDown: 0x50,
  PageDown: 0x51,
  Insert: 0x52,
  Delete: 0x53,
  MetaLeft: 0x5b,
  OSLeft: 0x5b,
  MetaRight: 0x5c,
  OSRight: 0x5c,
  ContextMenu: 0x5d,
  Power: 0x5e,
  Sleep: 0x5f,
  WakeUp: 0x63,
  BrowserSearch: 0x65,
  BrowserFavorites: 0x66,
  BrowserRefresh: 0x67,
  BrowserStop: 0x68,
  BrowserForward: 0x69,
  BrowserBack: 0x6a,
  LaunchApp1: 0x6b,
  LaunchMail: 0x6c,
  MediaSelect: 0x6d,
};

/** SPEC: Pause is e1 1d 45 at once with its release, e1 9d c5; here each goes with its own event. */
const PAUSE = { down: 0x451de1, up: 0xc59de1 };

/**
 * The bytes of a press or a release, the first in the lowest byte, as keyDown and keyUp have them;
 * 0: no PC keyboard has this key.
 */
export function scancode(code: string, down: boolean): number {
  if (code === "Pause") return down ? PAUSE.down : PAUSE.up;
  const plain = plainCodes.get(code);
  if (plain !== undefined) return down ? plain : plain | 0x80;
  const extended = extendedCodes.get(code);
  if (extended !== undefined) return 0xe0 | (down ? extended : extended | 0x80) << 8;
  return 0;
}

const plainCodes = new Map(Object.entries(PLAIN));
const extendedCodes = new Map(Object.entries(EXTENDED));

/** Every key there is. */
export const knownCodes: readonly string[] = [
  ...plainCodes.keys(),
  ...extendedCodes.keys(),
  "Pause",
];

function row(prefix: string, keys: string, first: number): Record<string, number> {
  return Object.fromEntries([...keys].map((key, i) => [prefix + key, first + i]));
}

function numbered(from: number, to: number, first: number): Record<string, number> {
  const all: Record<string, number> = {};
  for (let n = from; n <= to; n++) all[`F${n}`] = first + n - from;
  return all;
}
