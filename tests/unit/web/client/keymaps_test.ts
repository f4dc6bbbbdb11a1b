import { assert, assertEquals } from "@std/assert";
import { keymaps, likelyKeymap } from "../../../../web/client/keymaps.ts";
import { scancode } from "../../../../web/client/scancodes.ts";

const keymap = (id: string) => keymaps.find((map) => map.id === id)!;

Deno.test("every printable ASCII character is on every keyboard, by keys that there are", () => {
  for (const { id, strokes } of keymaps) {
    for (let n = 0x20; n < 0x7f; n++) {
      const made = strokes(String.fromCharCode(n));
      assert(made, `${id} has ${String.fromCharCode(n)}`);
      for (const code of made!.flat()) assert(scancode(code, true) !== 0, `${id}: ${code}`);
    }
  }
});

Deno.test("a US keyboard has its signs where people know them", () => {
  const { strokes } = keymap("us");
  assertEquals(strokes("a"), [["KeyA"]]);
  assertEquals(strokes("A"), [["ShiftLeft", "KeyA"]]);
  assertEquals(strokes("@"), [["ShiftLeft", "Digit2"]]);
  assertEquals(strokes("|"), [["ShiftLeft", "Backslash"]]);
  assertEquals(strokes("/"), [["Slash"]]);
  assertEquals(strokes("ü"), undefined);
});

Deno.test("a German keyboard swaps y and z, has third characters, and marks that wait for the next key", () => {
  const { strokes } = keymap("de");
  assertEquals(strokes("z"), [["KeyY"]]);
  assertEquals(strokes("Y"), [["ShiftLeft", "KeyZ"]]);
  assertEquals(strokes("@"), [["AltRight", "KeyQ"]]);
  assertEquals(strokes("\\"), [["AltRight", "Minus"]]);
  assertEquals(strokes("|"), [["AltRight", "IntlBackslash"]]);
  assertEquals(strokes("ß"), [["Minus"]]);
  assertEquals(strokes("^"), [["Backquote"], ["Space"]]);
  assertEquals(strokes("é"), [["Equal"], ["KeyE"]]);
  assertEquals(strokes("À"), [["ShiftLeft", "Equal"], ["ShiftLeft", "KeyA"]]);
});

Deno.test("the layout that a person most likely has is known by the language", () => {
  assertEquals(
    ["de-AT", "en-GB", "en-US", "fr", "sv-SE", ""].map((locale) => likelyKeymap(locale).id),
    ["de", "gb", "us", "fr", "us", "us"],
  );
});
