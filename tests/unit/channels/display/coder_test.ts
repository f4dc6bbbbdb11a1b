import { assertEquals } from "@std/assert";
import {
  type Coder,
  Coders,
  type CoderSetting,
  type FrameMaker,
} from "../../../../channels/display/coder.ts";
import { CoderProcess } from "../../../../channels/display/coder_process.ts";
import { decodeJpeg } from "../../../../core/codecs/jpeg/mod.ts";
import { planesOf } from "../../../../core/codecs/yuv/mod.ts";
import type { Bitmap } from "../../../../core/protocol/image.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeFfmpeg, ivfFrame, ivfHead } from "../../../kit/fake_ffmpeg.ts";
import { FakeLog } from "../../../kit/linked.ts";

const setting: CoderSetting = {
  codec: "vp8",
  width: 6,
  height: 2,
  framesPerSecond: 24.6,
  bitsPerSecond: 1_000_000.4,
};

function scene() {
  const clock = new FakeClock(), log = new FakeLog(), started: FakeFfmpeg[] = [];
  const coders = new Coders(
    (args) => {
      started.push(new FakeFfmpeg(args));
      return new CoderProcess(started.at(-1)!);
    },
    clock,
    log,
  );
  return { clock, log, started, coders };
}

/** Rows of 6 pixels in memory where each takes 8. */
function picture(bitmapFlags: number, memory: ArrayBufferLike = new ArrayBuffer(96)): Bitmap {
  const data = new Uint8Array(memory, 4, 32 + 24);
  for (let i = 0; i < data.length; i++) data[i] = i;
  return {
    ...{ type: "bitmap", id: 0n, flags: 0, width: 6, height: 2, format: "bit32", bitmapFlags },
    ...{ x: 6, y: 2, stride: 32, palette: null, data },
  };
}

Deno.test("ffmpeg is told size, rate and codec, and given the rows from the top", () => {
  for (const flags of [0, 4]) {
    const { coders, started } = scene();
    const frames: (Uint8Array | null)[] = [];
    const coder = coders.open(setting)!;
    coder.encode(picture(flags, new SharedArrayBuffer(96)), (frame) => frames.push(frame));
    coder.encode(picture(flags), (frame) => frames.push(frame));
    const [ffmpeg] = started;
    assertEquals(
      ["-video_size", "-framerate", "-b:v", "-c:v", "-f"].map((name) => ffmpeg.option(name)),
      ["6x2", "25", "1000000", "libvpx", "rawvideo"],
    );
    // darker above, as the picture's bytes count upwards
    for (const given of ffmpeg.pictures) {
      const { data, ...rows } = picture(flags);
      assertEquals(given, planesOf({ ...rows, data, topDown: flags === 4 }, "bt601"));
      assertEquals([given.length, given[0] < given[6]], [6 * 2 * 3 / 2, flags === 4]);
    }
    assertEquals(frames.map((frame) => decodeJpeg(frame!, setting).width), [6, 6]);
    coder.close();
    assertEquals([ffmpeg.closed, coders.size], [true, 0]);
  }
});

Deno.test("a codec that failed is told of once, and not tried for a minute", () => {
  const failures: [string, (ffmpeg: FakeFfmpeg, clock: FakeClock) => void][] = [
    ["it ended with 1", (ffmpeg) => ffmpeg.onEnd!("it ended with 1")],
    ["it does not begin like one", (ffmpeg) => ffmpeg.onBytes!(new Uint8Array(32))],
    ["a frame took too long", (_, clock) => clock.advance(10_000)],
    ["it made a frame of nothing", (ffmpeg) => {
      ffmpeg.give();
      ffmpeg.onBytes!(ivfFrame(Uint8Array.of(1)));
    }],
  ];
  for (const [reason, fail] of failures) {
    const { coders, started, clock, log } = scene();
    const frames: (Uint8Array | null)[] = [];
    const coder = coders.open(setting)!;
    started[0].slow = true;
    coder.encode(picture(4), (frame) => frames.push(frame));
    fail(started[0], clock);
    started[0].onEnd?.("twice");
    assertEquals(frames.at(-1) === null || reason.includes("nothing"), true, reason);
    assertEquals([started[0].closed, coders.size, coders.offers("vp8")], [true, 0, false]);
    assertEquals([coders.open(setting), coders.offers("vp9")], [null, true]);
    const told = log.lines.filter(({ event }) => event === "video-encoder-failed");
    assertEquals(told.length, 1);
    assertEquals(`${told[0].fields.reason}`.includes(reason), true, `${told[0].fields.reason}`);
    let late: Uint8Array | null | undefined;
    coder.encode(picture(4), (frame) => late = frame);
    assertEquals(late, null, "what has ended says so");
    clock.advance(60_000);
    assertEquals(coders.offers("vp8"), true);
    assertEquals(clock.planned, 0);
  }
});

Deno.test("where there is no ffmpeg it is looked for once, and what could not be started for once is tried again in a minute", () => {
  for (const never of [true, false]) {
    let looked = 0;
    const clock = new FakeClock(), log = new FakeLog(), makers: FrameMaker[] = [];
    const start = () => {
      looked++;
      makers.push({ give: () => {}, onFrame: null, onEnd: null, close: () => {} });
      return makers.at(-1)!;
    };
    const coders = new Coders(start, clock, log);
    const frames: unknown[] = [];
    let taken = 0;
    coders.open(setting)!.encode(picture(4), (frame) => frames.push(frame), () => taken++);
    makers[0].onEnd!("entity not found", never);
    assertEquals([frames, taken, coders.size, coders.open(setting)], [[null], 1, 0, null]);
    clock.advance(60_000);
    assertEquals([coders.offers("vp8"), looked, log.lines.length], [!never, 1, 1]);
    clock.advance(1e9);
    assertEquals(coders.offers("vp8"), !never);
  }
});

Deno.test("at most four are at work, and who goes makes room", () => {
  const { coders, started } = scene();
  const open = Array.from({ length: 5 }, () => coders.open(setting));
  assertEquals(open.map((coder) => coder !== null), [true, true, true, true, false]);
  open[1]!.close();
  open[1]!.close();
  assertEquals([coders.size, started[1].closed], [3, true]);
  const last: Coder | null = coders.open({ ...setting, codec: "vp9" });
  assertEquals([last !== null, coders.offers("vp8")], [true, false]);
  coders[Symbol.dispose]();
  assertEquals([coders.size, started.every(({ closed }) => closed)], [0, true]);
});

Deno.test("whoever closed a coder hears no more of it", () => {
  const { coders, started, log } = scene();
  const coder = coders.open(setting)!;
  started[0].slow = true;
  let called = false;
  coder.encode(picture(4), () => called = true);
  coder.close();
  started[0].onBytes!(ivfHead());
  started[0].onEnd!("killed");
  assertEquals([called, log.lines.length], [false, 0]);
});

Deno.test("codecs that nobody makes are not offered", () => {
  const { coders } = scene();
  for (const codec of ["mjpeg", "h264", "h265"] as const) {
    assertEquals([coders.offers(codec), coders.open({ ...setting, codec })], [false, null]);
  }
});
