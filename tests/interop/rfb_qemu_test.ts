/** Debian's kernel in a QEMU without SPICE, from before it is switched on until after it was replaced. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../kit/desk.ts";
import { linuxFiles } from "../kit/initramfs.ts";
import { installed, run } from "../kit/peers.ts";
import type { Picture } from "../kit/png.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { type Remote, remoteOptions, startRemote, tap } from "../kit/remote.ts";
import { startAppliance } from "../kit/appliance.ts";
import { defaultCard } from "../../mod.ts";
import { gtkPicture, shot } from "../kit/gtk_picture.ts";
import { decodePpm } from "../kit/ppm.ts";

const able = installed("qemu-system-x86_64") && installed("cc") && linuxFiles() !== null;

/** Patterns of words that no neighbour has, with the upper byte clear. */
const pattern = (seed: number) =>
  Uint32Array.from({ length: 1280 * 800 }, (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 8);
/** Never silent, and unlike from frame to frame. */
const pcm = Int16Array.from(
  { length: 48000 },
  (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 17) | 1,
);

/** US keys: letters by their place, and what else the tests type. */
const place: Record<string, number> = { "\n": 0x1c, " ": 0x39, "-": 0x0c, "=": 0x0d, ";": 0x27 };
["qwertyuiop[]", "asdfghjkl", "zxcvbnm"].forEach((row, i) =>
  [...row].forEach((key, j) => place[key] = [0x10, 0x1e, 0x2c][i] + j)
);
const type = ({ guest }: Remote, text: string) => tap(guest, ...[...text].map((c) => place[c]));

/** A German layout as busybox's loadkmap takes it: made of the US one that the kernel has. */
const germanise = [
  "dumpkmap > /tmp/us",
  // tables begin behind a magic of 7 bytes and 256 flags; plain is the first, of 128 words
  "swap() { dd if=/tmp/us of=/tmp/de bs=1 count=2 conv=notrunc skip=$((263+2*$1)) seek=$((263+2*$2)) 2>/dev/null; }",
  "cp /tmp/us /tmp/de; swap 21 44; swap 44 21",
].join("\n");

const init = `
read_keys() { while read line; do echo "typed <$line>" > /dev/ttyS0; done < /dev/tty1; }
${germanise}
echo 0 > /sys/class/graphics/fbcon/cursor_blink
for n in 0 1 2; do
  grep -q Tablet /sys/class/input/event$n/device/name 2>/dev/null && tablet=/dev/input/event$n
done
read_keys &
echo "guest is up"
while read command rest; do
  case $command in
    paint) cat /pattern0 > /dev/fb0; cat /pattern1 > /dev/fb1; echo painted;;
    german) loadkmap < /tmp/de; echo now german;;
    tablet) od -An -v -t u2 -w24 $tablet & echo listening;;
    play) /play < /pcm; echo played $?;;
  esac
done < /dev/ttyS0
`;

async function machine(): Promise<QemuGuest> {
  const play = await Deno.makeTempFile();
  const source = new URL("../kit/guest/play.c", import.meta.url).pathname;
  await run("cc", ["-static", "-O1", "-o", play, source]);
  const files = {
    play: await Deno.readFile(play),
    // what QEMU still holds when a player stops is lost: silence
    pcm: new Uint8Array([...new Uint8Array(pcm.buffer), ...new Uint8Array(4 * 24576)]),
    pattern0: new Uint8Array(pattern(1).buffer),
    pattern1: new Uint8Array(pattern(2).buffer),
  };
  await Deno.remove(play);
  return await QemuGuest.prepare({
    args: (folder) => [
      ...["-device", "VGA,id=video0", "-device", "virtio-gpu-pci,id=video1"],
      ...["-vnc", `unix:${folder}/vnc0.sock,display=video0,audiodev=snd0`],
      ...["-vnc", `unix:${folder}/vnc1.sock,display=video1,audiodev=snd0`],
      ...["-device", "virtio-tablet-pci"],
      ...["-audiodev", "none,id=snd0,out.frequency=48000"],
      ...["-device", "ich9-intel-hda", "-device", "hda-output,audiodev=snd0,mixer=off"],
      ...chardev(folder, "qmp"),
      ...["-mon", "chardev=qmp,mode=control"],
    ],
    linux: {
      modules: [
        ...["bochs", "virtio_pci", "virtio_gpu", "virtio_input", "evdev"],
        ...["snd-hda-codec-generic", "snd-hda-intel"],
      ],
      // the second console lies on the second screen, which so is switched on
      append: "console=tty0 fbcon=map:01",
      init,
      files,
    },
  });
}

const addresses = (qemu: QemuGuest) => ({
  vnc: [{ path: qemu.socket("vnc0") }, { path: qemu.socket("vnc1") }],
  qmp: { path: qemu.socket("qmp") },
});

const shows = ({ pixels }: Picture, wanted: Uint32Array) =>
  pixels.length === wanted.length && pixels.every((pixel, i) => (pixel & 0xffffff) === wanted[i]);

Deno.test({
  name:
    "a QEMU without SPICE is seen from before its firmware on, typed into, pointed at and heard",
  ignore: !able,
  async fn() {
    await using qemu = await machine();
    const { vnc, qmp } = addresses(qemu);
    await using remote = await startRemote(vnc, { driver: "qemu", qmp, audio: true });
    const { guest } = remote;
    assertEquals(guest.power.state, "off");
    const colours = async () => new Set((await remote.picture()).pixels).size;
    await eventually(async () => await colours() > 2, "there is a notice");

    qemu.powerOn();
    // the firmware's text mode
    await remote.sized(720, 400);
    await eventually(async () => await colours() > 1, "the firmware says something");
    await eventually(() => guest.power.state === "running", "it runs");
    await qemu.says("guest is up", { seconds: 180 });
    await remote.sized(1280, 800);
    await remote.sized(1280, 800, 1);

    await qemu.tell("paint\n");
    await qemu.says("painted");
    await eventually(
      async () =>
        shows(await remote.picture(0), pattern(1)) && shows(await remote.picture(1), pattern(2)),
      "both screens show their patterns",
    );

    // QEMU's VGA cannot ask its guest for another size, its virtio-gpu can
    assert(guest.displays[1].requestMonitors([{ x: 0, y: 0, width: 1000, height: 700 }]));
    await remote.sized(1000, 700, 1);
    guest.displays[0].requestMonitors([{ x: 0, y: 0, width: 1000, height: 700 }]);
    await eventually(
      () => !guest.displays[0].requestMonitors([{ x: 0, y: 0, width: 1000, height: 700 }]),
      "the refusal is known",
    );
    await keys(qemu, remote);
    await pointing(qemu, remote);
    await sound(qemu, remote);
    await power(qemu, remote);
  },
});

async function keys(qemu: QemuGuest, remote: Remote): Promise<void> {
  type(remote, "yes zoo\n");
  await qemu.says("typed <yes zoo>");
  await qemu.tell("german\n");
  await qemu.says("now german");
  type(remote, "yes zoo\n");
  await qemu.says("typed <zes yoo>");
  let leds = 0;
  remote.guest.keyboard.onLeds((now) => leds = now);
  tap(remote.guest, 0x3a);
  await eventually(() => leds === 4, "the guest's caps lock is on");
  tap(remote.guest, 0x3a);
  await eventually(() => leds === 0, "the guest's caps lock is off again");
}

/** type 3 is EV_ABS, 1 is EV_KEY, 2 EV_REL; QEMU's tablet counts from 0 to 32767, and places are said by their far corners. */
async function pointing(qemu: QemuGuest, { guest }: Remote): Promise<void> {
  await eventually(() => guest.pointer.absolute, "the guest has a tablet");
  await qemu.tell("tablet\n");
  await qemu.says("listening");
  const event = (kind: number, code: number, value: RegExp) =>
    qemu.says(new RegExp(`^( +\\d+){8} +${kind} +${code} +${value.source} +\\d+ *\\r?$`, "m"));
  // whoever listens is not yet there when it says so
  await eventually(() => {
    guest.pointer.position(0, 0, 0, 0);
    guest.pointer.position(320, 600, 0, 0);
    return / 3 +0 +821\d /.test(qemu.serial);
  }, "the tablet moves");
  await event(3, 0, /821[0-9]/);
  await event(3, 1, /2461[0-9]/);
  guest.pointer.press("right", 4);
  await event(1, 273, /1/);
  guest.pointer.release("right", 0);
  await event(1, 273, /0/);
  guest.pointer.press("up", 8);
  guest.pointer.release("up", 0);
  await qemu.says(/^( +\d+){8} +(2 +8|1 +336) +1 +\d+ *\r?$/m);
}

/** Every sample that the guest plays, and nothing else but silence. */
async function sound(qemu: QemuGuest, { guest }: Remote): Promise<void> {
  const heard: number[] = [];
  let started = 0, stopped = 0;
  guest.sound!.attach({
    started: () => started++,
    played: (samples) => samples.forEach((sample) => sample !== 0 && heard.push(sample)),
    stopped: () => stopped++,
    volumeChanged: () => {},
  });
  // the connection is a new one, and a host under load may make the guest's player late
  for (let tries = 0;; tries++) {
    await new Promise((wake) => setTimeout(wake, 1000));
    heard.length = 0;
    const before = qemu.serial.length;
    await qemu.tell("play\n");
    await qemu.says(/played \d+/, { from: before });
    await eventually(() => stopped === started, "it is silent again", 10).catch(() => {});
    const same = heard.length === pcm.length && heard.every((sample, i) => sample === pcm[i]);
    if (same) break;
    assert(tries < 8, `${heard.length} samples were heard of ${pcm.length}: ${heard.slice(0, 8)}`);
  }
  assert(started > 0);
  guest.sound!.attach(null);
}

async function power(qemu: QemuGuest, remote: Remote): Promise<void> {
  const { guest } = remote;
  await guest.monitor!.execute("stop");
  await eventually(() => guest.power.state === "paused", "it pauses");
  await guest.monitor!.execute("cont");
  await eventually(() => guest.power.state === "running", "it goes on");
  const events: string[] = [];
  guest.monitor!.onEvent(({ event }) => events.push(event));
  await guest.power.powerDown();
  await eventually(() => events.includes("POWERDOWN"), "its power button was pressed");
  const before = qemu.serial.length;
  await guest.power.reset();
  await qemu.says("guest is up", { from: before, seconds: 180 });
  await remote.sized(1280, 800);
}

Deno.test({
  name: "spice-gtk stays connected while its QEMU is replaced, and shows the new one",
  ignore: !able || shot === null,
  async fn() {
    await using qemu = await QemuGuest.prepare({
      args: (folder) => ["-device", "VGA", "-vnc", `unix:${folder}/vnc.sock`],
      linux: {
        modules: ["bochs"],
        files: { pattern: new Uint8Array(pattern(3).buffer) },
        init:
          "echo 0 > /sys/class/graphics/fbcon/cursor_blink; cat /pattern > /dev/fb0; echo painted",
      },
    });
    const guest = remoteOptions([{ path: qemu.socket("vnc") }], { driver: "qemu" });
    await using served = await startAppliance({ guest, cards: [defaultCard] });
    qemu.powerOn();
    const file = await Deno.makeTempFile({ suffix: ".ppm" });
    const client = new Deno.Command(shot!, {
      args: [`${served.port}`, file, "600000", "300"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await eventually(() => served.appliance.clients === 1, "spice-gtk is there");
    await qemu.says("painted", { seconds: 180 });
    await qemu.powerOff();
    await new Promise((wake) => setTimeout(wake, 2500));
    qemu.powerOn();
    await qemu.says("painted", { seconds: 180 });
    const wanted = pattern(3);
    await eventually(
      async () => shows(await gtkPicture(served.port, 1500), wanted),
      "a new client sees the new guest",
    );
    assertEquals(served.appliance.clients, 1, "the first client is still there");
    client.kill("SIGUSR1");
    await client.status;
    const seen = decodePpm(await Deno.readFile(file));
    assert(shows(seen, wanted), "the first client sees the new guest too");
    await Deno.remove(file);
  },
});
