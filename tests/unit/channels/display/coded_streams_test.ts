/** Streams of codecs that a program outside makes, which here makes JPEG under their names. */
import { assert, assertEquals } from "@std/assert";
import { chooseCodec } from "../../../../channels/display/choose_codec.ts";
import { Coders } from "../../../../channels/display/coder.ts";
import { CoderProcess } from "../../../../channels/display/coder_process.ts";
import { DisplayHub } from "../../../../channels/display/hub.ts";
import { InlineEncoder } from "../../../../channels/display/inline_encoder.ts";
import type { Linked } from "../../../../channels/link_stage.ts";
import { Capabilities, DisplayCap } from "../../../../core/protocol/capabilities.ts";
import type { VideoCodecType } from "../../../../core/protocol/display.ts";
import type { Rect } from "../../../../core/protocol/drawing.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeFfmpeg } from "../../../kit/fake_ffmpeg.ts";
import { copyOf, filmFrame } from "../../../kit/film.ts";
import { fakeClient, FakeLog } from "../../../kit/linked.ts";
import { PaintedDisplay } from "../../../kit/painted_display.ts";
import { Viewer } from "../../../kit/viewer.ts";

const { monitorsConfig, sizedStream, streamReport, multiCodec } = DisplayCap;
const COMMON = [monitorsConfig, sizedStream, streamReport, multiCodec];
const { codecMjpeg, codecVp8, codecVp9 } = DisplayCap;
const ALL = [...COMMON, codecMjpeg, codecVp8, codecVp9];
const SIZE = { width: 320, height: 240 };
const FILM: Rect = { left: 37, top: 21, right: 213, bottom: 165 };
const CORNER: Rect = { left: 280, top: 200, right: 300, bottom: 220 };

function scene(codecs: readonly VideoCodecType[] = ["vp8", "mjpeg"]) {
  const display = new PaintedDisplay();
  const clock = new FakeClock(), log = new FakeLog(), started: FakeFfmpeg[] = [];
  const how = { slow: false, far: false };
  /** Pictures that a worker was told of, and has not read yet. */
  const unread: (() => void)[] = [];
  const coders = new Coders(
    (args) => {
      const ffmpeg = new FakeFfmpeg(args);
      ffmpeg.slow = how.slow;
      started.push(ffmpeg);
      const process = new CoderProcess(ffmpeg), give = process.give.bind(process);
      if (how.far) process.give = (...picture) => void unread.push(() => give(...picture));
      return process;
    },
    clock,
    log,
  );
  const hub = new DisplayHub(display, clock, {
    chooseFor: chooseCodec("lz", { jpeg: "never", zlibGlz: "never" }),
    encoder: new InlineEncoder(),
    streaming: "all",
    codecs,
    coders,
  });
  display.create(0, "xrgb32", SIZE.width, SIZE.height);
  const open = async (caps: readonly number[] = ALL) => {
    const client = fakeClient({ clock, log });
    client.latencyMs = 5;
    const channelCaps = Capabilities.of(...caps);
    const linked = { channelCaps, channelId: 0, mini: true } as Linked;
    const viewer = new Viewer(hub.open(client, linked), clock);
    viewer.clipsStreams = true;
    await pass(100, [viewer]);
    return viewer;
  };
  async function pass(ms: number, viewers: Viewer[]): Promise<void> {
    for (let gone = 0; gone < ms; gone += 10) {
      clock.advance(Math.min(10, ms - gone));
      for (let i = 0; i < 4; i++) {
        await Promise.resolve();
        for (const viewer of viewers) while (viewer.listen());
      }
    }
  }
  /** So many frames, 30 a second, of which there are a few. */
  async function play(frames: number, viewers: Viewer[], rect = FILM): Promise<void> {
    for (let i = 0; i < frames; i++) {
      display.draw(copyOf(pictureOf(rect, i % 6), rect));
      await pass(33, viewers);
    }
  }
  return { display, clock, log, hub, coders, started, unread, how, open, pass, play };
}

const made = new Map<string, Uint8Array>();
function pictureOf(rect: Rect, frame: number): Uint8Array {
  const key = JSON.stringify([rect, frame]);
  if (!made.has(key)) made.set(key, filmFrame(rect, frame * 20));
  return made.get(key)!;
}

const codecOf = (viewer: Viewer) => [...viewer.streams.values()].map(({ codecType }) => codecType);

