/** A real QEMU's sockets behind SPICE channels: what it says, and what it answers, with no guest booted. */
import { assert, assertEquals } from "@std/assert";
import { dialling } from "../../channels/dial.ts";
import { SocketPort } from "../../channels/ports/socket_port.ts";
import { decode, encode } from "../../core/binary/codec.ts";
import { seeded } from "../../core/binary/random.ts";
import { textOf } from "../../core/binary/text.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { Port } from "../../core/protocol/port.ts";
import { Smartcard, vsc, VSCARD_MAGIC, vscDevice } from "../../core/protocol/smartcard.ts";
import { UNAGREED, usbredirPackets } from "../../core/protocol/usbredir_wire.ts";
import { Usbredir } from "../../core/protocol/usbredir.ts";
import { Webdav } from "../../core/protocol/webdav.ts";
import { pump } from "../../core/link/pump.ts";
import type { ApplianceOptions } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { FakeLog, FarEnd } from "../kit/linked.ts";
import { needs } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";
import type { Channel, Table } from "../../core/protocol/channel.ts";
import { clock } from "../kit/clock.ts";

const ports = (socket: (id: string) => string): Partial<ApplianceOptions> => ({
  characterDevices: ["usb", "card", "dav", "tty"].map((id) => ({
    id,
    backend: "socket" as const,
    address: { path: socket(id) },
    server: false,
    reconnectSeconds: 1,
  })),
  ports: [
    { kind: "usbredir", name: "usb", chardev: "usb", filter: null },
    { kind: "smartcard", name: "card", chardev: "card", filter: null },
    { kind: "webdav", name: "org.spice-space.webdav.0", chardev: "dav", filter: null },
    { kind: "port", name: "tty", chardev: "tty", filter: null },
  ],
});

const devices = (folder: string) => [
  ...["usb", "card", "dav", "tty"].flatMap((id) => chardev(folder, id)),
  ...["-device", "qemu-xhci", "-device", "usb-redir,chardev=usb"],
  ...["-device", "usb-ccid", "-device", "ccid-card-passthru,chardev=card"],
  ...["-device", "virtio-serial"],
  ...["-device", "virtserialport,chardev=dav,name=org.spice-space.webdav.0"],
  ...["-device", "virtserialport,chardev=tty,name=tty"],
];

/** One more channel of a client. */
async function join<C extends Table, S extends Table>(
  client: SpiceClient,
  channel: Channel<C, S>,
) {
  const { port, connectionId } = client;
  const stream = await linkChannel(port, channel, { connectionId, caps: Capabilities.of(0) });
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

Deno.test({
  name: "QEMU's sockets answer through SPICE channels, as often as clients come",
  ...needs("qemu-system-x86_64"),
  async fn() {
    await using qemu = await QemuGuest.start({ args: devices });
    await using served = await startAppliance(ports((id) => qemu.socket(id)), "debug");
    for (let round = 0; round < 3; round++) {
      await using client = await SpiceClient.connect(served.port);
      await using usb = await join(client, Usbredir);
      const { toHost, header } = usbredirPackets(UNAGREED);
      await eventually(() => usb.end.heard.length > 0, "QEMU says hello");
      const [{ body }] = usb.end.heard;
      assertEquals(decode(header, body.data.subarray(0, 12)).type, toHost.byName.hello.id);
      assert(textOf(body.data.subarray(12)).startsWith("qemu usb-redir guest"));

      await using card = await join(client, Smartcard);
      const say = (message: { type: string; readerId: number; data: Uint8Array }) =>
        card.end.peer.send.data(message as never);
      const init = { magic: 0x44435356, version: 2, capabilities: [0] };
      say({ type: "init", readerId: 0xffffffff, data: encode(vsc.bodies.init, init as never) });
      say({ type: "readerAdd", readerId: 0xffffffff, data: new Uint8Array(0) });
      await eventually(() => card.end.heard.length === 1, "QEMU has added the reader");
      const success = { type: "error", readerId: 0, data: new Uint8Array(4) };
      assertEquals(card.end.take()[0].body, success);
      const atr = Uint8Array.of(0x3b, 0x95, 0x13, 0x81, 0x01, 0x80, 0x73, 0xff, 0x01, 0x00, 0x0b);
      say({ type: "atr", readerId: 0, data: atr });
      await eventually(() => card.end.heard.length === 1, "QEMU has taken the card");
      assertEquals(card.end.take()[0].body, success);

      for (
        const [channel, portName] of [[Webdav, "org.spice-space.webdav.0"], [Port, "tty"]] as const
      ) {
        await using port = await join(client, channel);
        await eventually(() => port.end.heard.length >= 2, `${portName} is open`);
        const [init, event] = port.end.take();
        assertEquals([init.name, textOf(init.body.name), init.body.opened], ["init", portName, 0]);
        assertEquals([event.name, event.body.event], ["event", "opened"]);
      }
    }
    assertEquals(served.log.filter((line) => /"level":"(warn|error)"/.test(line)), []);
  },
});

Deno.test({
  name: "200 reconnects of QEMU's sockets in random order lose no greeting and leak nothing",
  ...needs("qemu-system-x86_64"),
  async fn() {
    await using qemu = await QemuGuest.start({ args: devices });
    await eventually(() => exists(qemu.socket("tty")), "QEMU listens");
    const log = new FakeLog(), random = seeded(200);
    const open = (kind: "usbredir" | "smartcard" | "webdav" | "port", id: string) =>
      new SocketPort({
        kind,
        name: id,
        source: dialling({ path: qemu.socket(id) }),
        lazy: true,
        longestPauseMs: 1000,
        clock,
        log,
      });
    const all = [
      open("usbredir", "usb"),
      open("smartcard", "card"),
      open("webdav", "dav"),
      open("port", "tty"),
    ];
    // Deno itself may not look there
    const held = () => {
      const { stdout } = new Deno.Command("ls", { args: [`/proc/${Deno.pid}/fd`] }).outputSync();
      return textOf(stdout).split("\n").length;
    };
    const init = encode(vscDevice.message, {
      type: "init",
      readerId: 0,
      data: encode(vscDevice.bodies.init, { magic: VSCARD_MAGIC, version: 2, capabilities: [0] }),
    });
    let before = 0;
    for (let round = 0; round < 200; round++) {
      const port = all[random.below(4)];
      const heard = Promise.withResolvers<void>();
      port.attach({
        opened: (open) => {
          if (open && port.kind === "smartcard") port.write(init);
          // these two say nothing before a guest does
          else if (open && port.kind !== "usbredir") heard.resolve();
        },
        data: () => heard.resolve(),
        drained: () => {},
      });
      await heard.promise;
      port.attach(null);
      if (round === 20) before = held();
    }
    await eventually(() => held() <= before, `no more than ${before} files are open`);
    for (const port of all) port.close();
    assertEquals(log.of("port-ended"), []);
  },
});

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch {
    return false;
  }
}
