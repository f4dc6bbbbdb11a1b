import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { type Random, seeded } from "../../../../core/binary/random.ts";
import { Capabilities, DisplayCap } from "../../../../core/protocol/capabilities.ts";
import type { ImageCompression } from "../../../../core/protocol/display.ts";
import { createLog } from "../../../../core/log.ts";
import { Client } from "../../../../channels/client.ts";
import { chooseCodec, type ChooseFor } from "../../../../channels/display/choose_codec.ts";
import { encodeBitmap } from "../../../../channels/display/encode_bitmap.ts";
import type { Encoder } from "../../../../channels/display/encoder.ts";
import type { GlzWorks } from "../../../../channels/display/glz_encoder.ts";
import { GlzShelf } from "../../../../channels/display/glz_shelf.ts";
import { DisplayHub } from "../../../../channels/display/hub.ts";
import type { Linked } from "../../../../channels/link_stage.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { PaintedDisplay } from "../../../kit/painted_display.ts";
import { randomDrawing, type Stage } from "../../../kit/random_drawing.ts";
import { Viewer, ViewerSession } from "../../../kit/viewer.ts";

const GTK = Capabilities.of(
  DisplayCap.monitorsConfig,
  DisplayCap.composite,
  DisplayCap.a8Surface,
  DisplayCap.lz4Compression,
);
const HTML5 = Capabilities.of(DisplayCap.sizedStream, DisplayCap.streamReport);
const stage: Stage = {
  width: 160,
  height: 120,
  surfaceIds: [0],
  cachedImages: 30,
  paletteIds: 200,
};
const remote = { address: "::1", transport: "tcp", secure: false, webSocket: false } as const;

function newClient(clock: FakeClock): Client {
  const log = createLog({ format: "text", level: "error", sink: () => {}, now: () => new Date(0) });
  return new Client({ connectionId: 7, remote, opener: {}, clock, log });
}

function linked(channelCaps: Capabilities, channelId = 0): Linked {
  return { channelCaps, channelId, mini: true } as Linked;
}

function scene(
  options: {
    caps?: Capabilities;
    limits?: object;
    setting?: ImageCompression;
    chooseFor?: ChooseFor;
    encoder?: Encoder & GlzWorks;
  } = {},
) {
  const display = new PaintedDisplay();
  const clock = new FakeClock();
  const hub = new DisplayHub(display, clock, {
    limits: options.limits,
    chooseFor: options.chooseFor ?? chooseCodec(options.setting ?? "off"),
    encoder: options.encoder,
  });
  const open = (session?: ViewerSession, cachePixels?: bigint) => {
    const conversation = hub.open(newClient(clock), linked(options.caps ?? GTK));
    return new Viewer(conversation, clock, 0, session, cachePixels);
  };
  return { display, hub, clock, open };
}

/** Lets planned sending happen, then takes all that comes. */
async function settle(viewer: Viewer): Promise<void> {
  do {
    viewer.clock.advance(20);
    await Promise.resolve();
  } while (viewer.listen());
}

function assertSamePicture(viewer: Viewer, display: PaintedDisplay): void {
  for (const [id, ours] of display.surfaces) {
    const theirs = viewer.surfaces.get(id);
    assert(theirs, `the viewer lacks surface ${id}`);
    const mask = ours.format === "xrgb32" ? 0xffffff : 0xffffffff;
    const a = new Uint32Array(ours.bytes.buffer), b = new Uint32Array(theirs!.bytes.buffer);
    const at = a.findIndex((pixel, i) => ((pixel ^ b[i]) & mask) !== 0);
    assertEquals(at, -1, `surface ${id} differs at x ${at % ours.width} y ${at / ours.width | 0}`);
  }
}

/** Draws, creates and destroys at random while the viewer takes what it gets at its own whim. */
async function live(
  random: Random,
  display: PaintedDisplay,
  viewers: Viewer[],
  steps: number,
  eagerness: number,
): Promise<void> {
  for (let i = 0; i < steps; i++) {
    const surfaceIds = [...display.surfaces.keys()];
    if (random.below(40) === 0 && surfaceIds.length < 5) {
      const id = 1 + random.below(6);
      if (!display.surfaces.has(id)) display.create(id, "xrgb32", stage.width, stage.height);
    } else if (random.below(60) === 0 && surfaceIds.length > 1) {
      display.destroy(surfaceIds.find((id) => id !== 0)!);
    } else if (random.below(300) === 0) {
      display.destroy(0);
      display.create(0, "xrgb32", stage.width, stage.height);
    } else display.draw(randomDrawing(random, { ...stage, surfaceIds }));
    for (const viewer of viewers) {
      if (random.below(eagerness) > 0) continue;
      await Promise.resolve();
      viewer.listen();
    }
  }
}

