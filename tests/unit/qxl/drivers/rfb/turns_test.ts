import { assertEquals } from "@std/assert";
import { Turns } from "../../../../../qxl/drivers/rfb/turns.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";

Deno.test("screens of one machine are asked for sizes one after the other, and a screen alone at once", () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const [left, right] = [{}, {}];
  assertEquals([turns.take(left), turns.take(left)], [0, 0]);
  assertEquals(turns.take(right), 400);
  // not before the turn that it waits for
  assertEquals(turns.take(right), 400);
  assertEquals(turns.take(left), 800);
  clock.advance(5000);
  assertEquals(turns.take(right), 0);
});
