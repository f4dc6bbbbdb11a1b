/**
 * Records what Xvnc and QEMU send of one screen in each encoding: `deno run -A tests/transcripts/record_rfb.ts`.
 * The bytes begin behind the handshake; the first line of a file says the picture's size.
 */
import { greet } from "../../qxl/drivers/rfb/handshake.ts";
import { Session } from "../../qxl/drivers/rfb/session.ts";
import { Frame } from "../../qxl/drivers/rfb/frame.ts";
import { Encoding } from "../../qxl/drivers/rfb/wire.ts";
import { Desk } from "../kit/desk.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { silent } from "../kit/rfb_recorded.ts";

const folder = new URL("../data/rfb/", import.meta.url);
const encodings = ["raw", "hextile", "zrle", "tight"] as const;

async function record(path: string, name: string, encoding: typeof encodings[number]) {
  const conn = await Deno.connect({ transport: "unix", path });
  const heard: Uint8Array[] = [];
  let recording = false;
  const remote = { address: "", transport: "unix", secure: false, webSocket: false } as const;
  const duplex = {
    remote,
    async read(into: Uint8Array) {
      const n = await conn.read(into);
      if (recording && n !== null) heard.push(into.slice(0, n));
      return n;
    },
    write: (bytes: Uint8Array) => conn.write(bytes),
    close: () => conn.close(),
  };
  const greeted = await greet(duplex, { username: null, password: null, secure: null });
  recording = true;
  const { promise: whole, resolve } = Promise.withResolvers<void>();
  const session = new Session(greeted, {
    maxBytes: 1 << 26,
    encodings: [Encoding.copyRect, Encoding[encoding]],
    flows: false,
    turn: () => Promise.resolve(),
  }, {
    ...silent,
    resized: (width, height) => new Frame(width, height),
    updated(frame) {
      if (frame.damage.area === frame.width * frame.height) resolve();
      // no further update is asked for
      return frame.damage.isEmpty ? Promise.resolve() : new Promise(() => {});
    },
  });
  session.run().catch(() => {});
  await whole;
  session.close();
  const head = new TextEncoder().encode(`${greeted.width}x${greeted.height}\n`);
  const stream = new Blob([head, ...heard as Uint8Array<ArrayBuffer>[]]).stream();
  const packed = await new Response(stream.pipeThrough(new CompressionStream("gzip"))).bytes();
  await Deno.writeFile(new URL(`${name}-${encoding}.gz`, folder), packed);
  console.log(name, encoding, heard.reduce((sum, { length }) => sum + length, 0), packed.length);
}

await Deno.mkdir(folder, { recursive: true });
const sockets = await Deno.makeTempDir();
{
  const path = `${sockets}/xvnc.sock`;
  const screen = ["-geometry", "333x221", "-depth", "24"];
  const args = ["-rfbunixpath", path, ...screen, "-SecurityTypes", "None"];
  await using desk = await Desk.of("Xtigervnc", ...args);
  await desk.run("xsetroot", "-mod", "7", "5", "-fg", "#c04010", "-bg", "#205080");
  desk.start("xterm", "-geometry", "40x10+9+7", "-e", "sh", "-c", "ls -la /; sleep 100");
  desk.start("xlogo", "-geometry", "90x80+250+120");
  desk.start("xeyes", "-geometry", "60x40+260+20");
  await new Promise((wake) => setTimeout(wake, 3000));
  for (const encoding of encodings) await record(path, "xvnc", encoding);
}
{
  await using qemu = await QemuGuest.start({
    args: (dir) => [
      ...["-device", "VGA", "-vnc", `unix:${dir}/vnc.sock`, "-boot", "menu=on"],
      ...[...chardev(dir, "qmp"), "-mon", "chardev=qmp,mode=control"],
    ],
  });
  await new Promise((wake) => setTimeout(wake, 4000));
  // its cursor stands still with it
  const monitor = await Deno.connect({ transport: "unix", path: qemu.socket("qmp") });
  for (const execute of ["qmp_capabilities", "stop"]) {
    await monitor.write(new TextEncoder().encode(JSON.stringify({ execute })));
  }
  await new Promise((wake) => setTimeout(wake, 1000));
  for (const encoding of encodings) await record(qemu.socket("vnc"), "qemu", encoding);
}
await Deno.remove(sockets, { recursive: true });
