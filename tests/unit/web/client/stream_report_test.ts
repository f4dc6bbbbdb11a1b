import { assertEquals } from "@std/assert";
import { MmTime } from "../../../../web/client/mm_time.ts";
import { StreamReport } from "../../../../web/client/stream_report.ts";

const asked = { streamId: 4, uniqueId: 77, maxWindowSize: 5, timeoutMs: 1000 };

Deno.test("a stream's report is due when the window is full, and counts from there on anew", () => {
  const report = new StreamReport(asked);
  for (let i = 0; i < 4; i++) assertEquals(report.frame(1000 + i * 40, 10 - i * 4, i * 40), null);
  const full = {
    streamId: 4,
    uniqueId: 77,
    startFrameMmTime: 1000,
    endFrameMmTime: 1160,
    numFrames: 5,
    numDrops: 2,
    lastFrameDelay: -6,
    audioDelay: 0xffffffff,
  };
  assertEquals(report.frame(1160, -6, 160), full);
  assertEquals(report.frame(1200, 5, 200), null);
});

Deno.test("a stream's report is due when its time is over, or three frames in a row are late", () => {
  const slow = new StreamReport(asked);
  assertEquals(slow.frame(0, 0, 0), null);
  assertEquals(slow.frame(1, 0, 1000)?.numFrames, 2);
  const late = new StreamReport(asked);
  assertEquals(late.frame(0, -1, 0), null);
  assertEquals(late.frame(1, -1, 1), null);
  assertEquals(late.frame(2, -1, 2)?.numDrops, 3);
});

Deno.test("the server's clock runs on between its words, and over the end of 32 bits", () => {
  let now = 0;
  const clock = new MmTime(() => now);
  assertEquals(clock.until(500), 0);
  clock.now = 0xffffffff - 99;
  now = 50;
  assertEquals(clock.until(0xffffffff), 49);
  now = 200;
  assertEquals(clock.now, 100);
  assertEquals(clock.until(150), 50);
  assertEquals(clock.until(0xffffffff), -101);
});
