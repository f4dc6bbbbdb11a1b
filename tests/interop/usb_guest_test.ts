/** A stick that is not there in a Linux that is: through the [usb] socket, and through SPICE, into a real QEMU. */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { dial } from "../../channels/dial.ts";
import { decodeLz4Block, encodeLz4Block } from "../../core/codecs/lz4/mod.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { pump } from "../../core/link/pump.ts";
import { Capabilities, SpicevmcCap } from "../../core/protocol/capabilities.ts";
import { Usbredir } from "../../core/protocol/usbredir.ts";
import type { ApplianceOptions } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { needsLinux } from "../kit/initramfs.ts";
import { FarEnd } from "../kit/linked.ts";
import { needs } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { linkChannel, SpiceClient } from "../kit/spice_client.ts";
import { UsbStick } from "../kit/usb_stick.ts";

/** What the guest does with every stick: looks at it, makes a file system, writes a file, reads it again. */
const init = `
echo guest-up
n=0
while true; do
  while [ ! -b /dev/sda ]; do sleep 0.1; done
  n=$((n+1))
  echo "stick $n has $(cat /sys/block/sda/size) blocks: $(dd if=/dev/sda bs=512 skip=100 count=1 2>/dev/null | head -n 1)"
  mke2fs /dev/sda >/dev/null 2>&1 && mount -t ext4 /dev/sda /mnt && {
    echo "written by the guest, stick $n" > /mnt/note
    dd if=/dev/zero bs=1k count=300 2>/dev/null | tr '\\000' 'U' > /mnt/much
    sync; umount /mnt
    mount -t ext4 /dev/sda /mnt && echo "read back: $(cat /mnt/note), $(md5sum < /mnt/much)"
    umount /mnt; echo "stick $n is free"
  }
  while [ -b /dev/sda ]; do sleep 0.1; done
  echo "stick $n is gone"
done
`;

const usb: readonly string[] = ["usb1", "usb2"];
const options = (folder: string): Partial<ApplianceOptions> => ({
  characterDevices: usb.map((id) => ({
    id,
    backend: "socket" as const,
    address: { path: `${folder}/${id}.sock` },
    server: false,
    reconnectSeconds: 1,
  })),
  ports: [{
    kind: "usbredir",
    name: "stick",
    chardev: "usb2",
    filter: [
      { deviceClass: 8, vendor: 0x1234, product: null, version: null, allow: true },
      { deviceClass: null, vendor: null, product: null, version: null, allow: false },
    ],
  }],
  usb: [{ listen: [{ path: `${folder}/in.sock` }], chardevs: ["usb1"], filter: null }],
});

/** A stick whose bytes go over a socket, as usbredirect's do. */
async function plugIn(stick: UsbStick, path: string) {
  const stream = await dial({ path });
  const outbox = new Outbox();
  stick.send = (bytes) => {
    outbox.writer.put(bytes);
    outbox.filled();
  };
  stick.plug();
  const over = pump(stream, { outbox, receive: (bytes) => stick.receive(bytes) }).catch(() => {});
  return { over, close: () => stream.close() };
}

/** A stick behind a SPICE client's usbredir channel, half of its bytes compressed. */
async function redirect(stick: UsbStick, client: SpiceClient) {
  const { port, connectionId } = client;
  const caps = Capabilities.of(SpicevmcCap.dataCompressLz4);
  const stream = await linkChannel(port, Usbredir, { connectionId, caps });
  const end = new FarEnd(Usbredir);
  const compressed = { up: 0, down: 0 };
  stick.send = (data) => {
    const smaller = data.length > 100 ? encodeLz4Block(data) : null;
    if (!smaller) return end.peer.send.data({ data });
    compressed.up++;
    end.peer.send.compressedData({
      type: "lz4",
      uncompressedSize: data.length,
      compressedData: smaller,
    });
  };
  const over = pump(stream, {
    outbox: end.peer.outbox,
    receive(bytes) {
      end.peer.receive(bytes);
      for (const { name, body } of end.take()) {
        if (name === "data") stick.receive(body.data);
        if (name !== "compressedData") continue;
        compressed.down++;
        stick.receive(decodeLz4Block(body.compressedData, body.uncompressedSize).slice());
      }
    },
  }).catch(() => {});
  stick.plug();
  return { over, close: () => stream.close(), compressed };
}

const filled = (options: ConstructorParameters<typeof UsbStick>[0], note: string) => {
  const stick = new UsbStick({ bytes: 4 << 20, ...options });
  stick.content.set(new TextEncoder().encode(`${note}\n`), 100 * 512);
  return stick;
};
const holds = (stick: UsbStick, text: string) =>
  new TextDecoder("latin1").decode(stick.content).includes(text);

Deno.test({
  name: "a USB stick is used by a Linux guest: through [usb] without SPICE, and through SPICE",
  ignore: needs("qemu-system-x86_64").ignore || needsLinux().ignore,
  async fn() {
    await using qemu = await QemuGuest.start({
      linux: { modules: ["xhci_pci", "usb_storage", "sd_mod", "crc32c_generic", "ext4"], init },
      args: (folder) => [
        ...usb.flatMap((id) => chardev(folder, id)),
        ...["-device", "qemu-xhci"],
        ...usb.flatMap((id) => ["-device", `usb-redir,chardev=${id}`]),
      ],
    });
    await using served = await startAppliance(options(qemu.folder), "debug");
    await qemu.says("guest-up", { seconds: 240 });
    const used = async (n: number, stick: UsbStick, note: string) => {
      await qemu.says(`stick ${n} has 8192 blocks: ${note}`);
      const file = await qemu.says(
        new RegExp(`read back: written by the guest, stick ${n}, (\\w+)\\s`),
      );
      assertEquals(file[1], createHash("md5").update("U".repeat(300 << 10)).digest("hex"));
      assert(holds(stick, `written by the guest, stick ${n}`), "what was written is on it");
      await qemu.says(`stick ${n} is free`);
    };

    const first = filled({}, "hello from a socket");
    const plugged = await plugIn(first, `${qemu.folder}/in.sock`);
    await used(1, first, "hello from a socket");
    plugged.close();
    await plugged.over;
    await qemu.says("stick 1 is gone");

    await using client = await SpiceClient.connect(served.port);
    const refused = filled({ vendor: 0x9999 }, "refused");
    const second = filled({}, "hello from a client");
    let redirected = await redirect(refused, client);
    await eventually(() => refused.heard.includes("filterReject"), "it is refused");
    redirected.close();
    await redirected.over;

    redirected = await redirect(second, client);
    await used(2, second, "hello from a client");
    assert(redirected.compressed.up > 0 && redirected.compressed.down > 0);
    // what no protocol allows ends the channel, and the guest sees a device unplugged
    second.send(Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    await redirected.over;
    await qemu.says("stick 2 is gone");

    // QEMU wants the others of every device at an xhci
    const third = filled({ capabilities: [4, 5, 6] }, "hello from an old one");
    redirected = await redirect(third, client);
    await used(3, third, "hello from an old one");
    third.unplug();
    await qemu.says("stick 3 is gone");
    third.connect();
    await used(4, third, "");
    redirected.close();
    await redirected.over;
  },
});
