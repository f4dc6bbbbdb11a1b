import { assert, assertEquals } from "@std/assert";
import { Client } from "../../../../channels/client.ts";
import { chooseCodec, type Wan } from "../../../../channels/display/choose_codec.ts";
import { DisplayHub } from "../../../../channels/display/hub.ts";
import type { Linked } from "../../../../channels/link_stage.ts";
import { createLog } from "../../../../core/log.ts";
import { Capabilities, DisplayCap } from "../../../../core/protocol/capabilities.ts";
import type { ImageCompression } from "../../../../core/protocol/display.ts";
import { type Drawing, type Rect, Ropd } from "../../../../core/protocol/drawing.ts";
import type { Bitmap } from "../../../../core/protocol/image.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { PaintedDisplay } from "../../../kit/painted_display.ts";
import { Viewer } from "../../../kit/viewer.ts";

const GTK = Capabilities.of(DisplayCap.monitorsConfig, DisplayCap.composite);
const SIZE = 96;
const whole: Rect = { top: 0, left: 0, bottom: SIZE, right: SIZE };
const noMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };

async function scene(setting: ImageCompression, wan: Wan, caps = GTK) {
  const display = new PaintedDisplay(), clock = new FakeClock();
  const hub = new DisplayHub(display, clock, { chooseFor: chooseCodec(setting, wan) });
  const log = createLog({ format: "text", level: "error", sink: () => {}, now: () => new Date(0) });
  const remote = { address: "::1", transport: "tcp", secure: false, webSocket: false } as const;
  const client = new Client({ connectionId: 7, remote, opener: {}, clock, log });
  display.create(0, "xrgb32", SIZE, SIZE);
  const linked = { channelCaps: caps, channelId: 0, mini: true } as Linked;
  const viewer = new Viewer(hub.open(client, linked), clock);
  const settle = async () => {
    do {
      clock.advance(20);
      await Promise.resolve();
    } while (viewer.listen());
  };
  await settle();
  const shows = (id = 0) => viewer.surfaces.get(id)!.bytes.filter((_, i) => (i & 3) !== 3);
  const truth = (id = 0) => display.surfaces.get(id)!.bytes.filter((_, i) => (i & 3) !== 3);
  const rest = async () => {
    for (let n = 0; n < 3; n++) {
      clock.advance(500);
      await settle();
    }
  };
  return { display, viewer, client, settle, rest, shows, truth };
}

/** A soft picture with a little noise, as a camera makes it. */
function photograph(format: "bit32" | "rgba", seed = 0, size = SIZE): Bitmap {
  const data = new Uint8Array(size * size * 4);
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const noise = Math.imul(x * 31 + y * 17 + seed, 0x9e3779b1) >>> 29;
      data[at++] = x + noise + seed;
      data[at++] = y + noise;
      data[at++] = (x + y) / 2 + noise;
      data[at++] = x < 10 ? 0 : 255;
    }
  }
  const size2 = { width: size, height: size, x: size, y: size, stride: size * 4 };
  const head = { type: "bitmap", id: 0n, flags: 0, format, bitmapFlags: 4, palette: null } as const;
  return { ...head, ...size2, data };
}

const copy = (srcBitmap: Bitmap, box = whole): Drawing => ({
  kind: "drawCopy",
  base: { surfaceId: 0, box, clip: { type: "none" } },
  data: {
    srcBitmap,
    srcArea: { top: 0, left: 0, bottom: box.bottom - box.top, right: box.right - box.left },
    ropDescriptor: Ropd.opPut,
    scaleMode: "nearest",
    mask: noMask,
  },
});

const always: Wan = { jpeg: "always", zlibGlz: "never" };

for (const setting of ["autoGlz", "autoLz", "quic"] as const) {
  Deno.test(`a photograph goes as JPEG, and is exact when it has rested, ${setting}`, async () => {
    const { display, viewer, settle, rest, shows, truth } = await scene(setting, always);
    display.draw(copy(photograph("bit32")));
    await settle();
    assertEquals(viewer.imageTypes.jpeg, 1);
    const right = truth();
    assert(shows().some((value, i) => value !== right[i]));
    assert(shows().every((value, i) => Math.abs(value - right[i]) < 40));
    await rest();
    assertEquals(shows(), truth());
    assertEquals(viewer.imageTypes.jpeg, 1);
  });
}

Deno.test("what changes all the time stays JPEG, what rests beside it becomes exact", async () => {
  const { display, viewer, clock } = await (async () => {
    const all = await scene("autoGlz", always);
    return { ...all, clock: all.viewer.clock };
  })();
  const left = { ...whole, right: SIZE / 2 }, right = { ...whole, left: SIZE / 2 };
  display.draw(copy(photograph("bit32"), left));
  for (let frame = 0; frame < 60; frame++) {
    display.draw(copy(photograph("bit32", frame), right));
    for (let n = 0; n < 3; n++) {
      clock.advance(17);
      await Promise.resolve();
      while (viewer.listen());
    }
  }
  assert(viewer.imageTypes.jpeg > 50);
  const { quic = 0, glzRgb = 0 } = viewer.imageTypes;
  assert(quic + glzRgb >= 1 && quic + glzRgb < 8, `${quic} + ${glzRgb} exact pictures`);
  const theirs = viewer.surfaces.get(0)!.bytes, ours = display.surfaces.get(0)!.bytes;
  for (let at = 0; at < ours.length; at++) {
    if (at % (SIZE * 4) < SIZE * 2 && (at & 3) !== 3) assertEquals(theirs[at], ours[at]);
  }
});

