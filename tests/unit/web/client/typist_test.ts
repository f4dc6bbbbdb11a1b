import { assertEquals, assertThrows } from "@std/assert";
import { keymaps, type Stroke } from "../../../../web/client/keymaps.ts";
import { MOST_CHARACTERS, plan, STROKE_MS, Typist } from "../../../../web/client/typist.ts";

const [us] = keymaps;
const de = keymaps.find(({ id }) => id === "de")!;

function typing() {
  const pressed: Stroke[] = [];
  const progress: [number, number, boolean][] = [];
  let due: (() => void) | null = null;
  const typist = new Typist({
    press: (stroke) => pressed.push(stroke),
    progress: (...said) => progress.push(said),
    after(ms, call) {
      assertEquals(ms, STROKE_MS);
      due = call;
      return () => due = null;
    },
  });
  /** Lets the time of one stroke pass; false: nobody waited. */
  const pass = () => {
    const call = due;
    due = null;
    call?.();
    return call !== null;
  };
  return { typist, pressed, progress, pass };
}

Deno.test("a text becomes strokes one after the other, with line ends of every kind", () => {
  const { typist, pressed, progress, pass } = typing();
  typist.type(plan("a\r\nB\r", us));
  assertEquals(pressed, [["KeyA"]]);
  while (pass());
  assertEquals(pressed, [["KeyA"], ["Enter"], ["ShiftLeft", "KeyB"], ["Enter"]]);
  assertEquals(progress.at(-1), [4, 4, false]);
  assertEquals(typist.busy, false);
});

Deno.test("what a keyboard has not is named once and left out", () => {
  const { strokes, missing } = plan("ä€ä\u0007x", us);
  assertEquals(missing, ["ä", "€", "\u0007"]);
  assertEquals(strokes, [[["KeyX"]]]);
});

Deno.test("a character of two parts is the one that a key has", () => {
  assertEquals(plan("u\u0308", de).strokes, [[["BracketLeft"]]]);
});

Deno.test("typing stops in the middle, and says where", () => {
  const { typist, pressed, progress, pass } = typing();
  typist.type(plan("^x", de));
  pass();
  typist.stop();
  assertEquals(pass(), false);
  assertEquals(pressed, [["Backquote"], ["Space"]]);
  assertEquals(progress, [[1, 2, true]]);
});

Deno.test("a text beyond the limit is refused, and nothing of it typed", () => {
  const { typist, pressed } = typing();
  const long = plan("x".repeat(MOST_CHARACTERS + 1), us);
  assertThrows(() => typist.type(long), RangeError, "10001 characters are more than 10000");
  assertEquals(pressed, []);
});
