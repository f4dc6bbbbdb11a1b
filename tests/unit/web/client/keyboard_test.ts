import { assertEquals } from "@std/assert";
import { likelyKeymap } from "../../../../web/client/keymaps.ts";
import { Keyboard, type KeyboardOptions } from "../../../../web/client/keyboard.ts";

/** A keyboard, what it sent, and events for it. */
function stage(options: Partial<KeyboardOptions> = {}) {
  const sent: string[] = [];
  const keyboard = new Keyboard({
    send: (code, down) => sent.push(`${down ? "+" : "-"}${code.toString(16)}`),
    locks: (modifiers) => sent.push(`locks ${modifiers}`),
    ...options,
  });
  const key = (code: string, states: string[] = [], more: object = {}) => ({
    code,
    key: "",
    getModifierState: (name: string) => states.includes(name),
    ...more,
  });
  return { keyboard, sent, key };
}

Deno.test("keyboard sends presses, repeats and releases by where a key is", () => {
  const { keyboard, sent, key } = stage();
  assertEquals(keyboard.press(key("KeyA")), true);
  keyboard.press(key("KeyA", [], { repeat: true }));
  assertEquals(keyboard.release(key("KeyA")), true);
  assertEquals(keyboard.press(key("Fn")), false);
  assertEquals(keyboard.release(key("KeyB")), false);
  assertEquals(sent, ["+1e", "+1e", "-9e"]);
});

Deno.test("keyboard releases a modifier whose release went elsewhere", () => {
  const { keyboard, sent, key } = stage();
  keyboard.press(key("AltLeft", ["Alt"]));
  keyboard.press(key("KeyA", []));
  assertEquals(sent, ["+38", "-b8", "+1e"]);
});

Deno.test("keyboard releases everything when it is lost", () => {
  const { keyboard, sent, key } = stage();
  keyboard.press(key("ControlLeft", ["Control"]));
  keyboard.press(key("ArrowUp", ["Control"]));
  keyboard.letGo();
  assertEquals(sent, ["+1d", "+48e0", "-9d", "-c8e0"]);
  assertEquals(keyboard.held.size, 0);
});

Deno.test("keyboard tells the guest once which locks are on, and never when they are right", () => {
  const { keyboard, sent, key } = stage();
  keyboard.press(key("KeyA", ["NumLock"]));
  assertEquals(sent, ["+1e"], "the guest's lights are not known");
  keyboard.lights = 0;
  keyboard.press(key("KeyB", ["NumLock"]));
  keyboard.press(key("KeyC", ["NumLock"]));
  keyboard.letGo();
  sent.length = 0;
  keyboard.lights = 2;
  keyboard.press(key("KeyD", ["NumLock"]));
  assertEquals(sent, ["+20"]);
});

Deno.test("keyboard lets a lock key itself alone", () => {
  const { keyboard, sent, key } = stage();
  keyboard.lights = 0;
  keyboard.press(key("CapsLock", ["CapsLock"]));
  assertEquals(sent, ["+3a"]);
});

Deno.test("AltGr of Windows is not Control and Alt", () => {
  const { keyboard, sent, key } = stage();
  keyboard.press(key("ControlLeft", ["Control"], { timeStamp: 5 }));
  keyboard.press(key("AltRight", ["Control", "Alt"], { timeStamp: 5 }));
  assertEquals(sent, ["+1d", "-9d", "+38e0"]);
});

Deno.test("Pause with Control is Break, whatever is held at its release", () => {
  const { keyboard, sent, key } = stage();
  keyboard.press(key("ControlLeft", ["Control"]));
  keyboard.press(key("Pause", ["Control"]));
  keyboard.release(key("ControlLeft"));
  keyboard.release(key("Pause"));
  assertEquals(sent, ["+1d", "+46e0", "-9d", "-c6e0"]);
});

Deno.test("a Mac's Meta takes the others with it", () => {
  const { keyboard, sent, key } = stage({ mac: true });
  keyboard.press(key("MetaLeft", ["Meta"]));
  keyboard.press(key("KeyC", ["Meta"]));
  keyboard.release(key("MetaLeft"));
  assertEquals(sent, ["+5be0", "+2e", "-dbe0", "-ae"]);
});

