/**
 * What the keys of a keyboard mean in a guest: which to press for a character.
 * Sources of truth: the layouts us, gb, de and fr of xkeyboard-config, where Windows' agree with them.
 */

/** Keys that are pressed together, in this order: KeyboardEvent codes. */
export type Stroke = readonly string[];

export interface Keymap {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** What stands on a key: alone, with Shift, with AltGr; "" for nothing. */
  readonly caps: ReadonlyMap<string, readonly string[]>;
  /** The strokes that make a character; undefined: this keyboard has it not. */
  strokes(character: string): readonly Stroke[] | undefined;
}

/** The order of the characters below. */
const KEYS = [
  "Backquote",
  ...["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"].map((key) => `Digit${key}`),
  "Minus",
  "Equal",
  ...[..."QWERTYUIOP"].map((key) => `Key${key}`),
  "BracketLeft",
  "BracketRight",
  ...[..."ASDFGHJKL"].map((key) => `Key${key}`),
  "Semicolon",
  "Quote",
  "Backslash",
  "IntlBackslash",
  ...[..."ZXCVBNM"].map((key) => `Key${key}`),
  "Comma",
  "Period",
  "Slash",
];

/** What is held for the first, second and third character of a key. */
const HELD: readonly Stroke[] = [[], ["ShiftLeft"], ["AltRight"]];

interface Lines {
  readonly id: string;
  readonly name: string;
  /** One character a key of KEYS: alone, and with Shift; a blank is none. */
  readonly plain: string;
  readonly shift: string;
  /** By key, with AltGr. */
  readonly altGr: Readonly<Record<string, string>>;
  /** Characters that only change the next one. */
  readonly dead: string;
}

/** Dead key → what it makes of the next character. A blank makes the mark itself. */
const MARKS: Readonly<Record<string, readonly [bare: string, made: string]>> = {
  "^": ["aeiouAEIOU", "âêîôûÂÊÎÔÛ"],
  "´": ["aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ"],
  "`": ["aeiouAEIOU", "àèìòùÀÈÌÒÙ"],
  "¨": ["aeiouyAEIOU", "äëïöüÿÄËÏÖÜ"],
};

const us: Lines = {
  id: "us",
  name: "English (US)",
  plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\\\zxcvbnm,./",
  shift: '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"||ZXCVBNM<>?',
  altGr: {},
  dead: "",
};
const gb: Lines = {
  id: "gb",
  name: "English (UK)",
  plain: "`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./",
  shift: '¬!"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?',
  altGr: { Digit4: "€" },
  dead: "",
};
const de: Lines = {
  id: "de",
  name: "German",
  plain: "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
  shift: "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
  altGr: {
    Digit2: "²",
    Digit3: "³",
    Digit7: "{",
    Digit8: "[",
    Digit9: "]",
    Digit0: "}",
    Minus: "\\",
    KeyQ: "@",
    KeyE: "€",
    BracketRight: "~",
    IntlBackslash: "|",
    KeyM: "µ",
  },
  dead: "^´`",
};
const fr: Lines = {
  id: "fr",
  name: "French",
  plain: "²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!",
  shift: " 1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§",
  altGr: {
    Digit2: "~",
    Digit3: "#",
    Digit4: "{",
    Digit5: "[",
    Digit6: "|",
    Digit7: "`",
    Digit8: "\\",
    Digit9: "^",
    Digit0: "@",
    Minus: "]",
    Equal: "}",
    KeyE: "€",
  },
  dead: "^¨",
};

export const keymaps: readonly Keymap[] = [us, gb, de, fr].map(keymap);

/** The keymap that a person most likely has; locale: as `navigator.language` has it. */
export function likelyKeymap(locale: string): Keymap {
  const [language, region] = locale.toLowerCase().split("-");
  const id = language === "en" && region === "gb" ? "gb" : language;
  return keymaps.find((map) => map.id === id) ?? keymaps[0];
}

function keymap({ id, name, plain, shift, altGr, dead }: Lines): Keymap {
  const caps = new Map<string, readonly string[]>();
  const made = new Map<string, readonly Stroke[]>([
    [" ", [["Space"]]],
    ["\n", [["Enter"]]],
    ["\t", [["Tab"]]],
  ]);
  const marks = new Map<string, Stroke>();
  KEYS.forEach((key, at) => {
    const cap = [plain[at].trim(), shift[at].trim(), altGr[key] ?? ""];
    caps.set(key, cap);
    cap.forEach((character, held) => {
      const stroke = [...HELD[held], key];
      if (character === "") return;
      // what stands on a third place is not dead, whatever it looks like
      if (held < 2 && dead.includes(character)) marks.set(character, stroke);
      else if (!made.has(character)) made.set(character, [stroke]);
    });
  });
  for (const [mark, stroke] of marks) {
    if (!made.has(mark)) made.set(mark, [stroke, ["Space"]]);
    const [bare, marked] = MARKS[mark];
    [...bare].forEach((character, at) => {
      const below = made.get(character);
      if (below && !made.has(marked[at])) made.set(marked[at], [stroke, ...below]);
    });
  }
  return { id, name, caps, strokes: (character) => made.get(character) };
}
