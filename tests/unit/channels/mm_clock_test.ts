import { assertEquals } from "@std/assert";
import { MmClock } from "../../../channels/mm_clock.ts";
import { FakeClock } from "../../kit/fake_clock.ts";

Deno.test("multimedia time wraps at 32 bits, for clients 400 ms later", () => {
  const clock = new FakeClock(2 ** 32 - 100);
  const mm = new MmClock(clock);
  assertEquals(mm.now, 2 ** 32 - 100);
  clock.advance(200);
  assertEquals(mm.now, 100);
  assertEquals(mm.forClient, 2 ** 32 - 300);
});

Deno.test("multimedia time is never 0", () => {
  assertEquals(new MmClock(new FakeClock(0)).now, 1);
  assertEquals(new MmClock(new FakeClock(2 ** 32)).now, 1);
});

Deno.test("multimedia time is whole where the clock's is not", () => {
  assertEquals(new MmClock(new FakeClock(1234.56)).now, 1234);
});