/** How far what the viewer shows is from the guest's picture, at most in any channel. */
function distance(viewer: Viewer, display: PaintedDisplay): number {
  const ours = display.surfaces.get(0)!.bytes, theirs = viewer.surfaces.get(0)!.bytes;
  let most = 0;
  for (let i = 0; i < ours.length; i++) {
    if (i % 4 < 3) most = Math.max(most, Math.abs(ours[i] - theirs[i]));
  }
  return most;
}

Deno.test("a film goes as the dearest codec that the client plays, and rests as it is", async () => {
  const all = scene(["vp9", "vp8", "mjpeg"]);
  const viewers = [
    await all.open(),
    await all.open([...COMMON, codecVp8]),
    await all.open([...COMMON, codecMjpeg]),
    await all.open(COMMON),
    await all.open([monitorsConfig]),
  ];
  await all.play(60, viewers);
  assertEquals(viewers.map(codecOf), [["vp9"], ["vp8"], ["mjpeg"], [], ["mjpeg"]]);
  const [first] = viewers[0].streams.values();
  assert(first.frames > 20, `${first.frames} frames`);
  assert(distance(viewers[0], all.display) < 80);
  assertEquals(all.started.map((ffmpeg) => ffmpeg.option("-c:v")).toSorted(), [
    "libvpx",
    "libvpx-vp9",
  ]);
  await all.pass(1500, viewers);
  for (const viewer of viewers) {
    assertEquals([viewer.streams.size, distance(viewer, all.display)], [0, 0]);
  }
  assertEquals([all.coders.size, all.started.every(({ closed }) => closed)], [0, true]);
});

Deno.test("what a client would rather have comes first, as far as it is configured", async () => {
  const all = scene(["vp9", "vp8", "mjpeg"]);
  const viewer = await all.open();
  // 77: a codec that nobody knows yet; 5: h265
  viewer.peer.send.preferredVideoCodecType({ codecs: [77, 5, 2] });
  await all.play(45, [viewer]);
  assertEquals(codecOf(viewer), ["vp8"]);
  const other = await all.open();
  other.peer.send.preferredVideoCodecType({ codecs: [1] });
  await all.play(45, [viewer, other]);
  assertEquals(codecOf(other), ["mjpeg"]);
});

Deno.test("an encoder that dies or never answers leaves MJPEG, and nobody loses a picture", async () => {
  for (const slow of [false, true]) {
    const all = scene();
    all.how.slow = slow;
    const viewer = await all.open();
    await all.play(45, [viewer]);
    if (!slow) all.started[0].onEnd!("it ended with 1");
    await all.play(slow ? 400 : 45, [viewer]);
    assertEquals([codecOf(viewer), all.started.length], [["mjpeg"], 1]);
    assertEquals(all.log.of("video-encoder-failed").length, 1);
    await all.pass(1500, [viewer]);
    assertEquals(distance(viewer, all.display), 0);
  }
});

Deno.test("a frame that is long in the making holds up no other drawing", async () => {
  const all = scene();
  all.how.slow = true;
  const viewer = await all.open();
  await all.play(45, [viewer]);
  assertEquals([all.started[0].pictures.length, viewer.streams.size], [1, 0]);
  const draws = viewer.counts.drawCopy;
  all.display.draw(copyOf(pictureOf(CORNER, 0), CORNER));
  await all.pass(50, [viewer]);
  assertEquals(viewer.counts.drawCopy, draws + 1);
  await all.play(10, [viewer]);
  assertEquals(all.started[0].pictures.length, 1, "a frame is dropped before it is encoded");
  all.started[0].slow = false;
  all.started[0].give();
  await all.play(10, [viewer]);
  assert([...viewer.streams.values()][0].frames > 5);
});

Deno.test("another size is another stream and another process; at most four are at work", async () => {
  const all = scene();
  const viewers = await Promise.all(Array.from({ length: 5 }, () => all.open()));
  await all.play(45, viewers);
  assertEquals(viewers.flatMap(codecOf).toSorted(), ["mjpeg", "vp8", "vp8", "vp8", "vp8"]);
  const large: Rect = { left: 0, top: 0, right: SIZE.width, bottom: SIZE.height };
  await all.play(60, viewers, large);
  assertEquals(viewers.flatMap(codecOf).toSorted(), ["mjpeg", "vp8", "vp8", "vp8", "vp8"]);
  const sizes = all.started.filter(({ closed }) => !closed)
    .map((ffmpeg) => ffmpeg.option("-video_size"));
  assertEquals(sizes, Array(4).fill("320x240"));
  await all.pass(1500, viewers);
  for (const viewer of viewers) assertEquals(distance(viewer, all.display), 0);
  assertEquals(all.coders.size, 0);
});

