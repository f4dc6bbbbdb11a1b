import { assert, assertEquals } from "@std/assert";
import { type Random, seeded } from "../../../../core/binary/random.ts";
import { Capabilities, DisplayCap } from "../../../../core/protocol/capabilities.ts";
import type { ImageCompression } from "../../../../core/protocol/display.ts";
import { type Drawing, type Rect, Ropd } from "../../../../core/protocol/drawing.ts";
import { createLog } from "../../../../core/log.ts";
import type { Bitmap, Image } from "../../../../core/protocol/image.ts";
import { Client } from "../../../../channels/client.ts";
import { chooseCodec } from "../../../../channels/display/choose_codec.ts";
import type { Codec } from "../../../../channels/display/encoder.ts";
import { DisplayHub } from "../../../../channels/display/hub.ts";
import { InlineEncoder } from "../../../../channels/display/inline_encoder.ts";
import type { Linked } from "../../../../channels/link_stage.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { copyOf, filmFrame, textFrame } from "../../../kit/film.ts";
import { PaintedDisplay } from "../../../kit/painted_display.ts";
import { psnr } from "../../../kit/psnr.ts";
import { randomDrawing } from "../../../kit/random_drawing.ts";
import { Viewer } from "../../../kit/viewer.ts";

const GTK = [
  DisplayCap.monitorsConfig,
  DisplayCap.composite,
  DisplayCap.a8Surface,
  DisplayCap.sizedStream,
  DisplayCap.streamReport,
  DisplayCap.multiCodec,
  DisplayCap.codecMjpeg,
];
const HTML5 = [
  DisplayCap.sizedStream,
  DisplayCap.streamReport,
  DisplayCap.multiCodec,
  DisplayCap.codecMjpeg,
];
const SIZE = { width: 320, height: 240 };
const FILM: Rect = { left: 37, top: 21, right: 213, bottom: 165 };
const remote = { address: "::1", transport: "tcp", secure: false, webSocket: false } as const;

class CountingEncoder extends InlineEncoder {
  readonly jobs: Codec[] = [];

  override encode(bitmap: Bitmap, codec: Codec, done: (image: Image | null) => void): void {
    this.jobs.push(codec);
    super.encode(bitmap, codec, done);
  }

  get frames(): number {
    return this.jobs.filter((codec) => codec.startsWith("mjpeg")).length;
  }
}

function scene(
  { caps = GTK, setting = "lz", streaming = "all", jpeg = "never" }: {
    caps?: number[];
    setting?: ImageCompression;
    jpeg?: "never" | "always";
    streaming?: "off" | "all" | "filter";
  } = {},
) {
  const display = new PaintedDisplay();
  const clock = new FakeClock();
  const encoder = new CountingEncoder();
  const hub = new DisplayHub(display, clock, {
    chooseFor: chooseCodec(setting, { jpeg, zlibGlz: "never" }),
    encoder,
    streaming,
  });
  const log = createLog({ format: "text", level: "error", sink: () => {}, now: () => new Date(0) });
  const clients: Client[] = [];
  const open = (own = caps) => {
    const client = new Client({ connectionId: 7, remote, opener: {}, clock, log });
    client.latencyMs = 5;
    clients.push(client);
    const channelCaps = Capabilities.of(...own);
    const conversation = hub.open(client, { channelCaps, channelId: 0, mini: true } as Linked);
    const viewer = new Viewer(conversation, clock);
    viewer.clipsStreams = own.includes(DisplayCap.monitorsConfig);
    return viewer;
  };
  display.create(0, "xrgb32", SIZE.width, SIZE.height);
  return { display, clock, encoder, hub, open, clients };
}

/** Time goes by in small steps; everybody takes what comes. */
async function pass(clock: FakeClock, ms: number, viewers: Viewer[]): Promise<void> {
  for (let gone = 0; gone < ms;) {
    const step = Math.min(10, ms - gone);
    clock.advance(step);
    gone += step;
    for (let i = 0; i < 4; i++) {
      await Promise.resolve();
      for (const viewer of viewers) while (viewer.listen());
    }
  }
}

