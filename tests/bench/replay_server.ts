/**
 * Serves a recording that lies parsed in memory, again and again, to one viewer, and prints for
 * each pass the CPU that it took: of the whole process, and without the guest's own work (its
 * driver writing commands into card memory). Arguments: a .rec.zst file, the number of passes, then,
 * if wanted, the pace (max), image-compression (off), streaming-video (off) and the number of viewers
 * (1; 0: there is no server, and a card that gives every command back unread).
 */
import process from "node:process";
import { zstdDecompressSync } from "node:zlib";
import { serveGuest } from "../../channels/serve.ts";
import type { Guest } from "../../core/guest.ts";
import { createLog, defaultOptions, type ImageCompression } from "../../mod.ts";
import { Driver } from "../../qxl/driver.ts";
import { type RecordedEvent, RecordingReader } from "../../qxl/drivers/replay/recording.ts";
import { type Pace, Replay, type ReplayDriver } from "../../qxl/drivers/replay/replay.ts";
import { GivingCard } from "./giving_card.ts";
import { WatchedCard } from "../../qxl/drivers/watched_card.ts";

const [file, passes, pace = "max", compression = "off", streamingVideo = "off", viewers = "1"] =
  Deno.args;
const events = parsed(file);

/** Milliseconds of each call of the driver's, without what it spent in the card. */
let driverMs: number[] = [];
let inCard = 0;

/** Nobody watches: what the guest costs alone. */
const alone = Number(viewers) === 0;

class TimedCard extends (alone ? GivingCard : WatchedCard) {
  override ioWrite(port: number, value: number, size?: number): void {
    const start = performance.now();
    super.ioWrite(port, value, size);
    inCard += performance.now() - start;
  }
}

const card = new TimedCard({ id: 0 });
const driver = timed(new Driver(card));
const guest: Guest = {
  name: "bench",
  displays: [card],
  keyboard: { leds: 0, scancode() {}, onLeds() {} },
  pointer: {
    absolute: true,
    onAbsolute() {},
    motion() {},
    position() {},
    press() {},
    release() {},
  },
  done: new Promise(() => {}),
  close() {},
};
const clock = {
  now: () => performance.now(),
  after(ms: number, call: () => void) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
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
  const before = { cpu: cpuMs(), sent: sentBytes() };
  driverMs = [];
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
  const surfaces = card instanceof GivingCard ? card.made : card.surfaces.keys();
  for (const id of [...surfaces]) if (id !== 0) driver.destroySurface(id);
  driver.destroyPrimary();
  const guestMs = unhindered(driverMs);
  const totalMs = cpuMs() - before.cpu;
  console.log(JSON.stringify({
    draws,
    wallMs: seconds * 1000,
    totalMs,
    guestMs,
    serverMs: totalMs - guestMs,
    sentBytes: sentBytes() - before.sent,
    peakBytes: peakBytes(),
  }));
}
Deno.exit(0);

/** Their sum, as if nothing else had run on the machine: a call that took far longer than its like was waiting. */
function unhindered(ms: readonly number[]): number {
  const large = ms.filter((each) => each > 0.05).toSorted((a, b) => a - b);
  const most = 2 * (large[large.length >> 1] ?? Infinity);
  return ms.reduce((sum, each) => sum + Math.min(each, most), 0);
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

/** The same driver, with its time counted. */
function timed(inner: Driver): ReplayDriver {
  return new Proxy(inner, {
    get(target, name: keyof Driver) {
      const value = target[name];
      if (typeof value !== "function" || name === "room") {
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (...args: never[]) => {
        const start = performance.now(), card = inCard;
        try {
          return (value as (...args: never[]) => unknown).apply(target, args);
        } finally {
          driverMs.push(performance.now() - start - (inCard - card));
        }
      };
    },
  }) as unknown as ReplayDriver;
}
