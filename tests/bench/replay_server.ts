/**
 * Serves a recording that lies parsed in memory, again and again, to one viewer, and prints for
 * each pass the CPU that the whole process took. Arguments: a .rec.zst file, the number of passes, then,
 * if wanted, the pace (max), image-compression (off), streaming-video (off) and the number of viewers
 * (1; 0: there is no server, and a card that gives every command back unread), and "stay": it goes
 * on serving what it shows in the end.
 */
import process from "node:process";
import { zstdDecompressSync } from "node:zlib";
import { serveGuest } from "../../channels/serve.ts";
import type { Guest } from "../../core/guest.ts";
import { createLog, defaultOptions, type ImageCompression } from "../../mod.ts";
import { Driver } from "../../qxl/driver.ts";
import { type RecordedEvent, RecordingReader } from "../../qxl/drivers/replay/recording.ts";
import { type Pace, Replay } from "../../qxl/drivers/replay/replay.ts";
import { GivingCard } from "./giving_card.ts";
import { WatchedCard } from "../../qxl/drivers/watched_card.ts";
import { clock } from "../kit/clock.ts";
import { deaf } from "../kit/deaf.ts";

const [
  file,
  passes,
  pace = "max",
  compression = "off",
  streamingVideo = "off",
  viewers = "1",
  stay,
] = Deno.args;
const events = parsed(file);

/** Nobody watches: what the guest costs alone. */
const alone = Number(viewers) === 0;

const card = alone ? new GivingCard({ id: 0 }) : new WatchedCard({ id: 0 });
const driver = new Driver(card);
const guest: Guest = {
  name: "bench",
  displays: [card],
  ...deaf,
  done: new Promise(() => {}),
  close() {},
};
const options = {
  ...defaultOptions,
  listen: { ...defaultOptions.listen, port: 0 },
  images: {
    ...defaultOptions.images,
    compression: compression as ImageCompression,
    streamingVideo: streamingVideo as "off" | "all" | "filter",
  },
};
const log = createLog({
  format: "json",
  level: "error",
  sink: console.error,
  now: () => new Date(),
});
const serving = alone ? null : await serveGuest(guest, options, log, clock);
await serving?.ready;
console.log(JSON.stringify({ port: Number(serving?.addresses[0].split(":").at(-1) ?? 0) }));

const audience = await card.audience;
await audience.whenViewers(Number(viewers));
for (let pass = 0; pass < Number(passes); pass++) {
  if (pass > 0 && pace === "recorded") renumber(pass);
  const before = { cpu: cpuMs(), sent: sentBytes() };
  const stage = {
    driver,
    clock,
    audience: () => card.audience,
    async *open() {
      yield new Uint8Array(0);
    },
    reader: () => {
      let next = 0;
      return { push() {}, end() {}, next: () => events[next++] ?? null } as never;
    },
  };
  const replay = new Replay(stage, {
    pace: pace as Pace,
    waitClients: Number(viewers),
    loop: false,
  });
  const { draws, seconds } = await replay.play();
  await audience.drained();
  if (stay) {
    console.log(JSON.stringify({ draws, sentBytes: sentBytes() - before.sent }));
    continue;
  }
  const surfaces = card instanceof GivingCard ? card.made : card.surfaces.keys();
  for (const id of [...surfaces]) if (id !== 0) driver.destroySurface(id);
  driver.destroyPrimary();
  const totalMs = cpuMs() - before.cpu;
  console.log(JSON.stringify({
    draws,
    wallMs: seconds * 1000,
    totalMs,
    sentBytes: sentBytes() - before.sent,
    peakBytes: peakBytes(),
  }));
}
if (!stay) Deno.exit(0);

/** A film that is seen again has new pictures, which no client has in its cache. */
function renumber(pass: number): void {
  for (const { action } of events) {
    if (action.kind !== "draw" || action.drawing.kind !== "drawCopy") continue;
    const picture = action.drawing.data.srcBitmap;
    if (picture?.type === "bitmap") picture.id = picture.id & 0xffff_ffffn | BigInt(pass) << 32n;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Of the whole process, resident. */
function peakBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

function sentBytes(): number {
  return serving?.sessions.sentBytes()["display-0"] ?? 0;
}

function parsed(name: string): RecordedEvent[] {
  const reader = new RecordingReader(name, () => {
    throw new Error("a recording with packed bodies");
  });
  // in one piece, so that all that events view stays where it is
  reader.push(zstdDecompressSync(Deno.readFileSync(name), { maxOutputLength: 2 ** 30 }));
  reader.end();
  const all: RecordedEvent[] = [];
  for (let event; (event = reader.next()) !== null;) all.push(event);
  return all;
}