type Scene = ReturnType<typeof scene>;

/** Plays so many frames, 30 a second. */
async function play(
  { display, clock }: Scene,
  viewers: Viewer[],
  from: number,
  to: number,
  options: {
    rect?: Rect;
    picture?: (rect: Rect, frame: number) => Uint8Array;
    pieces?: (rect: Rect) => Rect[];
    also?: (frame: number) => void;
  } = {},
): Promise<void> {
  const { rect = FILM, picture = filmFrame, pieces = () => [rect], also } = options;
  for (let frame = from; frame < to; frame++) {
    const pixels = picture(rect, frame);
    for (const piece of pieces(rect)) display.draw(copyOf(pixels, piece, rect));
    also?.(frame);
    await pass(clock, 33, viewers);
  }
}

function assertSamePicture(viewer: Viewer, display: PaintedDisplay, what = ""): void {
  const ours = display.surfaces.get(0)!, theirs = viewer.surfaces.get(0)!;
  const a = new Uint32Array(ours.bytes.buffer), b = new Uint32Array(theirs.bytes.buffer);
  const at = a.findIndex((pixel, i) => ((pixel ^ b[i]) & 0xffffff) !== 0);
  assertEquals(at, -1, `differs at x ${at % ours.width} y ${at / ours.width | 0} ${what}`);
}

/** How near what the viewer shows in a rect is to the guest's picture. */
function nearness(viewer: Viewer, display: PaintedDisplay, rect: Rect): number {
  const part = (bytes: Uint8Array) => {
    const rows = [];
    for (let y = rect.top; y < rect.bottom; y++) {
      const at = y * SIZE.width * 4;
      rows.push(...bytes.subarray(at + rect.left * 4, at + rect.right * 4));
    }
    return Uint8Array.from(rows);
  };
  return psnr(part(display.surfaces.get(0)!.bytes), part(viewer.surfaces.get(0)!.bytes));
}

const fill = (box: Rect, color: number): Drawing => ({
  kind: "drawFill",
  base: { surfaceId: 0, box, clip: { type: "none" } },
  data: {
    brush: { type: "solid", color },
    ropDescriptor: Ropd.opPut,
    mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
  },
});

const bands = (rect: Rect): Rect[] =>
  Array.from({ length: 6 }, (_, i) => {
    const height = rect.bottom - rect.top;
    return {
      ...rect,
      top: rect.top + Math.floor(i * height / 6),
      bottom: rect.top + Math.floor((i + 1) * height / 6),
    };
  });

function shreds(random: Random): (rect: Rect) => Rect[] {
  return (rect) => {
    const all: Rect[] = [];
    for (let top = rect.top; top < rect.bottom; top += 16) {
      for (let left = rect.left, right; left < rect.right; left = right) {
        right = Math.min(rect.right, left + 16 * (1 + random.below(4)));
        if (random.below(5) > 0) {
          all.push({ left, right, top, bottom: Math.min(rect.bottom, top + 16) });
        }
      }
    }
    return all;
  };
}

const SHAPES: [string, (rect: Rect) => Rect[]][] = [
  ["whole", (rect) => [rect]],
  ["in bands", bands],
  ["in shreds", shreds(seeded(3))],
];
for (const [name, pieces] of SHAPES) {
  for (const caps of [GTK, HTML5]) {
    const client = caps === GTK ? "spice-gtk" : "spice-html5";
    Deno.test(`a film that is drawn ${name} is streamed within a second, and ends with the guest's pixels: ${client}`, async () => {
      const all = scene({ caps });
      const viewer = all.open();
      await pass(all.clock, 100, [viewer]);
      await play(all, [viewer], 0, 30, { pieces });
      const [stream] = viewer.streams.values();
      assert(stream, "no stream after 30 frames");
      assertEquals(stream.lastDest, FILM);
      await play(all, [viewer], 30, 90, { pieces });
      assert(viewer.counts.streamData > 60, `${viewer.counts.streamData} of 90 frames streamed`);
      assert(nearness(viewer, all.display, FILM) > 30);
      const drawn = viewer.counts.drawCopy;
      await pass(all.clock, 1500, [viewer]);
      assertEquals(viewer.streams.size, 0);
      assert(viewer.counts.drawCopy > drawn, "a refresh after it");
      assertSamePicture(viewer, all.display);
      assertEquals(all.display.lent, 0);
      assertEquals(all.hub.videos!.all.size, 0);
    });
  }
}

