import { assert, assertEquals } from "@std/assert";
import { knownCodes, scancode } from "../../../../web/client/scancodes.ts";

Deno.test("keys have the scancodes of a PC keyboard, releases with the highest bit", () => {
  const table: Record<string, [number, number]> = {
    Escape: [0x01, 0x81],
    Digit1: [0x02, 0x82],
    Digit0: [0x0b, 0x8b],
    KeyQ: [0x10, 0x90],
    KeyP: [0x19, 0x99],
    KeyA: [0x1e, 0x9e],
    KeyL: [0x26, 0xa6],
    KeyZ: [0x2c, 0xac],
    KeyM: [0x32, 0xb2],
    F1: [0x3b, 0xbb],
    F10: [0x44, 0xc4],
    F11: [0x57, 0xd7],
    F12: [0x58, 0xd8],
    F13: [0x64, 0xe4],
    F24: [0x76, 0xf6],
    Numpad7: [0x47, 0xc7],
    Numpad0: [0x52, 0xd2],
    IntlBackslash: [0x56, 0xd6],
    IntlRo: [0x73, 0xf3],
    IntlYen: [0x7d, 0xfd],
    ArrowUp: [0x48e0, 0xc8e0],
    NumpadEnter: [0x1ce0, 0x9ce0],
    AltRight: [0x38e0, 0xb8e0],
    PrintScreen: [0x37e0, 0xb7e0],
    MetaLeft: [0x5be0, 0xdbe0],
    AudioVolumeMute: [0x20e0, 0xa0e0],
    Pause: [0x451de1, 0xc59de1],
  };
  for (const [code, [down, up]] of Object.entries(table)) {
    assertEquals([scancode(code, true), scancode(code, false)], [down, up], code);
  }
});

Deno.test("what no keyboard has sends nothing", () => {
  for (const code of ["", "Unidentified", "Fn", "toString", "KeyÄ"]) {
    assertEquals(scancode(code, true), 0, code);
  }
});

Deno.test("no two keys send the same, but for the old and new names of one", () => {
  const older = /^(OS(Left|Right)|Volume(Up|Down|Mute))$/;
  const sent = new Map<number, string>();
  for (const code of knownCodes.filter((code) => !older.test(code))) {
    const bytes = scancode(code, true);
    assert(!sent.has(bytes), `${code} and ${sent.get(bytes)}`);
    sent.set(bytes, code);
  }
  assert(sent.size > 130);
});
