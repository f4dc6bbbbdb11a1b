/** Every socket of a guest at work breaks again and again, in random order: nothing is lost for good, and nothing is left behind. */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import { bytesOfText, textOf } from "../../core/binary/text.ts";
import { pump } from "../../core/link/pump.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Channel, Table } from "../../core/protocol/channel.ts";
import { Port } from "../../core/protocol/port.ts";
import { Usbredir } from "../../core/protocol/usbredir.ts";
import { concat } from "../kit/concat.ts";
import { eventually } from "../kit/desk.ts";
import { DesktopGuest, needsDesktop, oneScreen } from "../kit/desktop_guest.ts";
import { Hand, handProgram } from "../kit/hand.ts";
import { FarEnd } from "../kit/linked.ts";
import { decodePng } from "../kit/png.ts";
import { chardev } from "../kit/qemu_guest.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";
import { Way } from "../kit/way.ts";

/** Two hundred were tried. */
const CUTS = 60;
const ids = ["vnc0", "qmp", "agent", "tty", "usb"] as const;
type Id = typeof ids[number];

async function join<C extends Table, S extends Table>(
  { port, connectionId }: SpiceClient,
  channel: Channel<C, S>,
) {
  const stream = await linkChannel(port, channel, { connectionId, caps: Capabilities.of() });
  const end = new FarEnd(channel);
  const over = pump(stream, end.peer).catch(() => {});
  return {
    end,
    async [Symbol.asyncDispose]() {
      stream.close();
      await over;
    },
  };
}

/** The shell looks: Deno wants all permissions for a look at /proc. */
function sockets(): number {
  const args = ["-c", `ls -l /proc/${Deno.pid}/fd | grep -c socket:`];
  return Number(textOf(new Deno.Command("sh", { args }).outputSync().stdout));
}

Deno.test({
  name:
    `${CUTS} cuts of a guest's sockets in random order, while it works, lose nothing for good and leak nothing`,
  ignore: needsDesktop().ignore || handProgram === null,
  async fn() {
    await using guest = await DesktopGuest.prepare({
      screens: oneScreen,
      more: (folder) => [
        ...chardev(folder, "tty"),
        ...["-device", "virtserialport,chardev=tty,name=tty.0,id=ttyport"],
        ...["-device", "qemu-xhci", ...chardev(folder, "usb")],
        ...["-device", "usb-redir,chardev=usb"],
      ],
    });
    guest.qemu.powerOn();
    await guest.up();
    await using undo = new AsyncDisposableStack();
    // QEMU still calls each by the name that is ours now
    const before = (id: Id) => {
      const path = guest.socket(id);
      Deno.renameSync(path, `${path}.real`);
      return undo.use(new Way(`${path}.real`, path));
    };
    const cuts = Object.fromEntries(ids.map((id) => [id, before(id)])) as Record<Id, Way>;
    const device = (id: Id) => ({
      id,
      backend: "socket" as const,
      address: { path: guest.socket(id) },
      server: false,
      reconnectSeconds: 1,
    });
    await using served = await guest.serve({
      characterDevices: [device("agent"), device("tty"), device("usb")],
      ports: [
        { kind: "agent", name: "com.redhat.spice.0", chardev: "agent", filter: null },
        { kind: "port", name: "tty.0", chardev: "tty", filter: null },
        { kind: "usbredir", name: "usb", chardev: "usb", filter: null },
      ],
    });
    await using hand = new Hand(served.port);
    await using client = await SpiceClient.connect(served.port);
    await using tty = await join(client, Port);
    await guest.run(
      "( exec 3<>/dev/virtio-ports/tty.0; while true; do cat <&3 >&3; sleep 0.1; done ) > /dev/null 2>&1 &",
    );
    await guest.run(
      "xterm -b 0 -geometry 80x24+0+0 -e 'while true; do seq 1 100; sleep 0.05; done' > /dev/null 2>&1 &",
    );
    await hand.says(({ event }) => event === "primary", "it is seen");

    /** All that is to be connected is. */
    const calm = () =>
      eventually(() => ids.every((id) => id === "usb" || cuts[id].whole), "all is connected", 60);
    const random = seeded(5);
    let held = 0, memory = 0;
    for (let n = 0; n < CUTS; n++) {
      const id = ids[random.below(ids.length)];
      if (id === "usb") {
        await using usb = await join(client, Usbredir);
        await eventually(() => usb.end.heard.some(({ name }) => name === "data"), "QEMU's hello");
        if (random.below(2) === 0) cuts.usb.cut();
      } else {
        // what is cut again before it stands again is no cut
        await eventually(() => cuts[id].cut(), `${id} is there again`, 60);
      }
      await hand.tell("point", random.below(600), random.below(400), 0);
      await new Promise((wake) => setTimeout(wake, random.below(200)));
      if (n === CUTS >> 1) {
        await calm();
        [held, memory] = [sockets(), Deno.memoryUsage().rss];
      }
    }

    await guest.run("killall xterm; xsetroot -solid '#204060'");
    await eventually(
      async () => {
        const { pixels } = await decodePng(await served.appliance.screenshot(0));
        return pixels.every((pixel) => (pixel & 0xffffff) === 0x204060);
      },
      "the picture is what the guest shows",
      60,
    );
    const echoed = () =>
      textOf(concat(tty.end.heard.flatMap(({ name, body }) => name === "data" ? [body.data] : [])));
    await eventually(
      () => {
        // until both have it open, it goes nowhere
        tty.end.peer.send.data({ data: bytesOfText("still here\n") });
        return echoed().endsWith("still here\n");
      },
      "the console answers",
      60,
    );
    await sendsFile(guest, hand);
    // only the monitor tells that an agent is gone
    const known = hand.said.length;
    await guest.run("killall spice-vdagent spice-vdagentd");
    await eventually(
      () => hand.said.slice(known).some(({ event, connected }) => event === "agent" && !connected),
      "the agent is gone",
      60,
    );
    await guest.run("start_agent");
    await sendsFile(guest, hand);
    await calm();
    await eventually(() => sockets() <= held, `no more than ${held} sockets are open`);
    const grown = Deno.memoryUsage().rss - memory;
    assert(grown < 150 << 20, `memory grew by ${grown >> 20} MiB`);
    assertEquals(hand.said.filter(({ event, is }) => event === "channel" && is !== 10), []);
    assertEquals(served.log.filter((line) => line.includes(`"level":"error"`)), []);
  },
});

/** One that falls into a cut is said to have failed; the next arrives whole. */
async function sendsFile(guest: DesktopGuest, hand: Hand): Promise<void> {
  const bytes = new Uint8Array(2_000_000).map((_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, bytes);
    await eventually(
      async () => {
        const sent = () => hand.said.filter(({ event }) => event === "sent");
        const before = sent().length;
        await hand.tell("file", file);
        await eventually(() => sent().length > before, "it has ended", 60);
        return sent().at(-1)!.done === 1;
      },
      "a file is sent",
      120,
    );
    const wanted = createHash("md5").update(bytes).digest("hex");
    const name = file.replace(/^.*\//, "");
    assertEquals((await guest.run(`md5sum < /root/files/${name}`)).slice(0, 32), wanted);
    await guest.run(`rm /root/files/*`);
  } finally {
    await Deno.remove(file);
  }
}
