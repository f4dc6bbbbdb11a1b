import { assert, assertEquals } from "@std/assert";
import { SoundStamps } from "../../../channels/sound_stamps.ts";

Deno.test("stamps are even where packets come unevenly", () => {
  const stamps = new SoundStamps(0);
  const taken = Array.from({ length: 300 }, (_, i) => stamps.take(Math.floor(i / 3) * 30, 10)!);
  const steps = taken.slice(1).map((at, i) => at - taken[i]);
  assert(
    steps.every((step) => step > 9 && step < 11),
    `${Math.min(...steps)} ${Math.max(...steps)}`,
  );
});

Deno.test("a source whose samples are a little short or long stays beside the clock", () => {
  for (const pace of [9.9, 10.1]) {
    const stamps = new SoundStamps(0);
    let last = 0;
    for (let i = 0; i < 10_000; i++) last = stamps.take(i * pace, 10)!;
    const off = last - 9999 * pace;
    assert(Math.abs(off) < 15, `${off} ms`);
  }
});

Deno.test("after a pause stamps are the clock's; what comes far too early has none", () => {
  const stamps = new SoundStamps(1000);
  assertEquals(stamps.take(1000, 10), 1000);
  assertEquals(stamps.take(2000, 10), 2000);
  const burst = Array.from({ length: 100 }, () => stamps.take(2000, 10));
  assert(burst.filter((at) => at === null).length > 70);
});