Deno.test("a menu over the film is drawn as it is and cut out of the stream, until the film is drawn over it", async () => {
  const all = scene();
  const viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  await play(all, [viewer], 0, 30);
  const menu: Rect = { left: 180, top: 100, right: 260, bottom: 200 };
  all.display.draw(fill(menu, 0xabcdef));
  await pass(all.clock, 5, [viewer]);
  const [stream] = viewer.streams.values();
  assertEquals(stream.clip.type, "rects");
  assertSamePicturePart(viewer, all.display, menu);
  // the guest keeps its film off the menu
  const around = [
    { ...FILM, bottom: menu.top },
    { ...FILM, top: menu.top, right: menu.left },
  ];
  await play(all, [viewer], 30, 60, { pieces: () => around });
  assertSamePicturePart(viewer, all.display, menu);
  const frames = stream.frames;
  await play(all, [viewer], 60, 90);
  assertEquals(viewer.streams.get(0)?.clip.type, "none");
  assert(stream.frames > frames + 20);
  await pass(all.clock, 1500, [viewer]);
  assertSamePicture(viewer, all.display);
});

function assertSamePicturePart(viewer: Viewer, display: PaintedDisplay, rect: Rect): void {
  assertEquals(nearness(viewer, display, rect), Infinity, "the menu is not as it was drawn");
}

Deno.test("whatever is drawn over, under and from the film, every client ends with the guest's pixels", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const all = scene({ setting: "autoGlz" });
    const random = seeded(seed);
    const viewers = [all.open(), all.open(HTML5)];
    await pass(all.clock, 100, viewers);
    const stage = { ...SIZE, surfaceIds: [0], cachedImages: 30, paletteIds: 200 };
    const pieces = [(rect: Rect) => [rect], bands, shreds(random)][seed % 3];
    await play(all, viewers, 0, 25, { pieces });
    await play(all, viewers, 25, 120, {
      pieces,
      also: () => {
        if (random.below(4) === 0) all.display.draw(randomDrawing(random, stage));
      },
    });
    if (seed % 2) all.display.memoryLow();
    viewers.push(all.open());
    await play(all, viewers, 120, 150, { pieces });
    await pass(all.clock, 2500, viewers);
    for (const viewer of viewers) {
      assertEquals(viewer.streams.size, 0);
      assertSamePicture(viewer, all.display, `seed ${seed}`);
    }
    assertEquals(all.display.lent, 0, "all that was borrowed is back");
  }
});

Deno.test("one encoding of a frame is for all clients of the same quality", async () => {
  const all = scene();
  const viewers = [all.open(), all.open(), all.open()];
  await pass(all.clock, 100, viewers);
  await play(all, viewers, 0, 90);
  for (const viewer of viewers) assert(viewer.counts.streamData > 60);
  assert(all.encoder.frames < viewers[0].counts.streamData + 20, `${all.encoder.frames} encodings`);
});

Deno.test("a client that comes later sees the film too", async () => {
  const all = scene();
  const viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  await play(all, [viewer], 0, 60);
  const late = all.open();
  await play(all, [viewer, late], 60, 120);
  assert(late.counts.streamData > 20);
  await pass(all.clock, 1500, [viewer, late]);
  assertSamePicture(late, all.display);
});

