/** Servers that hang up, again and again: the picture comes back, and nothing is left behind. */
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import { eventually } from "../kit/desk.ts";
import { pictureOf } from "../kit/png.ts";
import { startRemote } from "../kit/remote.ts";
import { hear, recorded } from "../kit/rfb_recorded.ts";

/** Two hundred were tried. */
const RECONNECTS = 100;
const random = seeded(11);
const text = (s: string) => [...new TextEncoder().encode(s)];
const { width, height, bytes } = await recorded("xvnc-zrle");

/** Says the whole recording to the last of so many, and less to those before. */
function server(path: string) {
  const listener = Deno.listen({ transport: "unix", path });
  const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
  const size = [width >> 8, width & 255, height >> 8, height & 255];
  const greeting = [...text("RFB 003.008\n"), 1, 1, 0, 0, 0, 0, ...size, ...format, 0, 0, 0, 0];
  const all = new Uint8Array([...greeting, ...bytes]);
  const served = { connections: 0, live: null as Deno.Conn | null };
  (async () => {
    for await (const conn of listener) {
      const last = ++served.connections > RECONNECTS;
      const n = last ? all.length : random.below(all.length + 1);
      (async () => {
        (async () => {
          const buffer = new Uint8Array(4096);
          while (await conn.read(buffer) !== null) { /* what we ask for */ }
        })().catch(() => {});
        for (let at = 0; at < n;) at += await conn.write(all.subarray(at, n));
        if (last) return served.live = conn;
        // so that most of them get as far as pictures
        await new Promise((wake) => setTimeout(wake, 30));
        conn.close();
      })().catch(() => {});
    }
  })().catch(() => {});
  return { served, listener };
}

/** The shell looks: Deno wants all permissions for a look at /proc. */
function descriptors(): number {
  const args = ["-c", `ls /proc/${Deno.pid}/fd | wc -l`];
  return Number(new TextDecoder().decode(new Deno.Command("sh", { args }).outputSync().stdout));
}

Deno.test({
  name: `${RECONNECTS} servers hang up on each of three screens, and their last pictures are right`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    const wanted = (await hear({ width, height, bytes })).frame;
    const folder = await Deno.makeTempDir();
    const paths = [0, 1, 2].map((n) => `${folder}/${n}.sock`);
    const servers = paths.map(server);
    const before = descriptors();
    {
      await using remote = await startRemote(paths.map((path) => ({ path })));
      await eventually(
        () => servers.every(({ served }) => served.live !== null),
        "every server was asked often enough",
        240,
      );
      for (const display of remote.guest.displays) {
        await eventually(() => {
          display.settle();
          const shown = pictureOf(display.surfaces.get(0)!);
          return shown.width === width &&
            shown.pixels.every((p, i) => ((p ^ wanted.pixels[i]) & 0xffffff) === 0);
        }, "the last picture is there");
      }
      // one at each end of three connections
      assert(descriptors() <= before + 6, `${descriptors()} descriptors, ${before} before`);
      assertEquals(
        servers.map(({ served }) => served.connections),
        servers.map(() => RECONNECTS + 1),
      );
    }
    for (const { served, listener } of servers) {
      served.live?.close();
      listener.close();
    }
    await eventually(() => descriptors() <= before, "every descriptor is given back");
    await Deno.remove(folder, { recursive: true });
  },
});
