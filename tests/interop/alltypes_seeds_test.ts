/**
 * Random recordings of every drawing there is, drawn three times: by libspice-server and spice-gtk,
 * by us and spice-gtk, and by our own renderer. All three pictures are the same.
 */
import type { ReplayGuest } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { effort } from "../kit/effort.ts";
import { gtkPicture, shot } from "../kit/gtk_picture.ts";
import { peer, run } from "../kit/peers.ts";
import { assertSamePixels, decodePng } from "../kit/png.ts";
import { freePorts } from "../kit/program.ts";

const replay = peer("replay");
const generator = new URL("../kit/peer/gen-alltypes.mjs", import.meta.url).pathname;

/** Random commands behind the grid that every recording begins with. */
const COMMANDS = 1200;

const guest = (file: string): ReplayGuest => ({
  driver: "replay",
  name: null,
  uuid: null,
  file,
  pace: "max",
  waitClients: 1,
  loop: false,
  after: "stay",
});

async function listens(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch {
      await new Promise((wake) => setTimeout(wake, 25));
    }
  }
  throw new Error("libspice-server does not listen");
}

/** spice-gtk's picture of what libspice-server makes of the recording. */
async function theirs(recording: string) {
  const [port] = freePorts(1);
  const server = new Deno.Command(replay!, {
    args: ["-p", String(port), "-c", "off", "-s", "off", "-n", "1", "-l", "60", recording],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await listens(port);
    return await gtkPicture(port, 1000);
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
}

for (let seed = 1; seed <= effort.seeds; seed++) {
  Deno.test({
    name: `random commands of seed ${seed}: libspice-server, we and our renderer draw the same`,
    ignore: shot === null || replay === null,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const recording = `${folder}/alltypes.rec`;
        const args = ["run", "-A", "--quiet", generator, recording, String(COMMANDS), String(seed)];
        await run(Deno.execPath(), args);
        const expected = await theirs(recording);
        await using served = await startAppliance({ guest: guest(recording) });
        assertSamePixels(await gtkPicture(served.port, 1000), expected, "spice-gtk");
        const own = await decodePng(await served.appliance.screenshot(0));
        assertSamePixels(own, expected, "our renderer");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
