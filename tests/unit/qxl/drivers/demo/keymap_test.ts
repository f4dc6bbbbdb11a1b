import { assertEquals } from "@std/assert";
import { Keymap } from "../../../../../qxl/drivers/demo/keymap.ts";

/** What a row of key events types: codes pressed and released; shift and control as "+2a" and "-2a". */
function typed(keymap: Keymap, ...keys: (number | string)[]): string {
  let text = "";
  for (const key of keys) {
    if (typeof key === "string") {
      const code = parseInt(key.slice(1), 16);
      keymap.feed([key[0] === "+" ? code : code | 0x80]);
      continue;
    }
    text += keymap.feed([key])?.text ?? "";
    assertEquals(keymap.feed([key | 0x80]), null);
  }
  return text;
}

Deno.test("keymap types US characters, shifted or not", () => {
  const keymap = new Keymap();
  assertEquals(typed(keymap, 0x02, 0x10, 0x1a, 0x28, 0x2b, 0x35, 0x39), "1q['\\/ ");
  assertEquals(typed(keymap, "+2a", 0x02, 0x10, 0x1a, 0x28, 0x2b, 0x35, "-2a"), '!Q{"|?');
  assertEquals(typed(keymap, "+36", 0x29, "-36", 0x29), "~`");
});

Deno.test("keymap's caps lock is for letters, and shift undoes it", () => {
  const keymap = new Keymap();
  assertEquals(typed(keymap, 0x3a, 0x1e, 0x02, "+2a", 0x1e, 0x02, "-2a", 0x3a, 0x1e), "A1a!a");
});

Deno.test("keymap's number pad has digits only with num lock", () => {
  const keymap = new Keymap();
  assertEquals(keymap.feed([0x47])?.name, "Home");
  assertEquals(typed(keymap, 0x48, 0x4a, 0x4e, 0x37), "-+*");
  assertEquals(typed(keymap, 0x45, 0x47, 0x52, 0x53), "70.");
  assertEquals(keymap.feed([0xe0, 0x35])?.text, "/");
  assertEquals(keymap.feed([0xe0, 0x1c])?.text, "\n");
});

Deno.test("keymap knows extended keys, and ignores what keyboards make up", () => {
  const keymap = new Keymap();
  assertEquals(keymap.feed([0xe0, 0x2a]), null);
  assertEquals(keymap.feed([0xe0, 0x4b]), {
    name: "ArrowLeft",
    text: "",
    control: false,
    shift: false,
  });
  assertEquals(keymap.feed([0xe0, 0xcb]), null);
  assertEquals(keymap.feed([0xe1, 0x1d, 0x45]), null);
  assertEquals(keymap.leds, 0);
  assertEquals(keymap.feed([]), null);
  assertEquals(keymap.feed([0xe0]), null);
});

Deno.test("keymap types nothing while control is held", () => {
  const keymap = new Keymap();
  keymap.feed([0x1d]);
  assertEquals(keymap.feed([0x26]), { name: "l", text: "", control: true, shift: false });
  keymap.feed([0x9d]);
  assertEquals(keymap.feed([0x26])?.text, "l");
});
