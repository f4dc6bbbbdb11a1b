import { assertEquals } from "@std/assert";
import { afterAll } from "../../../core/clock.ts";
import { FakeClock } from "../../kit/fake_clock.ts";

const DAY_MS = 86_400_000;

/** A timer like the runtime's: what it cannot hold is due at once. */
function stage() {
  const clock = new FakeClock();
  const timer = (ms: number, call: () => void) => clock.after(ms > 0x7fffffff ? 1 : ms, call);
  const seen: number[] = [], from = clock.now();
  const plan = (ms: number) => afterAll(ms, () => seen.push(clock.now() - from), timer);
  return { clock, seen, plan };
}

Deno.test("a call is made when it was planned for, after 25 days and after 70 too", () => {
  const { clock, seen, plan } = stage();
  for (const ms of [0, 1000, 0x7fffffff, 0x80000000, 25 * DAY_MS, 70 * DAY_MS]) plan(ms);
  clock.advance(100 * DAY_MS);
  assertEquals(seen, [0, 1000, 0x7fffffff, 0x80000000, 25 * DAY_MS, 70 * DAY_MS]);
});

Deno.test("a call far away is taken back, at any time before", () => {
  const { clock, seen, plan } = stage();
  const now = plan(70 * DAY_MS), later = plan(70 * DAY_MS);
  now();
  clock.advance(30 * DAY_MS);
  later();
  assertEquals([clock.planned, seen], [0, []]);
});
