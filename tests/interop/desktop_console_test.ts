/** Debian's X and spice-vdagent in a QEMU without SPICE, used through the console's page in Chromium. */
import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { canvasOf, openConsole, shown } from "../browser/page.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { DesktopGuest, needsDesktop, oneScreen } from "../kit/desktop_guest.ts";
import { place, points, press } from "../kit/desktop_page.ts";
import { noisePng } from "../kit/noise.ts";
import { needs } from "../kit/peers.ts";
import { decodePng } from "../kit/png.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** The keys of a US keyboard that the test needs. */
const codes: Record<string, [code: string, number: number]> = {
  " ": ["Space", 32],
  "-": ["Minus", 189],
  "\n": ["Enter", 13],
};
for (const letter of "eosyz") {
  const upper = letter.toUpperCase();
  codes[letter] = [`Key${upper}`, upper.charCodeAt(0)];
}

async function type(browser: Chromium, text: string): Promise<void> {
  for (const character of text) {
    const [code, number] = codes[character];
    const key = character === "\n" ? "Enter" : character;
    await press(browser, key, code, number);
  }
}

/** SeaBIOS tells a port of its own what it shows, and waits at its menu for a key. */
const firmware = (folder: string) => [
  ...["-boot", "menu=on,splash-time=60000"],
  ...["-chardev", `file,id=firmware,path=${folder}/firmware.log`],
  ...["-device", "isa-debugcon,iobase=0x402,chardev=firmware"],
];

/** Sees on the page that the firmware asks, opens its menu, sees that, and boots. */
async function boots(browser: Chromium, guest: DesktopGuest, times: number): Promise<void> {
  const says = (what: string) =>
    eventually(
      async () => {
        const said = await Deno.readTextFile(`${guest.qemu.folder}/firmware.log`).catch(() => "");
        return said.split(what).length > times;
      },
      `the firmware says "${what}"`,
      120,
    );
  const letters = async () => {
    const { width, height, pixels } = await canvasOf(browser);
    return width === 720 && height === 400 ? pixels.filter((pixel) => pixel !== 0).length : 0;
  };
  await says("Press ESC for boot menu");
  let asked = 0;
  await eventually(async () => (asked = await letters()) > 1500, "the firmware is on the page", 60);
  await press(browser, "Escape", "Escape", 27);
  await says("Select boot device");
  await eventually(async () => await letters() > asked + 300, "its menu is on the page", 60);
  // the kernel that QEMU was given comes first
  await press(browser, "1", "Digit1", 49);
}

const takesFiles = (browser: Chromium) =>
  eventually(
    () => browser.evaluate(`!document.getElementById("send-files").hidden`),
    "the guest takes files",
    120,
  );

const followed = (browser: Chromium, guest: DesktopGuest) =>
  eventually(
    async () => {
      const { width, height } = await browser.evaluate("viewer.size");
      const current = `current ${width} x ${height},`;
      return width !== 1280 && (await guest.run("xrandr")).includes(current);
    },
    "the guest is as large as the page",
    120,
  );

