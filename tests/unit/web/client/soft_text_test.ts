import { assertEquals } from "@std/assert";
import { difference, StrokeQueue } from "../../../../web/client/soft_text.ts";

Deno.test("letters that are added are typed, letters that go are taken back", () => {
  assertEquals(difference("__", "__a"), { back: 0, text: "a" });
  assertEquals(difference("__", "_"), { back: 1, text: "" });
  assertEquals(difference("__teh", "__the "), { back: 2, text: "he " });
  assertEquals(difference("__", "__"), { back: 0, text: "" });
});

Deno.test("a sign of two code units is one character", () => {
  assertEquals(difference("_😀", "_"), { back: 1, text: "" });
  assertEquals(difference("_😀", "_😁"), { back: 1, text: "😁" });
});

Deno.test("strokes keep their order and their distance, and more than anybody types is left out", () => {
  const pressed: string[] = [], later: (() => void)[] = [];
  const queue = new StrokeQueue(([code]) => pressed.push(code), (_ms, call) => {
    later.push(call);
    return () => {};
  });
  queue.add([["A"], ["B"]]);
  queue.add([["C"]]);
  assertEquals(pressed, ["A"]);
  while (later.length > 0) later.shift()!();
  assertEquals(pressed, ["A", "B", "C"]);
  queue.add([["D"]]);
  queue.add(Array.from({ length: 3000 }, () => ["E"]));
  while (later.length > 0) later.shift()!();
  assertEquals(pressed, ["A", "B", "C", "D"]);
});
