/** libcacard's card, in spice-gtk, in the reader of a Linux guest in a real QEMU. */
import { assertEquals, assertMatch } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { Hand, handProgram } from "../kit/hand.ts";
import { needsLinux } from "../kit/initramfs.ts";
import { needs, run } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";

/** The first applet of a CAC; its buffer has two bytes of length, one that says "as it is", and the certificate. */
const SELECT = "00a4040007a0000000790100";
const BEFORE = 3;
/** So much is read at a time. */
const PART = 0x40;

/** Asks for a part of the buffer, and for the answer. */
function reads(bytes: number): string[] {
  const parts = Array.from({ length: Math.ceil(bytes / PART) }, (_, i) => i * PART);
  return parts.flatMap((at) => {
    const count = Math.min(PART, bytes - at).toString(16).padStart(2, "0");
    return [`8052${at.toString(16).padStart(4, "0")}0202${count}`, `00c00000${count}`];
  });
}

/** The guest uses the card whenever it is told. */
const init = `
echo guest-up
while read -r n apdus; do
  card $apdus
  echo "<$n $?>"
done < /dev/ttyS0
`;

/** A folder of NSS with three certificates of an authority of its own; the first one's bytes. */
async function cards(folder: string): Promise<Uint8Array> {
  const db = `sql:${folder}`;
  await run("certutil", ["-N", "-d", db, "--empty-password"]);
  const noise = `${folder}/noise`;
  await Deno.writeFile(noise, crypto.getRandomValues(new Uint8Array(64)));
  const make = (name: string, serial: number, ...more: string[]) =>
    run("certutil", [
      ...["-S", "-d", db, "-n", name, "-s", `CN=${name}`, "-m", `${serial}`, "-z", noise],
      ...more,
    ]);
  await make("ca", 1, "-x", "-t", "TC,TC,TC");
  for (const [i, name] of NAMES.entries()) await make(name, 2 + i, "-c", "ca", "-t", ",,");
  await run("certutil", ["-L", "-d", db, "-n", NAMES[0], "-r", "-o", `${folder}/first.der`]);
  return await Deno.readFile(`${folder}/first.der`);
}
const NAMES = ["card1", "card2", "card3"];

Deno.test({
  name:
    "a guest reads the certificate of a card that is with spice-gtk, and again after it came back",
  ignore: needs("qemu-system-x86_64", "certutil", "cc").ignore || needsLinux().ignore ||
    handProgram === null,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "nss-" });
    await using undo = new AsyncDisposableStack();
    undo.defer(() => Deno.remove(folder, { recursive: true }));
    const certificate = await cards(folder);
    const source = new URL("../kit/guest/card.c", import.meta.url).pathname;
    await run("cc", ["-static", "-O1", "-o", `${folder}/card`, source]);
    await using qemu = await QemuGuest.start({
      linux: {
        modules: ["xhci_pci"],
        init,
        files: { "bin/card": await Deno.readFile(`${folder}/card`) },
      },
      args: (sockets) => [
        ...chardev(sockets, "card"),
        ...["-device", "qemu-xhci", "-device", "usb-ccid"],
        ...["-device", "ccid-card-passthru,chardev=card"],
      ],
    });
    await using served = await startAppliance({
      characterDevices: [{
        id: "card",
        backend: "socket",
        address: { path: qemu.socket("card") },
        server: false,
        reconnectSeconds: 1,
      }],
      ports: [{ kind: "smartcard", name: "card", chardev: "card", filter: null }],
    }, "debug");
    await qemu.says("guest-up", { seconds: 240 });
    let n = 0;
    const use = async (...apdus: string[]) => {
      const from = qemu.serial.length;
      await qemu.tell(`${++n} ${apdus.join(" ")}\n`);
      const [, code] = await qemu.says(new RegExp(`<${n} (\\d+)>`), { from });
      return { found: code === "0", said: qemu.serial.slice(from) };
    };
    const card = [folder, ...NAMES];
    for (const times of ["with a card", "with a client that came again"]) {
      await using hand = new Hand(served.port, card);
      await hand.says(({ event, type }) => event === "channel" && type === 8, "it has a reader");
      await eventually(async () => (await use(SELECT)).found, `there is a reader ${times}`, 120);
      const { said } = await use(SELECT, ...reads(BEFORE + certificate.length));
      assertMatch(said, /atr 3b7a18000073667465206364313434\r/, "libcacard's answer to reset");
      const read = [...said.matchAll(/says ([0-9a-f]+)9000\r/g)].map(([, hex]) => hex).join("");
      assertEquals(read.slice(2 * BEFORE), certificate.toHex(), "the certificate, byte for byte");
      assertEquals(hand.said.filter(({ event, is }) => event === "channel" && is !== 10), []);
    }
    // who had the card is gone, and with it the card
    await eventually(async () => !(await use(SELECT)).found, "there is no card any more", 120);
    assertEquals(served.log.filter((line) => /"level":"(warn|error)"/.test(line)), []);
  },
});