Deno.test("with auto, JPEG and deflation begin when the net test finds a slow line", async () => {
  const wan: Wan = { jpeg: "auto", zlibGlz: "auto" };
  const { display, viewer, client, settle } = await scene("autoGlz", wan);
  const text = () => {
    const picture = photograph("bit32");
    const words = new Uint32Array(picture.data.buffer);
    for (let i = 0; i < words.length; i++) {
      words[i] = Math.imul(i, 0x85ebca77) >>> 31 ? 0xffffff : 0;
    }
    return picture;
  };
  display.draw(copy(photograph("bit32")));
  await settle();
  display.draw(copy(text()));
  await settle();
  const { jpeg, zlibGlzRgb } = viewer.imageTypes;
  assertEquals([jpeg, zlibGlzRgb], [undefined, undefined]);
  client.lowBandwidth = true;
  display.draw(copy(photograph("bit32", 9)));
  await settle();
  display.draw(copy(text(), { ...whole, right: 90 }));
  await settle();
  assertEquals(viewer.imageTypes.jpeg, 1);
  assertEquals(viewer.imageTypes.zlibGlzRgb, 1);
});

Deno.test("a photograph that is blended goes as JPEG with its alpha", async () => {
  const { display, viewer, settle, rest, shows, truth } = await scene("autoGlz", always);
  display.draw({
    kind: "drawAlphaBlend",
    base: { surfaceId: 0, box: whole, clip: { type: "none" } },
    data: { alphaFlags: 0, alpha: 255, srcBitmap: photograph("rgba"), srcArea: whole },
  });
  await settle();
  assertEquals(viewer.imageTypes.jpegAlpha, 1);
  await rest();
  assertEquals(shows(), truth());
});

Deno.test("what is drawn from lossy pixels, or mixed with them, comes as the guest's pixels", async () => {
  const { display, viewer, settle, shows, truth } = await scene("autoGlz", always);
  display.create(1, "xrgb32", SIZE, SIZE);
  display.draw(copy(photograph("bit32")));
  await settle();
  const primary = { type: "surface", id: 0n, flags: 0, width: SIZE, height: SIZE, surfaceId: 0 };
  const put = copy(photograph("bit32")) as Extract<Drawing, { kind: "drawCopy" }>;
  display.draw({
    ...put,
    base: { ...put.base, surfaceId: 1 },
    data: { ...put.data, srcBitmap: primary as never },
  });
  await settle();
  assertEquals(shows(1), truth(1));
  const box = { top: 10, left: 10, bottom: 40, right: 40 };
  display.draw({
    kind: "drawFill",
    base: { surfaceId: 0, box, clip: { type: "none" } },
    data: {
      brush: { type: "solid", color: 0x123456 },
      ropDescriptor: Ropd.opXor,
      mask: noMask,
    },
  });
  await settle();
  assertEquals(viewer.counts.drawFill, undefined);
});

Deno.test("what is scrolled stays lossy where it goes, until it has rested", async () => {
  const { display, viewer, settle, rest, shows, truth } = await scene("autoGlz", always);
  display.draw(copy(photograph("bit32"), { ...whole, bottom: 50 }));
  await settle();
  const base = { surfaceId: 0, box: { ...whole, top: 40, bottom: 90 }, clip: { type: "none" } };
  display.draw({ kind: "copyBits", base, srcPos: { x: 0, y: 0 } } as Drawing);
  await settle();
  assertEquals(viewer.counts.copyBits, 1);
  const right = truth();
  assert(shows().some((value, i) => value !== right[i]));
  await rest();
  assertEquals(shows(), truth());
});

Deno.test("spice-html5, which draws JPEG late, gets none", async () => {
  const caps = Capabilities.of(DisplayCap.sizedStream);
  const { display, viewer, settle, shows, truth } = await scene("autoGlz", always, caps);
  display.draw(copy(photograph("bit32")));
  await settle();
  assertEquals(viewer.imageTypes.jpeg, undefined);
  assertEquals(shows(), truth());
});

Deno.test("a client that sleeps gives back what was kept to be compared with", async () => {
  const { display, viewer, settle } = await scene("lz", { jpeg: "never", zlibGlz: "never" });
  display.draw(copy(photograph("bit32")));
  await settle();
  assertEquals(display.lent, 1);
  const small = { top: 0, left: 0, bottom: 5, right: 5 };
  for (let n = 0; n < 100; n++) {
    display.draw(copy(photograph("bit32", n, 5), { ...small, left: n % 60, right: n % 60 + 5 }));
    viewer.clock.advance(50);
  }
  assertEquals(display.lent, 0);
  await settle();
});
