/** Debian's X and spice-vdagent in a QEMU without SPICE, used through spice-gtk and remote-viewer. */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import type { TestAppliance } from "../kit/appliance.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { DesktopGuest, needsDesktop, oneScreen } from "../kit/desktop_guest.ts";
import { isPcm, pcm, PLAY, playerFiles } from "../kit/guest_player.ts";
import { Hand, handProgram } from "../kit/hand.ts";
import { noisePng } from "../kit/noise.ts";
import { installed, needs, peer, run } from "../kit/peers.ts";
import { SoundClient } from "../kit/sounding.ts";
import { GuestWindow } from "../kit/window.ts";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** Waits until the guest's agent has spoken: until then the appliance plays one. */
const agentIsThere = ({ log }: TestAppliance, times = 1) =>
  eventually(
    () => log.filter((line) => line.includes(`"agent-connected"`)).length >= times,
    "the guest's agent is there",
    120,
  );

/**
 * Where the guest's X has its pointer. QEMU's tablet counts to 32767 whatever the width: a pixel is lost.
 * again: what moves it there, where that may be lost.
 */
async function pointerIs(
  guest: DesktopGuest,
  x: number,
  y: number,
  again?: () => Promise<void>,
): Promise<void> {
  let said = "";
  await eventually(
    async () => {
      await again?.();
      said = await guest.run("xdotool getmouselocation");
      const [, atX, atY] = /^x:(\d+) y:(\d+)/.exec(said)!.map(Number);
      return Math.abs(atX - x) <= 1 && Math.abs(atY - y) <= 1;
    },
    `the guest's pointer is at ${x}, ${y}`,
    120,
  ).catch((error) => {
    throw new Error(`${error.message}: ${said}`);
  });
}

/**
 * Points where only the agent can: with each size vdagentd makes itself a new tablet, and what that says
 * is lost until X has found it; so a hand goes on. left: where the display begins in X.
 */
const agentPoints = (
  hand: Hand,
  guest: DesktopGuest,
  { x, y, display, left }: { x: number; y: number; display: number; left: number },
) =>
  pointerIs(guest, left + x, y, async () => {
    await hand.tell("point", x + 40, y + 40, display);
    await hand.tell("point", x, y, display);
  });

Deno.test({
  name:
    "spice-gtk sees a machine from its firmware on, sizes it, points at it, sends 50 MB, and stays over its reboot",
  ignore: needsDesktop("xdotool").ignore || handProgram === null,
  async fn() {
    await using guest = await DesktopGuest.prepare({ screens: oneScreen });
    await using served = await guest.serve();
    await using hand = new Hand(served.port);
    await hand.says(({ event }) => event === "primary", "there is a notice");
    guest.qemu.powerOn();
    await guest.up();
    await agentIsThere(served);
    const sizes = () =>
      hand.said.flatMap(({ event, width, height }) =>
        event === "primary" ? [`${width}×${height}`] : []
      );
    await eventually(() => sizes().at(-1) === "1280×800", "X is seen");
    assert(sizes().includes("720×400"), `the firmware was seen: ${sizes()}`);

    await hand.tell("size", 0, 0, 0, 1000, 704);
    await eventually(() => sizes().at(-1) === "1000×704", "the guest has the size");
    await eventually(
      async () => (await guest.run("xrandr")).includes("current 1000 x 704"),
      "X has the size",
    );
    await hand.tell("point", 900, 650, 0);
    await pointerIs(guest, 900, 650);

    const bytes = new Uint8Array(50_000_000);
    for (let at = 0; at < bytes.length; at += 1 << 16) {
      crypto.getRandomValues(bytes.subarray(at, at + (1 << 16)));
    }
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeFile(file, bytes);
      await hand.tell("file", file);
      const [sent] = await hand.says(({ event }) => event === "sent", "it is sent", 300);
      assertEquals(sent, { event: "sent", done: 1, why: "" });
    } finally {
      await Deno.remove(file);
    }
    assertEquals((await guest.run("cat /root/files/* | md5sum")).slice(0, 32), md5(bytes));

    const before = guest.qemu.serial.length;
    await guest.qemu.tell("0 echo b > /proc/sysrq-trigger\n");
    await guest.up(before);
    await agentIsThere(served, 2);
    await hand.tell("size", 0, 0, 0, 800, 600);
    await eventually(() => sizes().at(-1) === "800×600", "the guest that booted again has a size");
    await hand.tell("point", 10, 590, 0);
    await pointerIs(guest, 10, 590);
    assertEquals(served.log.filter((line) => line.includes(`"level":"error"`)), []);
    assertEquals(
      hand.said.filter(({ event, is }) => event === "channel" && is !== 10),
      [],
      "no channel was lost",
    );
  },
});

