/** Clients come, go, stall, reset and lie, thirty at a time: nothing gathers, and the guests go on. */
import { assert, assertEquals } from "@std/assert";
import { defaultOptions } from "../../mod.ts";
import { type Apart, startApart } from "../kit/apart.ts";
import { recording } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";
import { SpiceClient } from "../kit/spice_client.ts";
import { crowd } from "../kit/visits.ts";

const MiB = 1 << 20;
const EACH = 15;

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
    images: {
      ...defaultOptions.images,
      compression: "lz4",
      jpegWan: "never",
      zlibGlzWan: "never",
    },
  });
  const servers = [demo, replay];
  const ports = servers.map(({ port }) => port);
  const deserted = (server: Apart) =>
    server.until(({ clients, sockets }) => clients === 0 && sockets === 1, "all have left", 40);

  // at first everything grows once: code is compiled, buffers find their size
  await crowd(ports, { seconds: effort.soakSeconds / 3, each: EACH });
  await Promise.all(servers.map(deserted));
  const early = await Promise.all(servers.map((server) => server.look(true)));
  const done = await crowd(ports, { seconds: effort.soakSeconds * 2 / 3, each: EACH });
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
