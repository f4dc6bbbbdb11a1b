/** Clients come, go, stall, reset and lie, thirty at a time: nothing gathers, and the guests go on. */
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import type { Random } from "../../core/binary/random.ts";
import { channels } from "../../core/protocol/channels.ts";
import { Main } from "../../core/protocol/main.ts";
import { type Apart, startApart } from "../kit/apart.ts";
import { recording } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";
import { connectTcp } from "../kit/tcp.ts";

const MiB = 1 << 20;
const AT_A_TIME = 30;

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Visitors are many, and their pictures are nobody's concern. */
const connect = (port: number) => SpiceClient.connect(port, { draws: false });

/** One visit; rejects when the server refuses or ends it, as it may. */
type Visit = (port: number, random: Random) => Promise<void>;

const visits: Record<string, Visit> = {
  async looks(port, random) {
    await using _ = await connect(port);
    await pause(random.below(1000));
  },
  async stalls(port, random) {
    await using client = await connect(port);
    client.stall();
    await pause(random.below(2000));
    if (random.below(2) === 0) client.mend();
    await pause(random.below(300));
  },
  async acknowledgesNothing(port, random) {
    await using client = await connect(port);
    client.viewer.acks = false;
    await pause(random.below(2000));
  },
  async types(port, random) {
    await using client = await connect(port);
    const { send } = client.inputs.peer;
    for (let i = 0; i < 50; i++) {
      send.keyDown({ code: 1 + random.below(88) });
      send.mouseMotion({ dx: random.below(100) - 50, dy: random.below(100) - 50, buttonsState: 0 });
      await pause(5);
    }
  },
  async resets(port, random) {
    const client = await connect(port);
    await pause(random.below(200));
    await client.leave(true);
  },
  async stopsInsideTheLink(port, random) {
    const stream = await connectTcp(port, `127.0.0.${2 + random.below(100)}`);
    await stream.write(Uint8Array.of(0x52, 0x45, 0x44, 0x51).subarray(0, 1 + random.below(4)));
    await pause(random.below(2000));
    random.below(2) ? stream.reset() : stream.close();
  },
  async lies(port, random) {
    const stream = await linkChannel(port, Main);
    try {
      const bytes = Uint8Array.from({ length: 200 }, () => random.below(256));
      // a header that can be, and nonsense behind it
      bytes.set([1 + random.below(112), 0, random.below(100), 0, 0, 0]);
      await stream.write(bytes);
      while (await stream.read(new Uint8Array(4096)) !== null);
    } finally {
      stream.close();
    }
  },
  async liesOnItsWay(port, random) {
    await using client = await connect(port);
    const channel = channels[random.below(channels.length)];
    const stream = await linkChannel(port, channel, { connectionId: client.connectionId });
    await stream.write(Uint8Array.from({ length: 50 }, () => random.below(256)));
    stream.close();
  },
};

/** So many visitors at any time, until the end; how often each kind was let in. */
async function soak(servers: Apart[], seconds: number): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  const end = performance.now() + seconds * 1000;
  const kinds = Object.keys(visits);
  await Promise.all(Array.from({ length: AT_A_TIME }, async (_, seed) => {
    const random = seeded(seed + 1);
    while (performance.now() < end) {
      const kind = kinds[random.below(kinds.length)];
      const { port } = servers[random.below(servers.length)];
      const well = await visits[kind](port, random).then(() => true, () => false);
      if (well) done[kind] = (done[kind] ?? 0) + 1;
      else await pause(20);
    }
  }));
  return done;
}

Deno.test("clients that come, go, stall, reset and lie leave two guests and their memory as they were", async () => {
  const name = "video360";
  const golden = await decodePng(
    await Deno.readFile(new URL(`../data/golden/${name}.png`, import.meta.url)),
  );
  await using demo = await startApart();
  await using replay = await startApart({
    guest: {
      driver: "replay",
      name: null,
      uuid: null,
      file: recording(name),
      pace: "recorded",
      waitClients: 0,
      loop: false,
      after: "stay",
    },
    images: { compression: "lz4", jpegWan: "never", zlibGlzWan: "never", streamingVideo: "off" },
  });
  const servers = [demo, replay];
  const deserted = (server: Apart) =>
    server.until(({ clients, sockets }) => clients === 0 && sockets === 1, "all have left", 40);

  // at first everything grows once: code is compiled, buffers find their size
  await soak(servers, effort.soakSeconds / 3);
  await Promise.all(servers.map(deserted));
  const early = await Promise.all(servers.map((server) => server.look(true)));
  const done = await soak(servers, effort.soakSeconds * 2 / 3);
  await Promise.all(servers.map(deserted));
  const late = await Promise.all(servers.map((server) => server.look(true)));

  console.log(
    Object.entries(done).map(([kind, n]) => `${kind} ${n}`).join(", "),
    ...servers.map((_, i) =>
      `; heap ${mib(early[i].heap)}, later ${mib(late[i].heap)} MiB, resident ` +
      `${mib(early[i].resident)}, later ${mib(late[i].resident)} MiB`
    ),
  );
  assert(Object.keys(done).length >= 4, "hardly anybody was let in");
  for (const [i] of servers.entries()) {
    assertEquals(late[i].failures, []);
    assertEquals([late[i].borrowed, late[i].waiting], [0, 0]);
    assert(
      late[i].heap < early[i].heap + 8 * MiB,
      `${early[i].heap} bytes became ${late[i].heap}`,
    );
    assert(late[i].resident < early[i].resident + 256 * MiB, `${late[i].resident} bytes`);
  }

  // the guests went on, and who means well sees them
  await replay.until(({ report }) => report !== null, "the recording has ended");
  await using viewer = await SpiceClient.connect(replay.port);
  await replay.until(
    ({ serials }) => serials[viewer.connectionId] === String(viewer.viewer.serial),
    "a proper client has drawn everything",
  );
  assertSamePixels(viewer.picture, golden);
  const { draws } = await demo.look();
  await using watcher = await SpiceClient.connect(demo.port);
  await demo.until((look) => look.draws > draws + 5, "the demo moves");
  assertEquals([watcher.errors, viewer.errors], [[], []]);
});

const mib = (bytes: number) => (bytes / MiB).toFixed(1);
