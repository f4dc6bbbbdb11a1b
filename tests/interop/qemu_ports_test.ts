/** A real QEMU's sockets behind SPICE channels: what it says, and what it answers, with no guest booted. */
import { assert, assertEquals } from "@std/assert";
import { decode, encode } from "../../core/binary/codec.ts";
import { textOf } from "../../core/binary/text.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { Port } from "../../core/protocol/port.ts";
import { Smartcard, vsc } from "../../core/protocol/smartcard.ts";
import { UNAGREED, usbredirPackets } from "../../core/protocol/usbredir_wire.ts";
import { Usbredir } from "../../core/protocol/usbredir.ts";
import { Webdav } from "../../core/protocol/webdav.ts";
import { pump } from "../../core/link/pump.ts";
import type { ApplianceOptions } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { FarEnd } from "../kit/linked.ts";
import { needs } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";
import type { Channel, Table } from "../../core/protocol/channel.ts";

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
