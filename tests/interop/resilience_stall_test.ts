/**
 * Clients that stop reading, or acknowledging, while a recording plays: they cost bounded memory,
 * nobody waits for them, and when they mend their ways they show the right picture.
 */
import { assert, assertEquals } from "@std/assert";
import { type Apart, startApart } from "../kit/apart.ts";
import { recording } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";
import { SpiceClient } from "../kit/spice_client.ts";

const MiB = 1 << 20;

const rudenesses: Record<string, (client: SpiceClient) => void> = {
  "stops reading": (client) => client.stall(),
  "stops reading as well": (client) => client.stall(),
  "stops acknowledging": (client) => client.viewer.acks = false,
  "sips": (client) => Object.assign(client.manners, { sip: 4096, restMs: 50 }),
};

function serve(name: string, waitClients: number): Promise<Apart> {
  return startApart({
    guest: {
      driver: "replay",
      name: null,
      uuid: null,
      file: recording(name),
      pace: "recorded",
      waitClients,
      loop: false,
      after: "stay",
    },
    images: { compression: "lz4", jpegWan: "never", zlibGlzWan: "never", streamingVideo: "off" },
  });
}

/** What a client shows once it has drawn all that it was sent. */
async function shown(server: Apart, client: SpiceClient, what: string) {
  await server.until(({ serials }) => {
    if (client.errors.length > 0) throw client.errors[0];
    return serials[client.connectionId] === String(client.viewer.serial);
  }, `the client that ${what} has drawn everything`);
  return client.picture;
}

for (const name of ["office", "video360"]) {
  Deno.test(`clients that stop reading or acknowledging during ${name} hold up nobody, cost bounded memory and wake to the right picture`, async () => {
    const golden = await decodePng(
      await Deno.readFile(new URL(`../data/golden/${name}.png`, import.meta.url)),
    );
    const kinds = Object.keys(rudenesses);
    await using calm = await serve(name, 1);
    await using server = await serve(name, 1 + kinds.length);
    await using alone = await SpiceClient.connect(calm.port);
    await using steady = await SpiceClient.connect(server.port);
    const rude = await Promise.all(kinds.map(() => SpiceClient.connect(server.port)));
    const before = await server.look(true);
    await new Promise((wake) => setTimeout(wake, 1000));
    rude.forEach((client, i) => rudenesses[kinds[i]](client));

    const most = { borrowed: 0, fullest: 0, resident: 0 };
    const end = performance.now() + effort.stallSeconds * 1000;
    while (performance.now() < end) {
      const look = await server.look();
      for (const key of ["borrowed", "fullest", "resident"] as const) {
        most[key] = Math.max(most[key], look[key]);
      }
      await new Promise((wake) => setTimeout(wake, 100));
    }
    const held = await server.look(true);
    const usual = await calm.look(true);
    console.log({ name, before, most, held, usual });

    // who keeps up sees everything although the others do not
    const played = await calm.until(({ report }) => report !== null, "the recording has ended");
    await server.until(({ draws }) => draws === played.draws, "the guest has drawn everything");
    assertSamePixels(await shown(calm, alone, "is alone"), golden, "alone");
    assertSamePixels(await shown(server, steady, "keeps up"), golden, "steady");

    for (const client of rude) client.mend();
    await server.until(({ drained }) => drained, "everybody was sent everything");
    for (const [i, what] of kinds.entries()) {
      assertSamePixels(await shown(server, rude[i], what), golden, what);
    }
    const ended = await server.until(({ report }) => report !== null, "the replay reports");
    console.log("seconds", ended.report!.seconds, played.report!.seconds);
    await Promise.all(rude.map((client) => client.leave()));
    const after = await server.look(true);
    console.log({ after });
    assertEquals(ended.failures, []);
    assert(most.borrowed < 32 * MiB);
  });
}
