import { assert, assertEquals } from "@std/assert";
import { StreamRate } from "../../../../channels/display/stream_rate.ts";

/** A way of so many bytes a second and so long, on which frames of a source queue up. */
function play(
  rate: StreamRate,
  way: { bytesPerSecond: (ms: number) => number; roundTripMs: number },
  source: { fps: number; bytes: (quality: number, ms: number) => number },
  seconds: number,
): { atMs: number; quality: number; rate: number; waitedMs: number }[] {
  const frames = [];
  const landings: { atMs: number; sentMs: number; bytes: number }[] = [];
  let free = 0, shortest = way.roundTripMs, arrived: { atMs: number; bytes: number }[] = [];
  for (let now = 0; now < seconds * 1000; now += 1000 / source.fps) {
    while (landings.length > 0 && landings[0].atMs <= now) {
      const { atMs, sentMs, bytes } = landings.shift()!;
      arrived.push({ atMs, bytes });
      arrived = arrived.filter((one) => atMs - one.atMs <= 400);
      const sum = arrived.slice(1).reduce((total, one) => total + one.bytes, 0);
      const span = Math.max(1, atMs - arrived[0].atMs);
      shortest = Math.min(shortest, atMs - sentMs);
      rate.landed({
        roundTripMs: atMs - sentMs,
        shortestMs: shortest,
        bytesPerSecond: sum * 1000 / span,
      }, atMs);
    }
    rate.source(source.fps);
    const under = landings.reduce((sum, { bytes }) => sum + bytes, 0);
    if (rate.waitMs(now) > 0 || !rate.mayFly(under, shortest)) continue;
    const bytes = source.bytes(rate.quality, now);
    free = Math.max(free, now) + bytes / way.bytesPerSecond(now) * 1000;
    frames.push({
      atMs: now,
      quality: rate.quality,
      rate: rate.bytesPerSecond,
      waitedMs: free - now,
    });
    landings.push({ atMs: free + way.roundTripMs, sentMs: now, bytes });
    rate.sent(bytes, rate.quality, now);
  }
  return frames;
}

const photographs = (quality: number): number => 18_000 * (0.2 + quality / 100);

Deno.test("on a wide way every frame is sent, as good as can be", () => {
  const rate = new StreamRate({ bitsPerSecond: 500e6, lowBandwidth: false }, 0);
  const way = { bytesPerSecond: () => 60e6, roundTripMs: 2 };
  const frames = play(rate, way, { fps: 30, bytes: photographs }, 10);
  assertEquals(new Set(frames.map(({ quality }) => quality)), new Set([80]));
  assert(frames.length >= 298, `${frames.length} of 300 frames`);
});

Deno.test("of sixty frames a second about thirty are sent", () => {
  const rate = new StreamRate({ bitsPerSecond: null, lowBandwidth: false }, 0);
  const way = { bytesPerSecond: () => 60e6, roundTripMs: 2 };
  const frames = play(rate, way, { fps: 60, bytes: photographs }, 10);
  assert(frames.length >= 270 && frames.length <= 340, `${frames.length} frames`);
});

for (const known of [true, false]) {
  Deno.test(`on 3 Mbit/s, ${known ? "measured" : "not measured"} before, it settles below what the way carries and stays there`, () => {
    const way = { bytesPerSecond: () => 375_000, roundTripMs: 160 };
    const rate = new StreamRate({ bitsPerSecond: known ? 3e6 : null, lowBandwidth: known }, 0);
    const frames = play(rate, way, { fps: 30, bytes: photographs }, 60);
    const settled = frames.filter(({ atMs }) => atMs > 15_000);
    const late = settled.filter(({ waitedMs }) => waitedMs > 250).length;
    assert(late < settled.length / 50, `${late} of ${settled.length} frames waited`);
    let changes = 0;
    settled.forEach(({ quality }, i) => {
      if (i > 0 && quality !== settled[i - 1].quality) changes++;
    });
    assert(changes <= 4, `the quality changed ${changes} times in 45 s`);
    const used = settled.reduce((sum, { quality }) => sum + photographs(quality), 0) / 45;
    assert(used > 0.5 * 375_000, `${Math.round(used)} bytes a second were used`);
  });
}

Deno.test("a way that narrows is followed within seconds, and one that widens too", () => {
  const way = { bytesPerSecond: (ms: number) => ms < 20_000 ? 2e6 : ms < 50_000 ? 200_000 : 2e6 };
  const rate = new StreamRate({ bitsPerSecond: 16e6, lowBandwidth: false }, 0);
  const frames = play(rate, { ...way, roundTripMs: 60 }, { fps: 30, bytes: photographs }, 110);
  const at = (ms: number) => frames.findLast(({ atMs }) => atMs <= ms)!;
  assertEquals(at(19_000).quality, 80);
  assert(at(27_000).waitedMs < 400, `frames wait ${at(27_000).waitedMs} ms`);
  assert(at(45_000).quality < 60, `quality ${at(45_000).quality}`);
  assert(at(109_000).quality >= 70, `quality ${at(109_000).quality}`);
});

Deno.test("a moment in which the machine was busy changes nothing", () => {
  const rate = new StreamRate({ bitsPerSecond: 100e6, lowBandwidth: false }, 0);
  for (let now = 0; now < 3000; now += 33) {
    rate.sent(18_000, 80, now);
    const late = now > 1000 && now < 1200;
    const roundTripMs = late ? 300 : 3;
    rate.landed({ roundTripMs, shortestMs: 2, bytesPerSecond: 540_000 }, now + 3);
  }
  assertEquals(rate.quality, 80);
});

Deno.test("frames that the client shows too late lower the rate", () => {
  const rate = new StreamRate({ bitsPerSecond: null, lowBandwidth: false }, 0);
  const before = rate.bytesPerSecond;
  rate.reported(5, 0, 2000);
  assertEquals(rate.bytesPerSecond, before);
  rate.reported(5, 3, 3000);
  assert(rate.bytesPerSecond < before);
});