Deno.test({
  name:
    "remote-viewer types into Debian's X in two layouts, points, and shares one clipboard with it",
  ignore: needsDesktop("xdotool").ignore ||
    needs("remote-viewer", "Xvfb", "xdotool", "import", "xclip").ignore,
  async fn() {
    const theirs = await noisePng(1), ours = await noisePng(2);
    await using guest = await DesktopGuest.prepare({
      screens: oneScreen,
      files: { "root/theirs.png": theirs },
    });
    await using served = await guest.serve();
    guest.qemu.powerOn();
    await guest.up();
    await agentIsThere(served);
    await using desk = await Desk.open("1500x1100");
    desk.start("remote-viewer", `spice://127.0.0.1:${served.port}`);
    await eventually(async () => (await desk.windows("QEMU")).length > 0, "its window is there");
    const [viewer] = await desk.windows("QEMU");

    // the guest follows the window
    await desk.hand("windowsize", viewer, "1200", "900");
    await eventually(
      // its menu and borders are not the guest's
      async () => /current 11[5-9]\d x 8\d\d,/.test(await guest.run("xrandr")),
      "the guest is as large as the window",
    );
    await guest.run(
      "xterm -b 0 -geometry 192x62+0+0 -e sh -c 'seq -s \" \" 1 5000; cat > /tmp/typed' > /dev/null 2>&1 &",
    );
    await eventually(
      async () => (await guest.try("cat /tmp/typed")).code === 0,
      "something is there that reads",
    );
    const window = await GuestWindow.find(desk, served.appliance);
    await window.click({ x: 700, y: 300 });
    await pointerIs(guest, 700, 300);
    const types = async (text: string, typed: string) => {
      await desk.hand("type", "--delay", "40", text);
      await desk.hand("key", "Return");
      await eventually(
        async () => (await guest.run("cat /tmp/typed")).endsWith(`${typed}\n`),
        `${typed} is typed`,
      );
    };
    await types("yes zoo", "yes zoo");
    await guest.run("setxkbmap de");
    await types("yes-zoo", "zesßyoo");

    await clipboard(desk, guest, theirs, ours);
    assertEquals(served.log.filter((line) => line.includes(`"level":"error"`)), []);
  },
});

