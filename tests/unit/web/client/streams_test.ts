import { assertEquals } from "@std/assert";
import type { Scene } from "../../../../web/client/scene.ts";
import { Streams } from "../../../../web/client/streams.ts";

Deno.test("a stream whose decoder fails is given back to the server, once", async () => {
  let fail: VideoDecoderInit["error"] = () => {};
  const there = { VideoDecoder: globalThis.VideoDecoder };
  Object.assign(globalThis, {
    VideoDecoder: class {
      state = "configured";
      constructor({ error }: VideoDecoderInit) {
        fail = error;
      }
      configure() {}
      decode() {}
      close() {
        this.state = "closed";
      }
    },
    EncodedVideoChunk: class {},
  });
  const stats = { video: { frames: 0, dropped: 0, codec: "" }, droppedWhy: "" };
  const given: number[] = [];
  const streams = new Streams({ stats } as unknown as Scene, {
    cannot: (id) => given.push(id),
    report: () => {},
    until: () => 0,
    untilHeard: () => 0,
  });
  const rect = { top: 0, left: 0, bottom: 360, right: 640 };
  streams.create({
    surfaceId: 0,
    id: 7,
    flags: 0,
    codecType: "vp8",
    stamp: 0n,
    streamWidth: 640,
    streamHeight: 360,
    srcWidth: 640,
    srcHeight: 360,
    dest: rect,
    clip: { type: "none" },
  });
  const key = Uint8Array.of(0), delta = Uint8Array.of(1);
  await streams.frame(7, 0, key);
  assertEquals(given, []);
  fail(new DOMException("Codec reclaimed due to inactivity.", "QuotaExceededError"));
  await streams.frame(7, 0, delta);
  assertEquals(given, [7]);
  assertEquals(stats.video.dropped, 2);
  Object.assign(globalThis, there);
});