Deno.test("a client that takes nothing has no frames encoded for it, and is not behind afterwards", async () => {
  const all = scene();
  const eager = all.open(), lazy = all.open();
  await pass(all.clock, 100, [eager, lazy]);
  await play(all, [eager, lazy], 0, 30);
  assert(lazy.streams.size === 1);
  const before = all.encoder.frames, taken = eager.counts.streamData;
  await play(all, [eager], 30, 230);
  const lateFrames = all.encoder.frames - before - (eager.counts.streamData - taken);
  assert(lateFrames < 30, `${lateFrames} frames were encoded for a client that sleeps`);
  assert(lazy.conversation.outbox.waitingBytes < 1 << 20);
  await pass(all.clock, 2500, [eager, lazy]);
  assertSamePicture(lazy, all.display);
});

Deno.test("a client that answers no ping gets no more than what fits the way", async () => {
  const all = scene();
  const viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  await play(all, [viewer], 0, 30);
  viewer.pongs = false;
  const frames = viewer.counts.streamData;
  await play(all, [viewer], 30, 230);
  assert(viewer.counts.streamData < frames + 100);
  await pass(all.clock, 1500, [viewer]);
  assertSamePicture(viewer, all.display);
});

Deno.test("a client that cannot play it gets pictures, and the others their stream", async () => {
  const all = scene();
  const viewers = [all.open(), all.open()];
  await pass(all.clock, 100, viewers);
  await play(all, viewers, 0, 30);
  const report = {
    ...{ streamId: 0, uniqueId: 0, startFrameMmTime: 0, endFrameMmTime: 0 },
    ...{ numFrames: 0, numDrops: 0xffff_ffff, lastFrameDelay: 0, audioDelay: 0 },
  };
  viewers[0].peer.send.streamReport(report);
  viewers[0].speak();
  await play(all, viewers, 30, 120);
  assertEquals(viewers[0].streams.size, 0);
  assertEquals(viewers[0].counts.streamCreate, 1);
  assertEquals(viewers[1].streams.size, 1);
  assertSamePicture(viewers[0], all.display);
});

Deno.test("a client that plays other codecs only, and one that was not asked, get pictures", async () => {
  for (
    const { caps, streaming } of [
      {
        caps: [DisplayCap.monitorsConfig, DisplayCap.multiCodec, DisplayCap.codecVp8],
        streaming: "all",
      },
      { caps: GTK, streaming: "off" },
    ] as const
  ) {
    const all = scene({ caps: [...caps], streaming });
    const viewer = all.open();
    await pass(all.clock, 100, [viewer]);
    await play(all, [viewer], 0, 60);
    assertEquals(viewer.counts.streamCreate, undefined);
    assertSamePicture(viewer, all.display);
  }
});

for (const sized of [true, false]) {
  Deno.test(`a film that grows goes on ${sized ? "in frames of another size" : "as another stream"}`, async () => {
    const all = scene({ caps: sized ? GTK : GTK.filter((cap) => cap !== DisplayCap.sizedStream) });
    const viewer = all.open();
    await pass(all.clock, 100, [viewer]);
    await play(all, [viewer], 0, 45);
    const large: Rect = { left: 0, top: 0, right: SIZE.width, bottom: SIZE.height };
    await play(all, [viewer], 45, 120, { rect: large });
    assertEquals(viewer.streams.size, 1);
    assertEquals([...viewer.streams.values()][0].lastDest, large);
    assertEquals(viewer.counts.streamDataSized > 20, sized);
    assertEquals(viewer.counts.streamCreate > 1, !sized);
    await play(all, [viewer], 120, 180);
    assertEquals([...viewer.streams.values()].at(-1)!.lastDest, FILM);
    await pass(all.clock, 1500, [viewer]);
    assertSamePicture(viewer, all.display);
  });
}

