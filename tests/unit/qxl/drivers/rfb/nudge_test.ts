import { assertEquals } from "@std/assert";
import { Nudge } from "../../../../../qxl/drivers/rfb/nudge.ts";
import { FakeClock } from "../../../../kit/fake_clock.ts";

Deno.test("a server is nudged often while something happens, seldom when it is calm, and not while nobody looks", () => {
  const clock = new FakeClock();
  let sent = 0;
  const nudge = new Nudge(clock, () => sent++);
  nudge.stirred();
  assertEquals(clock.planned, 0);
  nudge.on = true;
  const during = (ms: number) => {
    const before = sent;
    for (let at = 0; at < ms; at += 5) clock.advance(5);
    return sent - before;
  };
  assertEquals(during(200), 10);
  // a tenth of the calm between them, and a quarter of a second at most
  const second = during(1000);
  assertEquals([second > 10, second < 25], [true, true], `${second}`);
  during(10_000);
  assertEquals(during(10_000), 40);
  nudge.stirred();
  nudge.stirred();
  assertEquals(during(100), 5);
  nudge.on = false;
  assertEquals([during(10_000), clock.planned], [0, 0]);
});