for (const setting of ["off", "lz4", "lz", "quic", "autoLz", "glz", "autoGlz"] as const) {
  for (const eagerness of [1, 4, 50, 1000]) {
    Deno.test(`a viewer that takes every ${eagerness}th chance ends with the guest's pixels, ${setting}`, async () => {
      for (let seed = 1; seed <= 6; seed++) {
        const { display, open } = scene({ limits: { items: 100 }, setting });
        display.create(0, "xrgb32", stage.width, stage.height);
        const viewer = open();
        await live(seeded(seed), display, [viewer], 1500, eagerness);
        await settle(viewer);
        assertSamePicture(viewer, display);
        assert(viewer.marked);
        assertEquals(display.lent, 0);
      }
    });
  }
}

/** As on a slow line, but everything that JPEG takes is JPEG. */
const lossyFor: ChooseFor = (ability, preference) => ({
  ...chooseCodec("glz", { jpeg: "always", zlibGlz: "always" })(ability, preference),
  loses: ({ format, width, height }) =>
    (format === "bit24" || format === "bit32" || format === "rgba") && width * height > 40,
});

for (const eagerness of [1, 4, 50]) {
  Deno.test(`what a viewer that takes every ${eagerness}th chance got as JPEG is exact some time after the last drawing`, async () => {
    const types: Record<string, number> = {};
    for (let seed = 1; seed <= 8; seed++) {
      const { display, open, clock } = scene({ limits: { items: 100 }, chooseFor: lossyFor });
      display.create(0, "xrgb32", stage.width, stage.height);
      const viewer = open();
      for (let n = 0; n < 20; n++) {
        await live(seeded(seed * 100 + n), display, [viewer], 60, eagerness);
        if (n % 5 === 0) clock.advance(500);
      }
      for (let n = 0; n < 4; n++) {
        await settle(viewer);
        clock.advance(500);
      }
      await settle(viewer);
      assertSamePicture(viewer, display);
      assertEquals(display.lent, 0);
      for (const type in viewer.imageTypes) {
        types[type] = (types[type] ?? 0) + viewer.imageTypes[type];
      }
    }
    for (const type of ["jpeg", "zlibGlzRgb", "fromCache", "fromCacheLossless"]) {
      assert(types[type] > 10, `${types[type]} pictures were ${type}`);
    }
  });
}

/** Finishes what it is asked for later, in any order. */
class SlowEncoder implements Encoder, GlzWorks {
  readonly #jobs: (() => void)[] = [];
  /** A dictionary's pictures are made in order. */
  readonly #glz: (() => void)[] = [];
  readonly #shelf = new GlzShelf();

  constructor(readonly random: Random) {}

  encode: Encoder["encode"] = (bitmap, codec, done) => {
    this.#jobs.push(() => done(encodeBitmap(bitmap, codec)));
  };

  encodeGlz: GlzWorks["encodeGlz"] = (bitmap, plan, done) => {
    this.#glz.push(() => done(this.#shelf.encode(bitmap, plan)));
  };

  dropGlz(dictionary: number): void {
    this.#glz.push(() => this.#shelf.drop(dictionary));
  }

  /** Finishes one job; false: there is none. */
  work(): boolean {
    if (this.#glz.length > 0 && this.random.below(2) === 0) {
      this.#glz.shift()!();
      return true;
    }
    const [job] = this.#jobs.splice(this.random.below(this.#jobs.length || 1), 1);
    job?.();
    return job !== undefined || this.#glz.length > 0;
  }
}

for (const [setting, type] of [["lz4", "lz4"], ["glz", "glzRgb"], ["autoGlz", "lzRgb"]] as const) {
  Deno.test(`pictures that are encoded elsewhere, in any order, arrive in the guest's order, ${setting}`, async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seeded(seed), encoder = new SlowEncoder(random);
      const { display, open } = scene({ limits: { items: 100 }, setting, encoder });
      display.create(0, "xrgb32", stage.width, stage.height);
      const viewers = [open(), open()];
      for (let i = 0; i < 60; i++) {
        await live(random, display, viewers, 20, 3);
        for (let n = random.below(12); n > 0; n--) encoder.work();
        if (random.below(20) === 0) {
          display.memoryLow();
          assertEquals(display.lent, 0);
        }
      }
      for (const viewer of viewers) {
        do await settle(viewer); while (encoder.work());
        await settle(viewer);
        assertSamePicture(viewer, display);
        assert(viewer.imageTypes[type] > 20, `${viewer.imageTypes[type]} pictures were encoded`);
      }
      assertEquals(display.lent, 0);
    }
  });
}