Deno.test("when the surface goes, its streams go first, and nothing is owed for them", async () => {
  const all = scene();
  const viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  await play(all, [viewer], 0, 45);
  all.display.destroy(0);
  all.display.create(0, "xrgb32", SIZE.width, SIZE.height);
  await pass(all.clock, 100, [viewer]);
  assertEquals(viewer.streams.size, 0);
  await play(all, [viewer], 0, 45);
  assertEquals(viewer.streams.size, 1);
  await pass(all.clock, 1500, [viewer]);
  assertSamePicture(viewer, all.display);
});

Deno.test("filter streams photographs and no text; all streams text too where that costs less", async () => {
  const streamed = async (
    streaming: "filter" | "all",
    setting: ImageCompression,
    picture: typeof textFrame,
  ) => {
    const all = scene({ streaming, setting });
    const viewer = all.open();
    await pass(all.clock, 100, [viewer]);
    await play(all, [viewer], 0, 60, { picture });
    return viewer.counts.streamCreate === 1;
  };
  assertEquals(await streamed("filter", "lz", filmFrame), true);
  assertEquals(await streamed("filter", "off", textFrame), false);
  assertEquals(await streamed("all", "off", textFrame), true);
  // scrolled text is what a dictionary is good at
  assertEquals(await streamed("all", "glz", textFrame), false);
});

Deno.test("a film whose pictures cost nothing at first is streamed soon after they do", async () => {
  const all = scene(), viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  const plain = ({ left, top, right, bottom }: Rect, frame: number) =>
    new Uint8Array((right - left) * (bottom - top) * 4).fill(frame);
  await play(all, [viewer], 0, 25, { picture: plain });
  assertEquals(viewer.streams.size, 0);
  await play(all, [viewer], 25, 37);
  assertEquals(viewer.streams.size, 1);
});

Deno.test("a film that turns into text is drawn again", async () => {
  const all = scene({ setting: "glz" });
  const viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  await play(all, [viewer], 0, 45);
  assertEquals(viewer.streams.size, 1);
  await play(all, [viewer], 0, 200, { picture: textFrame });
  assertEquals(viewer.streams.size, 0);
});

Deno.test("frames that are late push clients' clocks back, within bounds", async () => {
  const all = scene();
  const viewer = all.open();
  await pass(all.clock, 100, [viewer]);
  await play(all, [viewer], 0, 45);
  const [stream] = viewer.streams.values();
  assert(stream.reportId! > 0);
  const latency = () => all.hub.mmClock.latencyOf(all.clients[0]), before = latency();
  for (let i = 0; i < 40; i++) {
    viewer.peer.send.streamReport({
      ...{ streamId: 0, uniqueId: stream.reportId!, startFrameMmTime: 1, endFrameMmTime: 2 },
      ...{ numFrames: 5, numDrops: 3, lastFrameDelay: -200, audioDelay: 0xffff_ffff },
    });
    viewer.speak();
    await play(all, [viewer], 45 + i * 6, 51 + i * 6);
  }
  assert(latency() > before && latency() <= 2000);
});

Deno.test("what went as JPEG beside a film is exact once it has rested, though the film plays on", async () => {
  const all = scene({ setting: "autoGlz", jpeg: "always" });
  const viewer = all.open(), viewers = [viewer];
  const still: Rect = { left: 224, top: 170, right: 320, bottom: 234 };
  await play(all, viewers, 0, 45);
  assert(all.encoder.frames > 0, "no film");
  all.display.draw(copyOf(filmFrame(still, 1), still, still));
  await pass(all.clock, 100, viewers);
  assert(all.encoder.jobs.includes("jpeg85"), "no JPEG");
  assert(nearness(viewer, all.display, still) < 60, "exact at once");
  const frames = all.encoder.frames;
  await play(all, viewers, 45, 105);
  assert(all.encoder.frames > frames + 20, "the film ended");
  assertSamePicturePart(viewer, all.display, still);
});
