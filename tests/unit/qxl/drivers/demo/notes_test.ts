import { assertEquals } from "@std/assert";
import { Notes } from "../../../../../qxl/drivers/demo/apps/notes.ts";

/** A sheet, and how to press keys on it: names, or characters to type. */
function sheet(text = "") {
  const notes = new Notes(text);
  const scrolled: number[] = [];
  notes.host = { damage: () => {}, scroll: (_, up) => void scrolled.push(up) };
  const press = (...keys: string[]) => {
    for (const key of keys) {
      const text = key.length === 1 ? key : "";
      notes.key({ name: key, text, control: false, shift: false });
    }
    return notes.text;
  };
  return { notes, press, scrolled };
}

Deno.test("notes: text goes in where the caret is", () => {
  const { press } = sheet("ab\ncd");
  assertEquals(press("ArrowLeft", "x"), "ab\ncxd");
  assertEquals(press("Home", "y", "End", "z"), "ab\nycxdz");
  assertEquals(press("ArrowUp", "1", "ArrowUp", "Home", "2"), "2ab1\nycxdz");
});

Deno.test("notes: lines are broken and joined", () => {
  const { press } = sheet("abcd");
  assertEquals(press("ArrowLeft", "ArrowLeft", "\n"), "ab\ncd");
  assertEquals(press("Backspace"), "abcd");
  assertEquals(press("Delete", "End", "Delete"), "abd");
  assertEquals(press("\n", "e", "ArrowUp", "End", "Delete"), "abde");
  assertEquals(press("Home", "Backspace"), "abde");
});

Deno.test("notes: a full line goes on in the next", () => {
  const { notes, press } = sheet();
  notes.resize(200, 100);
  press(..."a".repeat(50));
  const lines = notes.text.split("\n");
  assertEquals(lines.length, 3);
  assertEquals(lines.join(""), "a".repeat(50));
});

Deno.test("notes: the caret stays in view, and control-l clears the sheet", () => {
  const { notes, press, scrolled } = sheet();
  notes.resize(200, 54);
  press("\n", "\n", "\n");
  assertEquals(scrolled, [17, 17]);
  press("PageUp", "PageUp");
  assertEquals(scrolled, [17, 17, -17, -17]);
  notes.key({ name: "l", text: "", control: true, shift: false });
  assertEquals(notes.text, "");
});

Deno.test("notes: a long sheet forgets its oldest lines", () => {
  const { notes, press } = sheet();
  for (let i = 0; i < 1200; i++) press("\n", `${i % 10}`);
  const lines = notes.text.split("\n");
  assertEquals([lines.length, lines.at(-1)], [1000, "9"]);
});
