/**
 * A guest that plays a film of 640×360, 30 frames a second, and draws a small rect of another colour
 * whenever a key is pressed. Prints its port; ends with its standard input. Argument: streaming-video.
 */
import { zstdDecompressSync } from "node:zlib";
import { serveGuest } from "../../channels/serve.ts";
import type { Guest } from "../../core/guest.ts";
import { type Drawing, Ropd } from "../../core/protocol/drawing.ts";
import { createLog, defaultOptions } from "../../mod.ts";
import { Driver } from "../../qxl/driver.ts";
import { readRecording } from "../../qxl/drivers/replay/recording.ts";
import { WatchedCard } from "../../qxl/drivers/watched_card.ts";
import { recording } from "../kit/appliance.ts";
import { ECHO } from "./shaped_link.ts";
import { clock } from "../kit/clock.ts";
import { deaf } from "../kit/deaf.ts";

const streamingVideo = (Deno.args[0] ?? "all") as "off" | "all" | "filter";
const frames: Drawing[] = [];
const packed = Deno.readFileSync(recording("video360"));
const bytes = zstdDecompressSync(packed, { maxOutputLength: 2 ** 30 });
for (const { action } of readRecording(bytes, "video360")) {
  if (action.kind !== "draw" || action.drawing.kind !== "drawCopy") continue;
  const image = action.drawing.data.srcBitmap;
  if (image?.type !== "bitmap" || image.width !== 640) continue;
  // each is new to the client, as a film's are
  const flags = 0;
  const data = { ...action.drawing.data, srcBitmap: { ...image, flags, data: image.data.slice() } };
  frames.push({ ...action.drawing, data });
  if (frames.length === 60) break;
}

const card = new WatchedCard({ id: 0 });
const driver = new Driver(card);
driver.createPrimary({ width: 1280, height: 800, stride: 1280 * 4, format: "xrgb32" });
let keys = 0;
const guest: Guest = {
  name: "film",
  displays: [card],
  keyboard: {
    leds: 0,
    scancode([code]) {
      if (code & 0x80) return;
      driver.draw({
        kind: "drawFill",
        base: { surfaceId: 0, box: ECHO, clip: { type: "none" } },
        data: {
          brush: { type: "solid", color: ++keys * 0x10305 & 0xffffff },
          ropDescriptor: Ropd.opPut,
          mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
        },
      });
    },
    onLeds() {},
  },
  pointer: deaf.pointer,
  done: new Promise(() => {}),
  close() {},
};
const options = {
  ...defaultOptions,
  listen: { ...defaultOptions.listen, port: 0 },
  images: { ...defaultOptions.images, streamingVideo },
};
const log = createLog({
  format: "json",
  level: "debug",
  sink: console.error,
  now: () => new Date(),
});
const serving = await serveGuest(guest, options, log, clock);
await serving.ready;
console.log(Number(serving.addresses[0].split(":").at(-1)));
let frame = 0, due = performance.now();
setInterval(() => {
  if (performance.now() < due) return;
  due = Math.max(due + 1000 / 30, performance.now());
  driver.draw(frames[frame++ % frames.length]);
}, 4);
for await (const _ of Deno.stdin.readable);
Deno.exit(0);
