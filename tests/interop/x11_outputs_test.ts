/** driver = "x11" with an X server that has several outputs: TigerVNC's Xvnc has one for each screen of its client. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { encode } from "../../core/binary/codec.ts";
import { start } from "../../qxl/drivers/x11/host.ts";
import { SetDesktopSize } from "../../qxl/drivers/rfb/wire.ts";
import { Witness } from "../kit/card_stage.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { freePorts } from "../kit/program.ts";

const xvnc = "Xtigervnc";

/** Says to an Xvnc without a password that its client has these screens. */
async function screens(port: number, widths: readonly number[], height: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  let heard = 0;
  socket.on("data", (bytes) => heard += bytes.length);
  await once(socket, "connect");
  // version; security types and "None"; its result; ServerInit up to the name's length
  for (
    const [until, say] of [
      [12, "RFB 003.008\n"],
      [14, Uint8Array.of(1)],
      [18, Uint8Array.of(1)],
      [42, Uint8Array.of(2, 0, 0, 1, 255, 255, 254, 204)],
    ] as const
  ) {
    await eventually(() => heard >= until, `${until} bytes of Xvnc`);
    socket.write(Buffer.from(say));
  }
  let x = 0;
  const all = widths.map((width, id) => {
    const screen = { id, x, y: 0, width, height, flags: 0 };
    x += width;
    return screen;
  });
  const size = { type: 251, padding: 0, width: x, height, count: all.length, padding2: 0 };
  socket.write(encode(SetDesktopSize, { ...size, screens: all }));
  const before = heard;
  // it says what came of it in the next update
  socket.write(Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 1, 0, 1));
  await eventually(() => heard > before, "an answer");
  socket.end();
}

Deno.test({
  name:
    "each output of an X server shows the head that a client wishes for, and none that it does not",
  ...needs(xvnc, "xrandr"),
  async fn() {
    const [port] = freePorts(1);
    const security = ["-SecurityTypes", "None", "-localhost", "-AlwaysShared"];
    await using desk = await Desk.of(
      xvnc,
      "-rfbport",
      `${port}`,
      "-geometry",
      "800x600",
      ...security,
    );
    /** What the outputs in use show, as "800x600+0+0". */
    const outputs = async () => {
      const said = await desk.run("xrandr");
      return [...said.matchAll(/^VNC-\d+ connected (?:primary )?(\S+x\S+)/gm)].map(([, at]) => at);
    };
    const monitors = async () => (await desk.run("xrandr", "--listmonitors")).split("\n")[0];
    await screens(port, [800, 600], 600);
    await eventually(async () => (await outputs()).join() === "800x600+0+0,600x600+800+0", "two");

    const said: unknown[] = [];
    const guest = await start({
      folder: "",
      number: 0,
      display: desk.display,
      xauthority: null,
      command: null,
      width: 0,
      height: 0,
      cards: [{}],
      log: (event, fields) => said.push([event, fields]),
    });
    try {
      const witness = new Witness(), [display] = guest.displays;
      display.attach(witness);
      display.clientCapabilities(true, new Uint8Array(58));
      const heads = () =>
        witness.monitors?.heads.map((h) => `${h.width}x${h.height}+${h.x}+${h.y}`);
      await eventually(() => heads()?.join() === "800x600+0+0,600x600+800+0", "two heads");
      const wish = async (...sizes: [number, number][]) => {
        let x = 0;
        const wanted = sizes.map(([width, height]) => {
          const head = { x, y: 0, width, height };
          x += width;
          return head;
        });
        assert(display.requestMonitors(wanted));
        const all = wanted.map((h) => `${h.width}x${h.height}+${h.x}+${h.y}`).join();
        await eventually(() => heads()?.join() === all, `heads are ${all}`);
        const { width, height } = display.surfaces.get(0)!;
        assertEquals([width, height], [x, Math.max(...sizes.map(([, height]) => height))]);
        return all;
      };
      // whoever sits before the other one keeps it, until a client has had it
      const before = await outputs();
      assert(display.requestMonitors([{ x: 0, y: 0, width: 700, height: 500 }]));
      await eventually(
        () => said.some((line) => /which were on before/.test(Deno.inspect(line))),
        "it is told",
      );
      assertEquals(await outputs(), before);
      said.length = 0;
      for (const sizes of [[[901, 603], [700, 500]], [[640, 480], [641, 481]]] as const) {
        const all = await wish(...sizes.map(([w, h]): [number, number] => [w, h]));
        assertEquals((await outputs()).join(), all);
        assertEquals(await monitors(), "Monitors: 2");
      }
      // one shows all, the other is off
      assertEquals(await wish([1000, 700]), (await outputs()).join());
      assertEquals(await monitors(), "Monitors: 1");
      // and comes back
      assertEquals(await wish([500, 400], [600, 400]), (await outputs()).join());
      // more than there are outputs: one is divided
      await wish([400, 400], [401, 400], [402, 400]);
      assertEquals((await outputs()).join(), "1203x400+0+0");
      assertEquals(await monitors(), "Monitors: 3");
      assertEquals(await wish([800, 600], [600, 600]), (await outputs()).join());
      assertEquals(await monitors(), "Monitors: 2");
      assertEquals(said, []);
    } finally {
      guest.close();
      await eventually(() => guest.power?.state === "off", "it is gone");
    }
  },
});
