/** Text consoles on the console's page: a shell on a serial line of a real QEMU without SPICE. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type ApplianceOptions, defaultWeb } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { needsLinux } from "../kit/initramfs.ts";
import { needs } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { ignore, openConsole } from "./page.ts";

/** A shell on the second serial line. */
const init = `
while true; do setsid -c sh -i </dev/ttyS1 >/dev/ttyS1 2>&1; sleep 1; done &
echo guest-up
`;

const options = (folder: string): Partial<ApplianceOptions> => ({
  characterDevices: ["tty", "monitor"].map((id) => ({
    id,
    backend: "socket" as const,
    address: { path: `${folder}/${id}.sock` },
    server: false,
    reconnectSeconds: 1,
  })),
  ports: ["tty", "monitor"].map((id) => ({
    kind: "port",
    name: `org.example.${id}`,
    chardev: id,
    filter: null,
  })),
  web: { ...defaultWeb, port: 0 },
});

const click = (browser: Chromium, id: string) =>
  browser.evaluate(`document.getElementById("${id}").click()`);

/** Keys as a person presses them; xterm.js takes letters from key presses. */
async function type(browser: Chromium, text: string): Promise<void> {
  for (const letter of text) {
    const enter = letter === "\n";
    const key = enter ? "Enter" : letter, said = enter ? "\r" : letter;
    const number = enter ? 13 : /\w/.test(letter) ? letter.toUpperCase().charCodeAt(0) : 0;
    const common = { key, windowsVirtualKeyCode: number };
    await browser.command("Input.dispatchKeyEvent", { type: "keyDown", text: said, ...common });
    await browser.command("Input.dispatchKeyEvent", { type: "keyUp", ...common });
  }
}

Deno.test({
  name: "a shell on a serial line of QEMU is used in the page's text console, within its policy",
  ignore: ignore || needs("qemu-system-x86_64").ignore || needsLinux().ignore,
  async fn() {
    await using qemu = await QemuGuest.start({
      linux: { init },
      args: (folder) => [
        ...chardev(folder, "tty"),
        ...chardev(folder, "monitor"),
        ...["-device", "isa-serial,chardev=tty,index=1"],
        // QEMU's own console for people
        ...["-mon", "chardev=monitor,mode=readline"],
      ],
    });
    await using served = await startAppliance(options(qemu.folder));
    await using browser = await openConsole(served.appliance.console!);
    await browser.evaluate(
      `void addEventListener("securitypolicyviolation", (e) => (window.broken ??= []).push(e.effectiveDirective + " " + e.sourceFile))`,
    );
    await browser.command("Browser.grantPermissions", {
      permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
    const text = (name: string): Promise<string> =>
      browser.evaluate(`devices.consoles.text("org.example.${name}") ?? ""`);
    const says = async (name: string, what: RegExp, seconds = 60) => {
      await eventually(async () => what.test(await text(name)), `it says ${what}`, seconds);
    };
    const tab = (id: number) =>
      browser.evaluate(`document.getElementById("text-console-tab-${id}").dataset.state`);

    await qemu.says("guest-up", { seconds: 240 });
    await eventually(
      () => browser.evaluate(`!document.getElementById("devices").hidden`),
      "the page is connected, and the bar has what is for devices",
      120,
    );
    await click(browser, "open-consoles");
    await eventually(async () => await tab(0) === "open" && await tab(1) === "open", "both open");
    await eventually(
      () => browser.evaluate(`document.activeElement.className === "xterm-helper-textarea"`),
      "the first console has the keyboard",
    );
    await type(browser, "\necho it is $((6*7))\n");
    await says("tty", /it is 42/);

    // colours that xterm.js sets by style attributes
    await type(browser, "printf '\\033[38;2;255;1;2mRED\\033[0m'\n");
    const red = `[...document.querySelectorAll(".xterm-rows span")].filter((span) =>
      span.textContent.includes("RED")).map((span) => getComputedStyle(span).color)`;
    await eventually(
      async () => (await browser.evaluate(red)).includes("rgb(255, 1, 2)"),
      "it is red",
    );
    const font = `getComputedStyle(document.querySelector(".xterm-rows")).whiteSpace`;
    assertEquals(await browser.evaluate(font), "pre", "its own style sheets hold");

    await type(browser, "seq -s . -f x%g 1 3; seq 1 400\n");
    await says("tty", /\n399\n400\n/);
    assertMatch(await text("tty"), /\n1\n2\n3\n/, "what scrolled away is still there");

    await click(browser, "text-console-size");
    await type(browser, "stty size\n");
    const size = async () => /\n(\d+) (\d+)\n/.exec((await text("tty")).split("stty size").at(-1)!);
    await eventually(async () => await size() !== null, "the guest knows the size");
    const before = Number((await size())![1]);
    assert(before > 5, `${before} lines`);
    await browser.evaluate(`document.body.style.setProperty("--consoles", "200px")`);
    const rows = `document.querySelector(".xterm-rows").childElementCount`;
    await eventually(async () => await browser.evaluate(rows) < before, "fewer lines fit");

    await browser.evaluate(`navigator.clipboard.writeText("echo pasted-$((1+1))")`);
    await click(browser, "text-console-paste");
    await says("tty", /echo pasted-/);
    await type(browser, "\n");
    await says("tty", /\npasted-2/);
    await click(browser, "text-console-copy");
    await eventually(
      async () => (await browser.evaluate("navigator.clipboard.readText()")).includes("pasted-2"),
      "it can be copied",
    );

    await click(browser, "text-console-tab-1");
    await type(browser, "info version\n");
    await says("monitor", /\(qemu\) info version\r?\n\d+\.\d+/);

    // the machine is replaced, and its consoles come back by themselves
    await qemu.powerOff();
    await eventually(async () => await tab(0) === "closed", "it is said to be closed");
    qemu.powerOn();
    await eventually(async () => await tab(0) === "open", "it is open again", 60);
    await type(browser, "info name\ninfo version\n");
    const versions = async () => (await text("monitor")).match(/\n\d+\.\d+\.\d+/g)?.length;
    await eventually(async () => await versions() === 2, "it is used again", 60);

    await click(browser, "text-console-close");
    await eventually(
      async () => await browser.evaluate("document.activeElement === viewer.screen"),
      "the keyboard is the screen's again",
    );
    assertEquals(await browser.evaluate("window.broken ?? []"), []);
    assertEquals(browser.console, []);
  },
});
