import { assert, assertEquals } from "@std/assert";
import { writeAll } from "../../../../core/link/exact.ts";
import { limited, Rate } from "../../../../core/link/rate.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";

const ratesOf = (bytesPerSecond: number, clock: FakeClock) => ({
  sent: new Rate(bytesPerSecond, clock),
  received: new Rate(bytesPerSecond, clock),
});

/** Lets time pass until it is done; the result is how much did, in milliseconds. */
async function timeOf(work: Promise<unknown>, clock: FakeClock): Promise<number> {
  let done = false;
  const since = clock.now();
  work.then(() => done = true, () => done = true);
  while (!done) {
    await new Promise((wake) => setTimeout(wake, 0));
    if (!done) clock.advance(1);
  }
  await work;
  return clock.now() - since;
}

Deno.test("what is sent and what is received take their time, each by itself", async () => {
  const clock = new FakeClock();
  const [a, b] = duplexPair({ capacity: 1 << 20 });
  const slow = limited(a, [ratesOf(100_000, clock)], clock);
  const sent = await timeOf(writeAll(slow, new Uint8Array(100_000)), clock);
  assert(sent > 850 && sent < 1000, `${sent}`);
  await writeAll(b, new Uint8Array(100_000));
  const buffer = new Uint8Array(1 << 16);
  const received = await timeOf(
    (async () => {
      for (let left = 100_000; left > 0;) left -= (await slow.read(buffer))!;
    })(),
    clock,
  );
  assert(received > 850 && received < 1010, `${received}`);
});

Deno.test("streams that share a rate share it evenly, and a small message waits for a piece, not for a picture", async () => {
  const clock = new FakeClock();
  const all = ratesOf(200_000, clock);
  const streams = [1, 2].map(() => {
    const [a, b] = duplexPair({ capacity: 1 << 21 });
    return { slow: limited(a, [all], clock), b };
  });
  const picture = writeAll(streams[0].slow, new Uint8Array(400_000));
  // by now the picture has had what it may be ahead
  await timeOf(
    (async () => {
      while (all.sent.take(0) === 0) await new Promise((wake) => setTimeout(wake, 0));
    })(),
    clock,
  );
  const key = await timeOf(writeAll(streams[1].slow, new Uint8Array(10)), clock);
  assert(key < 60, `${key}`);
  const whole = await timeOf(picture, clock);
  assert(whole > 1700 && whole < 2100, `${whole}`);
});

Deno.test("where nothing is limited the stream is as it was", () => {
  const [a] = duplexPair();
  assertEquals(limited(a, [], new FakeClock()), a);
});