Deno.test({
  name:
    "the console boots Debian from its firmware's menu on, types into X in two layouts, points, sizes it, shares its clipboard, sends it 50 MB, and stays over a reboot",
  ignore: needsDesktop("xdotool").ignore || needs("chromium").ignore,
  async fn() {
    const theirs = await noisePng(3), ours = await noisePng(4);
    await using guest = await DesktopGuest.prepare({
      screens: oneScreen,
      more: firmware,
      files: { "root/theirs.png": theirs },
    });
    await using served = await guest.serve();
    await using console = await serveConsole(joinPort(served.port));
    await using browser = await openConsole(console.web.address);
    await browser.command("Browser.grantPermissions", {
      permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
    await shown(browser);
    guest.qemu.powerOn();
    await boots(browser, guest, 1);
    await guest.up();
    await takesFiles(browser);

    await browser.evaluate(`document.getElementById("follow").click()`);
    await followed(browser, guest);

    await guest.run("xterm -b 0 -geometry 100x40+0+0 -e 'cat > /tmp/typed' > /dev/null 2>&1 &");
    await eventually(
      async () => (await guest.try("cat /tmp/typed")).code === 0,
      "it reads",
      120,
    );
    await points(browser, guest, 301, 207);
    for (const what of ["Pressed", "Released"] as const) {
      await browser.mouse(what, ...await place(browser, 301, 207));
    }
    for (const [layout, typed] of [["us", "yes-zoo"], ["de", "zesßyoo"]]) {
      await guest.run(`setxkbmap ${layout}`);
      await type(browser, "yes-zoo\n");
      await eventually(
        async () => (await guest.run("cat /tmp/typed")).endsWith(`${typed}\n`),
        `${typed} is typed`,
        120,
      );
    }
    await clipboard(browser, guest, theirs, ours);
    await file(browser, guest);

    const from = guest.qemu.serial.length;
    await guest.qemu.tell("0 echo b > /proc/sysrq-trigger\n");
    await boots(browser, guest, 2);
    await guest.up(from);
    await takesFiles(browser);
    await followed(browser, guest);
    await points(browser, guest, 40, 500);
    assertEquals(browser.console, []);
    assertEquals(served.log.filter((line) => line.includes(`"level":"error"`)), []);
  },
});

async function clipboard(
  browser: Chromium,
  guest: DesktopGuest,
  theirs: Uint8Array,
  ours: Uint8Array,
): Promise<void> {
  const give = () => browser.evaluate(`document.getElementById("send-clipboard").click()`);
  const pasted = async (type: string) =>
    (await guest.try(
      `timeout 20 xclip -selection clipboard -t ${type} -o 2>/dev/null | base64 -w 0`,
    ))
      .said;
  await browser.evaluate(`navigator.clipboard.writeText("beside: grüße ✓")`);
  await give();
  await eventually(
    async () =>
      new TextDecoder().decode(Uint8Array.fromBase64(await pasted("UTF8_STRING"))) ===
        "beside: grüße ✓",
    "text goes in",
  );
  await guest.run("printf 'inside: grüße ☃' | xclip -selection clipboard -i > /dev/null 2>&1");
  await eventually(
    async () => await browser.evaluate("navigator.clipboard.readText()") === "inside: grüße ☃",
    "text comes out",
  );
  // browsers write pictures anew: the pixels are the same, the bytes are not
  const pixels = async (png: Uint8Array) =>
    md5(new Uint8Array((await decodePng(png)).pixels.buffer));
  await browser.evaluate(`(async () => {
    const bytes = Uint8Array.fromBase64("${ours.toBase64()}");
    const image = new Blob([bytes], { type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
  })()`);
  await give();
  await eventually(async () => {
    const bytes = Uint8Array.fromBase64(await pasted("image/png"));
    return bytes.length > 0 && await pixels(bytes) === await pixels(ours);
  }, "a picture goes in");
  await guest.run("xclip -selection clipboard -t image/png -i /root/theirs.png > /dev/null 2>&1");
  await eventually(async () => {
    const said = await browser.evaluate(`(async () => {
      for (const item of await navigator.clipboard.read()) {
        if (!item.types.includes("image/png")) continue;
        const blob = await item.getType("image/png");
        return new Uint8Array(await blob.arrayBuffer()).toBase64();
      }
      return "";
    })()`);
    return said !== "" && await pixels(Uint8Array.fromBase64(said)) === await pixels(theirs);
  }, "a picture comes out");
}

async function file(browser: Chromium, guest: DesktopGuest): Promise<void> {
  const bytes = new Uint8Array(50_000_000);
  for (let at = 0; at < bytes.length; at += 1 << 16) {
    crypto.getRandomValues(bytes.subarray(at, at + (1 << 16)));
  }
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    const { root } = await browser.command("DOM.getDocument");
    const { nodeId } = await browser.command("DOM.querySelector", {
      nodeId: root.nodeId,
      selector: "#files-input",
    });
    await browser.command("DOM.setFileInputFiles", { nodeId, files: [path] });
    await eventually(
      async () => (await guest.run("cat /root/files/* | md5sum")).startsWith(md5(bytes)),
      "the file is in the guest as it was",
      300,
    );
  } finally {
    await Deno.remove(path);
  }
}
