/** Drawings of every kind, at random from seeds: the picture is libspice-server's in every pixel. */
import { startAppliance } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { gtkPicture, shot } from "../kit/gtk_picture.ts";
import { peer, run } from "../kit/peers.ts";
import { assertSamePixels, decodePng, type Picture } from "../kit/png.ts";
import { freePorts } from "../kit/program.ts";

const replay = peer("replay");
const generator = new URL("../kit/peer/gen-alltypes.mjs", import.meta.url).pathname;
/** Of drawings that overlap; a grid with every variant of each kind comes before. */
const DRAWINGS = 2500;

/** What spice-gtk shows of libspice-server, from the start and at its own pace. */
async function theirPicture(file: string): Promise<Picture> {
  const [port] = freePorts(1);
  const server = new Deno.Command(replay!, {
    args: ["-p", `${port}`, "-n", "1", "-c", "off", "-s", "off", "-l", "60", file],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    return await gtkPicture(port, 1500);
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
}

for (let seed = 1; seed <= effort.seeds; seed++) {
  Deno.test({
    name: `random drawings of every kind look as libspice-server's, seed ${seed}`,
    ignore: shot === null || replay === null,
    async fn() {
      const file = await Deno.makeTempFile({ suffix: ".rec" });
      try {
        await run(Deno.execPath(), ["run", "-A", generator, file, `${DRAWINGS}`, `${seed}`]);
        const theirs = await theirPicture(file);
        await using served = await startAppliance({
          guest: {
            driver: "replay",
            name: null,
            uuid: null,
            file,
            pace: "max",
            waitClients: 1,
            loop: false,
            after: "stay",
          },
        });
        const picture = gtkPicture(served.port, 1500);
        await served.appliance.guestDone;
        assertSamePixels(await picture, theirs);
        assertSamePixels(await decodePng(await served.appliance.screenshot(0)), theirs);
        assertSamePixels(await gtkPicture(served.port, 500), theirs);
      } finally {
        await Deno.remove(file);
      }
    },
  });
}