Deno.test("a rate that changed much begins a new process in the same stream, after a while", async () => {
  const all = scene();
  const viewer = await all.open();
  await all.play(45, [viewer]);
  const [{ reportId }] = viewer.streams.values();
  for (let second = 0; second < 36; second++) {
    viewer.peer.send.streamReport({
      ...{ streamId: 0, uniqueId: reportId!, startFrameMmTime: 0, endFrameMmTime: 0 },
      ...{ numFrames: 10, numDrops: 5, lastFrameDelay: 10, audioDelay: 0 },
    });
    await all.play(33, [viewer]);
  }
  const rates = all.started.map((ffmpeg) => Number(ffmpeg.option("-b:v")));
  assert(rates.length >= 2 && rates.length <= 8, `rates ${rates}`);
  assert(rates[1] < rates[0] * 0.7, `rates ${rates}`);
  assertEquals([viewer.counts.streamCreate, codecOf(viewer)], [1, ["vp8"]]);
  assertEquals(all.started.map(({ closed }) => closed).lastIndexOf(true), rates.length - 2);
});

Deno.test("a process that works is kept while another's failure forbids new ones", async () => {
  const all = scene();
  const viewer = await all.open();
  await all.play(45, [viewer]);
  all.coders.open({
    codec: "vp8",
    width: 16,
    height: 16,
    framesPerSecond: 30,
    bitsPerSecond: 1e6,
  });
  all.started[1].onEnd!("killed");
  assertEquals(all.coders.rests("vp8"), true);
  const [{ reportId }] = viewer.streams.values();
  for (let second = 0; second < 36; second++) {
    viewer.peer.send.streamReport({
      ...{ streamId: 0, uniqueId: reportId!, startFrameMmTime: 0, endFrameMmTime: 0 },
      ...{ numFrames: 10, numDrops: 5, lastFrameDelay: 10, audioDelay: 0 },
    });
    await all.play(33, [viewer]);
  }
  assertEquals([viewer.counts.streamCreate, codecOf(viewer)], [1, ["vp8"]]);
  assertEquals([all.started.length, all.started[0].closed], [2, false]);
});

Deno.test("a client that cannot show what it said it plays gets the next codec", async () => {
  const all = scene();
  const viewer = await all.open();
  await all.play(45, [viewer]);
  const cannot = {
    ...{ streamId: 0, uniqueId: 1, startFrameMmTime: 0, endFrameMmTime: 0 },
    ...{ numFrames: 0, numDrops: 0xffff_ffff, lastFrameDelay: 0x7fff_ffff, audioDelay: 0 },
  };
  viewer.peer.send.streamReport(cannot);
  await all.play(45, [viewer]);
  assertEquals([codecOf(viewer), all.coders.size], [["mjpeg"], 0]);
  viewer.peer.send.streamReport(cannot);
  await all.play(45, [viewer]);
  assertEquals(codecOf(viewer), []);
  await all.pass(100, [viewer]);
  assertEquals(distance(viewer, all.display), 0);
});

Deno.test("a client that goes takes its process with it", async () => {
  const all = scene();
  const viewer = await all.open();
  await all.play(45, [viewer]);
  assertEquals(all.coders.size, 1);
  viewer.conversation.closed();
  assertEquals([all.coders.size, all.started[0].closed], [0, true]);
});

Deno.test("a picture that a worker reads is given back when the guest needs its memory, and its frame made once more", async () => {
  const all = scene();
  all.how.far = true;
  const viewer = await all.open();
  await all.play(45, [viewer]);
  assertEquals([all.unread.length, all.display.lent > 0], [1, true]);
  all.display.memoryLow();
  assertEquals(all.display.lent, 0);
  all.unread.shift()!();
  await all.pass(100, [viewer]);
  assertEquals([all.unread.length, [...viewer.streams.values()][0].frames], [1, 1]);
  all.unread.shift()!();
  await all.pass(100, [viewer]);
  assertEquals([all.unread.length, [...viewer.streams.values()][0].frames], [0, 2]);
});