/** In the small cache one drops what the other used, too: without an order the two wait for each other for ever. */
for (const cachePixels of [9000n, 2000n]) {
  Deno.test(`two display channels share one GLZ dictionary, a cache of ${cachePixels} pixels, and each waits for the other's pictures`, async () => {
    const clock = new FakeClock();
    const displays = [new PaintedDisplay(0), new PaintedDisplay(1)];
    const random = seeded(19), encoder = new SlowEncoder(random);
    const options = { chooseFor: chooseCodec("glz"), encoder };
    const hubs = displays.map((d) => new DisplayHub(d, clock, options));
    const client = newClient(clock), session = new ViewerSession();
    const viewers = hubs.map((hub, id) =>
      new Viewer(hub.open(client, linked(GTK, id)), clock, id, session, cachePixels)
    );
    for (const d of displays) d.create(0, "xrgb32", stage.width, stage.height);
    for (let i = 0; i < 300; i++) {
      await live(random, displays[i & 1], [viewers[random.below(2)]], 10, 3);
      for (let n = random.below(8); n > 0; n--) encoder.work();
      if (random.below(40) === 0) displays[i & 1].memoryLow();
    }
    for (let i = 0; i < 200; i++) {
      for (const v of viewers) await settle(v);
      while (encoder.work());
    }
    viewers.forEach((viewer, i) => assertSamePicture(viewer, displays[i]));
    assert(viewers.every((viewer) => viewer.imageTypes.glzRgb > 100));
  });
}

Deno.test("a client that leaves while its pictures are encoded borrows nothing any more", async () => {
  const encoder = new SlowEncoder(seeded(1));
  const { display, open } = scene({ setting: "lz4", encoder });
  display.create(0, "xrgb32", stage.width, stage.height);
  const viewer = open();
  await live(seeded(8), display, [viewer], 200, 1);
  viewer.conversation.closed();
  assertEquals(display.lent, 0);
  while (encoder.work());
});

Deno.test("a viewer that keeps up gets the guest's own commands, not pixels", async () => {
  const { display, open } = scene();
  display.create(0, "xrgb32", stage.width, stage.height);
  const viewer = open();
  await settle(viewer);
  const before = viewer.counts.drawCopy;
  for (let i = 0; i < 10; i++) {
    const box = { top: i, left: 0, bottom: i + 5, right: 9 };
    const base = { surfaceId: 0, box, clip: { type: "none" } } as const;
    const mask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
    display.draw({
      kind: "drawFill",
      base,
      data: { brush: { type: "solid", color: i }, ropDescriptor: 8, mask },
    });
    await settle(viewer);
  }
  assertEquals(viewer.counts.drawFill, 10);
  assertEquals(viewer.counts.drawCopy, before);
});

Deno.test("images are sent once and then come from the cache, which never holds more than it may", async () => {
  const limit = 6000n;
  const { display, open } = scene();
  display.create(0, "xrgb32", stage.width, stage.height);
  const viewer = open(undefined, limit);
  await settle(viewer);
  await live(seeded(5), display, [viewer], 3000, 1);
  await settle(viewer);
  assertSamePicture(viewer, display);
  assert(viewer.imageTypes.fromCache > 100, "the cache was not used");
  assert(viewer.counts.invalList > 10, "nothing was ever dropped");
  assert(viewer.session.mostPixels <= Number(limit), `${viewer.session.mostPixels} pixels`);
});

Deno.test("two display channels share one cache and wait for each other", async () => {
  const clock = new FakeClock();
  const displays = [new PaintedDisplay(0), new PaintedDisplay(1)];
  const hubs = displays.map((d) => new DisplayHub(d, clock));
  const client = newClient(clock);
  const session = new ViewerSession();
  const viewers = hubs.map((hub, id) =>
    new Viewer(hub.open(client, linked(GTK, id)), clock, id, session, 9000n)
  );
  for (const d of displays) d.create(0, "xrgb32", stage.width, stage.height);
  const random = seeded(9);
  for (let i = 0; i < 400; i++) {
    await live(random, displays[i & 1], [viewers[random.below(2)]], 10, 3);
  }
  for (let i = 0; i < 100; i++) for (const v of viewers) await settle(v);
  viewers.forEach((viewer, i) => assertSamePicture(viewer, displays[i]));
  assert((viewers[0].counts.waitForChannels ?? 0) + (viewers[1].counts.waitForChannels ?? 0) > 0);
  assert(session.mostPixels <= 9000);
});

Deno.test("a client known to draw less gets what it can draw, and the same pixels", async () => {
  const { display, open } = scene({ caps: HTML5 });
  display.create(0, "rgb565", 64, 64);
  display.destroy(0);
  display.create(0, "xrgb32", stage.width, stage.height);
  const viewer = open();
  await live(seeded(21), display, [viewer], 1500, 2);
  await settle(viewer);
  assertSamePicture(viewer, display);
  const sent = Object.keys(viewer.counts).filter((name) => /^draw|copyBits/.test(name));
  for (const name of sent) assert(["drawCopy", "drawFill", "copyBits"].includes(name), name);
  assertEquals(viewer.counts.monitorsConfig, undefined);
});

