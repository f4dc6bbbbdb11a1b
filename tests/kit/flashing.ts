/** A guest that shows a film which flashes once a second, and beeps at the same instant: what lip-sync is measured by. */
import { serveGuest } from "../../channels/serve.ts";
import { defaultOptions } from "../../core/config/options.ts";
import type { Guest, SoundListener } from "../../core/guest.ts";
import { Driver } from "../../qxl/driver.ts";
import { WatchedCard } from "../../qxl/drivers/watched_card.ts";
import { copyOf, filmFrame } from "./film.ts";
import { FakeLog } from "./linked.ts";
import { clock } from "./clock.ts";
import { deaf } from "./deaf.ts";

/** Where the film is on a screen of 800×600; a flash makes all of it bright. */
export const FILM = { left: 80, top: 60, right: 480, bottom: 360 };
const FRAME_MS = 1000 / 30, FLASH_MS = 150, PERIOD_MS = 1000;
const RATE = 48_000;

export interface Flashing extends AsyncDisposable {
  readonly port: number;
  readonly log: FakeLog;
}

/** Serves it; sound and picture come from one clock, every 5 ms. */
export async function serveFlashes(): Promise<Flashing> {
  const card = new WatchedCard({ id: 0 });
  const driver = new Driver(card);
  driver.createPrimary({ width: 800, height: 600, stride: 3200, format: "xrgb32" });
  const dark = Array.from({ length: 12 }, (_, i) => filmFrame(FILM, i));
  const bright = dark.map((pixels) => pixels.map((value) => 200 + value / 5));
  let listener: SoundListener | null = null;
  const guest: Guest = {
    name: "flashes",
    displays: [card],
    ...deaf,
    sound: {
      attach(to) {
        listener = to;
        played = Math.round((performance.now() - since) * RATE / 1000);
        listener?.started();
      },
    },
    done: new Promise(() => {}),
    close() {},
  };
  const since = performance.now();
  let played = 0, frame = -1;
  const timer = setInterval(() => {
    const ms = performance.now() - since;
    const until = Math.round(ms * RATE / 1000), count = until - played;
    if (listener && count > 0) {
      const samples = new Int16Array(2 * count);
      for (let i = 0; i < count; i++) {
        const at = (played + i) * 1000 / RATE % PERIOD_MS;
        const value = at < FLASH_MS ? 12_000 * Math.sin(2 * Math.PI * at) : 0;
        samples[2 * i] = samples[2 * i + 1] = value;
      }
      listener.played(samples);
      played = until;
    }
    const next = Math.floor(ms / FRAME_MS);
    if (next === frame) return;
    frame = next;
    const pictures = ms % PERIOD_MS < FLASH_MS ? bright : dark;
    driver.draw(copyOf(pictures[frame % pictures.length], FILM));
  }, 5);
  const log = new FakeLog();
  const serving = await serveGuest(
    guest,
    {
      ...defaultOptions,
      listen: { ...defaultOptions.listen, port: 0 },
      images: { ...defaultOptions.images, streamingVideo: "all" },
    },
    log,
    clock,
  );
  return {
    port: Number(/:(\d+)$/.exec(serving.addresses[0])![1]),
    log,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await serving.close();
    },
  };
}
