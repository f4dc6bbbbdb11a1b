/** A server whose guest has several cards, each of which plays a recording of its own. */
import { zstdDecompressSync } from "node:zlib";
import { serveGuest } from "../../channels/serve.ts";
import type { Guest } from "../../core/guest.ts";
import { createLog, defaultOptions, type ImageOptions } from "../../mod.ts";
import { Driver } from "../../qxl/driver.ts";
import { RecordingReader } from "../../qxl/drivers/replay/recording.ts";
import { type Pace, Replay } from "../../qxl/drivers/replay/replay.ts";
import { WatchedCard } from "../../qxl/drivers/watched_card.ts";
import { recording } from "./appliance.ts";
import { clock } from "./clock.ts";
import { deaf } from "./deaf.ts";

export interface Cards extends AsyncDisposable {
  readonly port: number;
  /** Every recording has been played. */
  readonly done: Promise<unknown>;
  /** Errors of the log. */
  readonly errors: string[];
}

/** Serves one card for each name; they begin when `waitClients` watch. */
export async function serveCards(
  names: readonly string[],
  images: ImageOptions,
  pace: Pace,
  waitClients: number,
): Promise<Cards> {
  const cards = names.map((_, id) => new WatchedCard({ id }));
  const replays = names.map((name, id) => {
    const card = cards[id], file = recording(name);
    const bytes = zstdDecompressSync(Deno.readFileSync(file), { maxOutputLength: 2 ** 30 });
    return new Replay({
      driver: new Driver(card),
      audience: () => card.audience,
      async *open() {
        yield bytes;
      },
      reader: () =>
        new RecordingReader(name, () => {
          throw new Error("a recording with packed bodies");
        }),
      clock,
    }, { pace, waitClients, loop: false });
  });
  const done = Promise.all(replays.map((replay) => replay.play()));
  const guest: Guest = {
    name: "cards",
    displays: cards,
    ...deaf,
    done: new Promise(() => {}),
    close() {},
  };
  const errors: string[] = [];
  const sink = (line: string) => errors.push(line);
  const log = createLog({ format: "json", level: "error", sink, now: () => new Date() });
  const listen = { ...defaultOptions.listen, port: 0 };
  const serving = await serveGuest(guest, { ...defaultOptions, listen, images }, log, clock);
  return {
    port: Number(serving.addresses[0].split(":").at(-1)),
    done,
    errors,
    async [Symbol.asyncDispose]() {
      for (const replay of replays) replay.stop();
      await serving.close();
    },
  };
}
