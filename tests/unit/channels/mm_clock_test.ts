import { assertEquals } from "@std/assert";
import { MmClock } from "../../../channels/mm_clock.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { fakeClient } from "../../kit/linked.ts";

Deno.test("multimedia time wraps at 32 bits, for clients 400 ms later", () => {
  const clock = new FakeClock(2 ** 32 - 100);
  const mm = new MmClock(clock);
  assertEquals(mm.now, 2 ** 32 - 100);
  clock.advance(200);
  assertEquals(mm.now, 100);
  assertEquals(mm.forClient(fakeClient()), 2 ** 32 - 300);
});

Deno.test("multimedia time is never 0", () => {
  assertEquals(new MmClock(new FakeClock(0)).now, 1);
  assertEquals(new MmClock(new FakeClock(2 ** 32)).now, 1);
});

Deno.test("multimedia time is whole where the clock's is not", () => {
  assertEquals(new MmClock(new FakeClock(1234.56)).now, 1234);
});

Deno.test("what one client's streams demand puts back no other's time, until sound has played", () => {
  const mm = new MmClock(new FakeClock()), slow = fakeClient(), quick = fakeClient();
  const told: [string, number][] = [];
  mm.onAnnounce(slow, (time) => told.push(["slow", mm.now - time]));
  mm.onAnnounce(quick, (time) => told.push(["quick", mm.now - time]));
  mm.demandLatency(slow, 900);
  assertEquals([mm.latencyOf(slow), mm.latencyOf(quick)], [900, 400]);
  assertEquals(told.splice(0), [["slow", 900]]);
  mm.pause();
  mm.resume();
  assertEquals(told, [["slow", 400], ["quick", 400]]);
  assertEquals(mm.demandedBy(slow), null);
});
