import { assertEquals } from "@std/assert";
import { Heard } from "../../../../web/client/sound/heard.ts";

function setting() {
  let now = 1_000_000;
  const heard = new Heard(() => now);
  return { heard, pass: (ms: number) => now += ms, at: () => now };
}

Deno.test("a frame waits until the sound of its moment is heard", () => {
  const { heard, pass, at } = setting();
  heard.plays(5000, at() + 20);
  assertEquals([heard.until(5080), heard.until(5000), heard.until(4900)], [100, 20, 0]);
  pass(50);
  assertEquals(heard.until(5080), 50);
});

Deno.test("where no sound plays, or none that was told of lately, nothing waits", () => {
  const { heard, pass, at } = setting();
  assertEquals(heard.until(5000), 0);
  heard.plays(5000, at());
  pass(1001);
  assertEquals(heard.until(6300), 0);
  heard.plays(6000, at());
  heard.stops();
  assertEquals(heard.until(6200), 0);
});

Deno.test("a frame waits 600 ms at most, and not for a clock that is not its own", () => {
  const { heard, at } = setting();
  heard.plays(5000, at());
  assertEquals(heard.until(7000), 600);
  assertEquals(heard.until(90_000), 0);
});

Deno.test("the guest's clock may wrap", () => {
  const { heard, at } = setting();
  heard.plays(2 ** 32 - 40, at());
  assertEquals(heard.until(60), 100);
});
