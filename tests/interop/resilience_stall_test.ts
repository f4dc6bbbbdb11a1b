/**
 * Clients that stop reading, or acknowledging, while a recording plays: they cost bounded memory,
 * nobody waits for them, and when they mend their ways they show the right picture.
 */
import { assert, assertEquals } from "@std/assert";
import { defaultOptions } from "../../mod.ts";
import { type Apart, startApart } from "../kit/apart.ts";
import { recording } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { PausedShot } from "../kit/paused_shot.ts";
import { peer } from "../kit/peers.ts";
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
    images: {
      ...defaultOptions.images,
      compression: "lz4",
      jpegWan: "never",
      zlibGlzWan: "never",
    },
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

const shot = peer("shot");

for (const name of ["office", "video360"]) {
  Deno.test(`clients that stop reading or acknowledging during ${name} hold up nobody, cost bounded memory and wake to the right picture`, async () => {
    const golden = await decodePng(
      await Deno.readFile(new URL(`../data/golden/${name}.png`, import.meta.url)),
    );
    const kinds = Object.keys(rudenesses);
    await using calm = await serve(name, 1);
    await using server = await serve(name, 1 + kinds.length + (shot ? 1 : 0));
    await using alone = await SpiceClient.connect(calm.port);
    await using steady = await SpiceClient.connect(server.port);
    const rude = await Promise.all(kinds.map(() => SpiceClient.connect(server.port)));
    await using gtk = shot ? PausedShot.start(shot, server.port) : null;
    await server.until(({ draws }) => draws > 1, "the recording has begun");
    await pause(1);
    rude.forEach((client, i) => rudenesses[kinds[i]](client));
    gtk?.stop();

    const most = { borrowed: 0, fullest: 0 };
    const end = performance.now() + effort.stallSeconds * 1000;
    while (performance.now() < end) {
      const { borrowed, fullest } = await server.look();
      most.borrowed = Math.max(most.borrowed, borrowed);
      most.fullest = Math.max(most.fullest, fullest);
      await pause(0.1);
    }
    const held = await server.look(true);
    const usual = await calm.look(true);

    // who keeps up sees everything although the others do not
    const played = await calm.until(({ report }) => report !== null, "the recording has ended");
    await server.until(({ draws }) => draws === played.draws, "the guest has drawn everything");
    assertSamePixels(await shown(calm, alone, "is alone"), golden, "alone");
    assertSamePixels(await shown(server, steady, "keeps up"), golden, "steady");

    for (const client of rude) client.mend();
    gtk?.goOn();
    await server.until(({ drained }) => drained, "everybody was sent everything");
    for (const [i, what] of kinds.entries()) {
      assertSamePixels(await shown(server, rude[i], what), golden, what);
    }
    if (gtk) assertSamePixels(await gtk.picture(), golden, "spice-gtk");
    const ended = await server.until(({ report }) => report !== null, "the replay reports");
    await Promise.all(rude.map((client) => client.leave()));

    const lagging = rude.length + (gtk ? 1 : 0);
    console.log(
      `${name}: ${lagging} clients stalled for ${effort.stallSeconds} s; at most ` +
        `${mib(most.borrowed)} MiB borrowed, ${mib(most.fullest)} MiB in an outbox; each held ` +
        `${mib((held.heap - usual.heap) / lagging)} MiB, the process had ${mib(held.resident)} ` +
        `MiB, ${mib(usual.resident)} MiB without them; played in ${ended.report!.seconds} s, ` +
        `${played.report!.seconds} s without them`,
    );
    assertEquals(ended.failures, []);
    // channels/display/hub.ts says the bounds
    assert(most.borrowed <= (lagging + 1) * 32 * MiB, `${most.borrowed} bytes are borrowed`);
    const screen = golden.width * golden.height * 4;
    assert(most.fullest <= 256 * 1024 + screen * 1.1, `${most.fullest} bytes wait`);
    assert((held.heap - usual.heap) / lagging < 16 * MiB, `${held.heap} bytes, not ${usual.heap}`);
    assert((held.resident - usual.resident) / lagging < 64 * MiB, `${held.resident} bytes`);
    // nobody waited: it plays as long as without them, give or take a machine that is busy
    assert(ended.report!.seconds < played.report!.seconds * 1.5);
  });
}

const mib = (bytes: number) => (bytes / MiB).toFixed(1);
const pause = (seconds: number) => new Promise((wake) => setTimeout(wake, seconds * 1000));