/** Text and pictures, both ways. */
async function clipboard(
  desk: Desk,
  guest: DesktopGuest,
  theirs: Uint8Array,
  ours: Uint8Array,
): Promise<void> {
  const env = { DISPLAY: desk.display };
  const folder = await Deno.makeTempDir();
  const copy = async (type: string, bytes: Uint8Array) => {
    const file = `${folder}/${type.replace("/", "-")}`;
    await Deno.writeFile(file, bytes);
    desk.start("xclip", "-selection", "clipboard", "-t", type, "-quiet", "-i", file);
  };
  const pasted = async (type: string) => {
    const line = `xclip -selection clipboard -t ${type} -o > "$0"`;
    const out = `${folder}/pasted`;
    await run("sh", ["-c", `timeout 20 ${line}`, out], { env, fails: true });
    return md5(await Deno.readFile(out));
  };
  const pastedThere = async (type: string) => {
    const { said } = await guest.try(
      `timeout 20 xclip -selection clipboard -t ${type} -o 2>/dev/null | md5sum`,
    );
    return said.slice(0, 32);
  };
  try {
    const text = new TextEncoder().encode("beside: grüße, 世界 ✓");
    await copy("UTF8_STRING", text);
    await eventually(
      async () => await pastedThere("UTF8_STRING") === md5(text),
      "text goes in",
      60,
    );
    await guest.run("printf 'inside: grüße ☃' | xclip -selection clipboard -i > /dev/null 2>&1");
    const inside = md5(new TextEncoder().encode("inside: grüße ☃"));
    await eventually(async () => await pasted("UTF8_STRING") === inside, "text comes out", 60);
    await copy("image/png", ours);
    await eventually(async () => await pastedThere("image/png") === md5(ours), "a picture in", 60);
    await guest.run(
      "xclip -selection clipboard -t image/png -i /root/theirs.png > /dev/null 2>&1",
    );
    await eventually(async () => await pasted("image/png") === md5(theirs), "and one out", 60);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "two heads of one card are two displays, sized and pointed at each",
  ignore: needsDesktop("xdotool").ignore || handProgram === null,
  async fn() {
    await using guest = await DesktopGuest.prepare({
      screens: (folder) => [
        ...["-device", "virtio-vga,id=video0,edid=on,max_outputs=2"],
        ...["-vnc", `unix:${folder}/vnc0.sock,display=video0,head=0`],
        ...["-vnc", `unix:${folder}/vnc1.sock,display=video0,head=1`],
      ],
      outputs: ["Virtual-1", "Virtual-2"],
    });
    await using served = await guest.serve();
    await using hand = new Hand(served.port);
    guest.qemu.powerOn();
    await guest.up();
    await agentIsThere(served);
    await hand.tell("size", 0, 0, 0, 800, 600);
    await hand.tell("size", 1, 800, 0, 640, 480);
    for (const [display, width] of [[0, 800], [1, 640]]) {
      await hand.says(
        (said) => said.event === "primary" && said.display === display && said.width === width,
        `display ${display} is ${width} wide`,
      );
    }
    await eventually(
      async () => /current 1440 x 600,/.test(await guest.run("xrandr")),
      "X has both, side by side",
    );
    await agentPoints(hand, guest, { x: 100, y: 50, display: 1, left: 800 });
    await agentPoints(hand, guest, { x: 333, y: 444, display: 0, left: 0 });
    const told = await guest.run("cat /tmp/vdagent.out");
    for (const display of [0, 1]) {
      assert(
        new RegExp(`channel_id: ${display} .*device_display_id: ${display} xrandr`).test(told),
        `the agent knows display ${display}: ${told}`,
      );
    }
  },
});

Deno.test({
  name: "a card that takes no sizes is sized by the agent, which points for a guest without tablet",
  ignore: needsDesktop("xdotool").ignore || handProgram === null,
  async fn() {
    await using guest = await DesktopGuest.prepare({
      screens: (folder) => [
        ...["-device", "VGA,id=video0", "-vnc", `unix:${folder}/vnc0.sock,display=video0`],
      ],
      tablet: false,
    });
    await using served = await guest.serve();
    await using hand = new Hand(served.port);
    guest.qemu.powerOn();
    await guest.up();
    await agentIsThere(served);
    // nobody else shall arrange the screens
    await guest.run("killall xev");
    await hand.tell("size", 0, 0, 0, 1000, 704);
    await eventually(
      async () => (await guest.run("xrandr")).includes("current 1000 x 704,"),
      "X has the size",
    );
    await hand.says(({ width }) => width === 1000, "the size is seen");
    await agentPoints(hand, guest, { x: 900, y: 650, display: 0, left: 0 });
  },
});

const sounds = peer("sounds");

Deno.test({
  name: "spice-gtk hears every sample that a program in the guest plays",
  ignore: needsDesktop().ignore || sounds === null || !installed("cc"),
  async fn() {
    await using guest = await DesktopGuest.prepare({
      screens: (folder) => [
        ...["-device", "virtio-vga,id=video0"],
        ...["-vnc", `unix:${folder}/vnc0.sock,display=video0,audiodev=snd0`],
      ],
      audio: true,
      files: await playerFiles(),
    });
    await using served = await guest.serve({ sound: { playbackCompression: false } });
    guest.qemu.powerOn();
    await guest.up();
    await using client = new SoundClient(sounds!, served.port);
    await eventually(() => client.has("playback"), "the channel is there");
    // a host under load may make the guest's player late, which then plays gaps
    for (let tries = 0;; tries++) {
      const before = (await client.heard()).length;
      await guest.try(PLAY);
      await eventually(
        async () => (await client.heard()).length - before >= pcm.length,
        "it was played",
        20,
      ).catch(() => {});
      await new Promise((wake) => setTimeout(wake, 1000));
      const heard = (await client.heard()).subarray(before);
      if (isPcm(heard)) break;
      assert(tries < 8, `${heard.length} samples were heard of ${pcm.length}`);
    }
  },
});