Deno.test("Control, Alt and Shift together give the keyboard back, with another key they do not", () => {
  let back = 0;
  const { keyboard, key } = stage({ onEscape: () => back++ });
  const three = ["ControlLeft", "AltLeft", "ShiftLeft"];
  const states = ["Control", "Alt", "Shift"];
  for (const code of three) keyboard.press(key(code, states));
  for (const code of three) keyboard.release(key(code));
  assertEquals(back, 1);
  for (const code of [...three, "KeyA"]) keyboard.press(key(code, states));
  for (const code of ["KeyA", ...three]) keyboard.release(key(code));
  assertEquals(back, 1);
});

Deno.test("Caps Lock of a Mac, which tells of one event each time, is pressed and released each time", () => {
  const { keyboard, sent, key } = stage({ mac: true });
  assertEquals(keyboard.press(key("CapsLock", ["CapsLock"])), true);
  assertEquals([sent.splice(0), keyboard.held.size], [["+3a", "-ba"], 0]);
  assertEquals(keyboard.release(key("CapsLock")), true);
  assertEquals([sent, keyboard.held.size], [["+3a", "-ba"], 0]);
});

Deno.test("a Mac, which has no Num Lock, leaves the guest's as it is", () => {
  const { keyboard, sent, key } = stage({ mac: true });
  keyboard.lights = 2 | 1;
  keyboard.press(key("KeyA"));
  assertEquals(sent.splice(0), ["+1e"]);
  keyboard.letGo();
  sent.length = 0;
  keyboard.press(key("KeyA", ["CapsLock"]));
  assertEquals(sent, [`locks ${4 | 2 | 1}`, "+1e"]);
});

Deno.test("keys without a place type what they mean, with what is held", () => {
  const { strokes } = likelyKeymap("en-US");
  const { keyboard, sent, key } = stage({ strokes });
  const placeless = (name: string, states: string[] = []) => key("", states, { key: name });
  const types = (name: string, states?: string[]) => {
    assertEquals(keyboard.press(placeless(name, states)), true);
    keyboard.release(placeless(name, states));
    return sent.splice(0);
  };
  assertEquals(types("a"), ["+1e", "-9e"]);
  assertEquals(types("A"), ["+2a", "+1e", "-9e", "-aa"]);
  assertEquals(types("Enter"), ["+1c", "-9c"]);
  assertEquals(types("Shift", ["Shift"]), ["+2a", "-aa"]);
  keyboard.lights = 4;
  assertEquals(types("A", ["CapsLock"]), ["+1e", "-9e"]);
  assertEquals(types("1", ["CapsLock"]), ["+2", "-82"]);
  keyboard.lights = 0;
  for (const name of ["ж", "Unidentified", "Dead", "Process"]) {
    assertEquals(keyboard.press(placeless(name)), false);
    assertEquals(keyboard.release(placeless(name)), false);
  }
  keyboard.press(key("ControlLeft", ["Control"]));
  keyboard.press(key("ShiftRight", ["Control", "Shift"]));
  sent.length = 0;
  assertEquals(types("c", ["Control", "Shift"]), ["-b6", "+2e", "-ae", "+36"]);
  assertEquals([...keyboard.held], ["ControlLeft", "ShiftRight"]);
});

Deno.test("Print Screen of Windows, which tells of its release alone, is pressed then", () => {
  const { keyboard, sent, key } = stage({ windows: true });
  assertEquals(keyboard.release(key("PrintScreen")), true);
  assertEquals(sent.splice(0), ["+37e0", "-b7e0"]);
  keyboard.press(key("PrintScreen"));
  keyboard.release(key("PrintScreen"));
  assertEquals(sent, ["+37e0", "-b7e0"]);
});

Deno.test("keys whose release Windows does not tell of are released at once, and hold no escape up", () => {
  let back = 0;
  const { keyboard, sent, key } = stage({ windows: true, onEscape: () => back++ });
  keyboard.press(key("Lang1", [], { key: "HangulMode" }));
  keyboard.press(key("KanaMode", [], { key: "Hiragana" }));
  keyboard.press(key("Backquote", [], { key: "Zenkaku" }));
  assertEquals(sent, ["+72", "-f2", "+70", "-f0", "+29", "-a9"]);
  keyboard.press(key("Backquote", [], { key: "`" }));
  assertEquals([...keyboard.held], ["Backquote"]);
  keyboard.release(key("Backquote"));
  const three = ["ControlLeft", "AltLeft", "ShiftLeft"];
  for (const code of three) keyboard.press(key(code, ["Control", "Alt", "Shift"]));
  for (const code of three) keyboard.release(key(code));
  assertEquals(back, 1);
});