Deno.test("a viewer that sleeps borrows a bounded amount of the guest's memory, and wakes to the right picture", async () => {
  const limits = { items: 64, bytes: 40_000 };
  const { display, hub, open } = scene({ limits });
  display.create(0, "xrgb32", stage.width, stage.height);
  const sleeper = open();
  await settle(sleeper);
  const random = seeded(77);
  for (let i = 0; i < 3000; i++) {
    display.draw(randomDrawing(random, { ...stage, surfaceIds: [0] }));
    if (i % 50 === 0) await Promise.resolve();
    assert(display.lent <= limits.items + 1, `${display.lent} drawings are lent`);
    assert(hub.borrowedBytes <= limits.bytes + 20_000, `${hub.borrowedBytes} bytes`);
    assert(sleeper.conversation.outbox.waitingBytes < 1 << 20);
  }
  await settle(sleeper);
  assertSamePicture(sleeper, display);
  assertEquals(display.lent, 0);
});

Deno.test("when the guest's memory is low every borrowed drawing is given back at once", async () => {
  const { display, open } = scene();
  display.create(0, "xrgb32", stage.width, stage.height);
  const viewer = open();
  await settle(viewer);
  const random = seeded(3);
  for (let i = 0; i < 50; i++) {
    display.draw(randomDrawing(random, { ...stage, surfaceIds: [0] }));
  }
  assert(display.lent > 0);
  display.memoryLow();
  assertEquals(display.lent, 0);
  await settle(viewer);
  assertSamePicture(viewer, display);
});

Deno.test("a viewer that acknowledges nothing is sent a bounded number of messages", async () => {
  const { display, open } = scene();
  display.create(0, "xrgb32", stage.width, stage.height);
  const viewer = open();
  viewer.acks = false;
  await live(seeded(2), display, [viewer], 4000, 1);
  await settle(viewer);
  assert(viewer.serial <= 1030n, `${viewer.serial} messages`);
});

Deno.test("what waits for viewers is told when they come, and when they have been sent all", async () => {
  const { display, hub, open } = scene();
  display.create(0, "xrgb32", stage.width, stage.height);
  let came = false, drained = false;
  hub.whenViewers(1).then(() => came = true);
  await Promise.resolve();
  assert(!came);
  const viewer = open();
  hub.drained().then(() => drained = true);
  await Promise.resolve();
  assert(!drained);
  await settle(viewer);
  await Promise.resolve();
  assert(came && drained);
  viewer.conversation.closed();
  assertEquals(hub.viewers, 0);
});

Deno.test("the guest is told the capabilities that all its viewers have", async () => {
  const { display, hub, clock, open } = scene();
  const first = open();
  assertEquals(display.capabilities!.present, true);
  assertEquals(display.capabilities!.bytes[0] & 0x02, 0x02);
  const other = new Viewer(hub.open(newClient(clock), linked(HTML5)), clock);
  assertEquals(display.capabilities!.bytes[0], 0);
  other.conversation.closed();
  assertEquals(display.capabilities!.bytes[0] & 0x02, 0x02);
  first.conversation.closed();
  assertEquals(display.capabilities!.present, false);
  await Promise.resolve();
});

Deno.test("init twice, or anything before init, ends the channel", () => {
  const { hub, clock } = scene();
  const viewer = new Viewer(hub.open(newClient(clock), linked(GTK)), clock);
  const init = {
    pixmapCacheId: 9,
    pixmapCacheSize: -5n,
    glzDictionaryId: 77,
    glzDictionaryWindowSize: -1,
  };
  viewer.peer.send.init(init);
  assertThrows(() => viewer.speak(), ProtocolError, "init came twice");
  const early = new Viewer(hub.open(newClient(clock), linked(GTK)), clock);
  assertEquals(hub.viewers, 2);
  early.peer.send.glDrawDone();
  assertThrows(() => early.speak(), ProtocolError, "scanout");
});

for (const size of [0n, -1n, -(1n << 63n), (1n << 63n) - 1n, 1n]) {
  Deno.test(`a pixmap cache of ${size} pixels is as good as none`, async () => {
    const { display, open } = scene();
    display.create(0, "xrgb32", stage.width, stage.height);
    const viewer = open(undefined, size);
    await live(seeded(4), display, [viewer], 300, 2);
    await settle(viewer);
    assertSamePicture(viewer, display);
    assertEquals(viewer.imageTypes.fromCache, undefined);
  });
}
