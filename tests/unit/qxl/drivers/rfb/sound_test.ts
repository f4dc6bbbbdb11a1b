/** QEMU's audio messages: what is played is heard, and hostile ones end their connection alone. */
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../../../../core/binary/random.ts";
import { Sound } from "../../../../../qxl/drivers/rfb/sound.ts";
import { mutate } from "../../../../kit/mutate.ts";
import { saying } from "../../../../kit/rfb_recorded.ts";

const ack = [0, 0, 0, 1, 0, 0, 0, 0, 2, 208, 1, 144, 255, 255, 254, 253];
const data = (...samples: number[]) => {
  const bytes = [...new Uint8Array(new Int16Array(samples).buffer)];
  return [255, 1, 0, 2, 0, 0, 0, bytes.length, ...bytes];
};
const begin = [255, 1, 0, 1], end = [255, 1, 0, 0];

/** All that one connection gives. */
async function hear(bytes: Uint8Array): Promise<unknown[]> {
  const heard: unknown[] = [];
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const greeted = { duplex: saying(bytes), width: 720, height: 400, name: "" };
  const sound = new Sound(() => Promise.resolve(greeted), () => {
    sound.attach(null);
    resolve();
    return Promise.resolve();
  });
  sound.attach({
    started: () => heard.push("started"),
    played: (samples) => heard.push([...samples]),
    stopped: () => heard.push("stopped"),
    volumeChanged: () => {},
  });
  await over;
  return heard;
}

Deno.test("what a QEMU plays is heard from its beginning to its end", async () => {
  const said = [...ack, ...begin, ...data(1, -1, 300, -300), ...data(7, 8), 2, ...end];
  assertEquals(await hear(new Uint8Array(said)), [
    "started",
    [1, -1, 300, -300],
    [7, 8],
    "stopped",
  ]);
});

Deno.test("sound that breaks off has stopped", async () => {
  const said = [...ack, ...begin, ...data(1, 2), 255, 1, 0, 2, 0, 0, 0, 8, 1];
  assertEquals(await hear(new Uint8Array(said)), ["started", [1, 2], "stopped"]);
});

Deno.test("50 000 damaged streams of sound give no more than they hold", async () => {
  const random = seeded(0xa0d10);
  const seed = new Uint8Array([...ack, ...begin, ...data(1, 2, 3, 4), ...data(5, 6), ...end]);
  const into = new Uint8Array(4096);
  for (let i = 0; i < 50_000; i++) {
    const n = mutate(random, seed, seed, into);
    const heard = await hear(into.slice(0, n));
    const samples = heard.reduce<number>((sum, h) => sum + (Array.isArray(h) ? h.length : 0), 0);
    assert(samples * 2 <= n);
    const count = (word: string) => heard.filter((h) => h === word).length;
    assertEquals(count("started"), count("stopped"));
  }
});
