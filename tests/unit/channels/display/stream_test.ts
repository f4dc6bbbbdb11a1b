import { assertEquals } from "@std/assert";
import { Stream } from "../../../../channels/display/stream.ts";
import { StreamRate } from "../../../../channels/display/stream_rate.ts";
import { Video } from "../../../../channels/display/video.ts";
import type { Rect } from "../../../../core/protocol/drawing.ts";

const BEFORE: Rect = { top: 0, left: 0, bottom: 100, right: 100 };
const AFTER: Rect = { top: 50, left: 0, bottom: 150, right: 100 };

function stream(clips = true): Stream {
  const rate = new StreamRate({ bitsPerSecond: null, lowBandwidth: false }, 0);
  return new Stream(0, new Video(BEFORE, 0), rate, false, "mjpeg", clips);
}

Deno.test("frames that a client has still to show are cut off where the stream is no more", () => {
  const moved = stream();
  assertEquals(moved.firstClip(), { type: "none" });
  moved.created = true;
  assertEquals(moved.move(new Video(AFTER, 0)), [{ ...BEFORE, bottom: 50 }]);
  assertEquals(moved.grownClip(), { type: "rects", rects: [AFTER] });
  assertEquals(moved.grownClip(), null);
  // the next frames leave it so
  assertEquals(moved.take()(), null);
});

Deno.test("a stream that moves while its first frame is encoded is created with that clip", () => {
  const moved = stream();
  moved.busy = true;
  moved.move(new Video(AFTER, 0));
  assertEquals(moved.firstClip(), { type: "rects", rects: [AFTER] });
});

Deno.test("clients without clips are told of none", () => {
  const moved = stream(false);
  moved.created = true;
  moved.move(new Video(AFTER, 0));
  assertEquals(moved.grownClip(), null);
});
