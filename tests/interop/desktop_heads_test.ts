/** Debian's X on two heads, and heard, through two of the console's pages in Chromium. */
import { assert, assertEquals } from "@std/assert";
import { canvasOf, draw, openConsole, same, shown } from "../browser/page.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { DesktopGuest, needsDesktop } from "../kit/desktop_guest.ts";
import { points } from "../kit/desktop_page.ts";
import { isPcm, pcm, PLAY, playerFiles } from "../kit/guest_player.ts";
import { needs } from "../kit/peers.ts";
import { decodePng } from "../kit/png.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";

/** Switches the page's sound on, and keeps what goes to its audio thread: `tapped`, the guest's samples. */
const listen = `(async () => {
  const Channel = MessageChannel;
  globalThis.tapped = [];
  globalThis.MessageChannel = function () {
    const engine = new Channel(), thread = new Channel();
    engine.port1.onmessage = ({ data }) => {
      if (data) for (const sample of data.samples) tapped.push(sample * 32768);
      thread.port2.postMessage(data);
    };
    return { port1: thread.port1, port2: engine.port2 };
  };
  try {
    await viewer.sound.enable();
  } finally {
    globalThis.MessageChannel = Channel;
  }
})()`;

/** What was tapped, from this sample on. */
async function heard(browser: Chromium, from: number): Promise<Int16Array> {
  const text: string = await browser.evaluate(
    `new Uint8Array(Int16Array.from(tapped.slice(${from})).buffer).toBase64()`,
  );
  return new Int16Array(Uint8Array.fromBase64(text).buffer);
}

Deno.test({
  name:
    "two heads of one card are two pages that size and point at each its own, and a page gets every sample that the guest plays",
  ignore: needsDesktop("xdotool").ignore || needs("chromium", "cc").ignore,
  async fn() {
    await using guest = await DesktopGuest.prepare({
      screens: (folder) => [
        ...["-device", "virtio-vga,id=video0,edid=on,max_outputs=2"],
        ...["-vnc", `unix:${folder}/vnc0.sock,display=video0,head=0,audiodev=snd0`],
        ...["-vnc", `unix:${folder}/vnc1.sock,display=video0,head=1,audiodev=snd0`],
      ],
      outputs: ["Virtual-1", "Virtual-2"],
      audio: true,
      files: await playerFiles(),
    });
    await using served = await guest.serve({ sound: { playbackCompression: false } });
    guest.qemu.powerOn();
    await guest.up();
    await using console = await serveConsole(joinPort(served.port));
    await using undo = new AsyncDisposableStack();
    const pages: Chromium[] = [];
    for (const display of [0, 1]) {
      pages.push(undo.use(await openConsole(`${console.web.address}?display=${display}`)));
    }
    for (const page of pages) {
      await shown(page);
      await page.evaluate(`document.getElementById("follow").click()`);
    }
    let width = 800;
    const arrange = async () => {
      await draw(pages[0], width, 600);
      await draw(pages[1], 640, 480);
      await eventually(
        async () => (await guest.run("xrandr")).includes(`current ${width + 640} x 600,`),
        "X has both, side by side",
        60,
      );
    };
    await arrange();
    await guest.run("xsetroot -solid '#204060'; xterm -geometry 30x10+900+100 > /dev/null 2>&1 &");

    for (let tries = 0;; tries++) {
      for (const [display, page] of pages.entries()) {
        const size = JSON.stringify(display === 0 ? [width, 600] : [640, 480]);
        await eventually(
          async () =>
            await browserSize(page) === size &&
            same(await canvasOf(page), await decodePng(await served.appliance.screenshot(display))),
          `page ${display} is ${size}, and has the guest's pixels`,
          60,
        );
      }
      try {
        await points(pages[0], guest, 100, 50, 0, 30);
        await points(pages[1], guest, 100, 50, width, 30);
        break;
      } catch (error) {
        // the guest's agent makes its tablet anew with a size, and under load X may miss it: one sizes it again
        if (tries === 3) throw error;
        width -= 8;
        await arrange();
      }
    }
    assertEquals(pages.flatMap((page) => page.console), []);
    await hears(pages[0], guest);
    assertEquals(served.log.filter((line) => line.includes(`"level":"error"`)), []);
  },
});

const browserSize = (page: Chromium): Promise<string> =>
  page.evaluate("JSON.stringify([viewer.size.width, viewer.size.height])");

async function hears(browser: Chromium, guest: DesktopGuest): Promise<void> {
  // somebody clicks: from then on a browser lets a page be heard
  for (const what of ["Pressed", "Released"] as const) await browser.mouse(what, 3, 590);
  await browser.evaluate(listen);
  // a host under load may make the guest's player late, which then plays gaps
  for (let tries = 0;; tries++) {
    const before: number = await browser.evaluate("tapped.length");
    await guest.try(PLAY);
    await eventually(
      async () => await browser.evaluate("tapped.length") - before >= pcm.length,
      "it was played",
      20,
    ).catch(() => {});
    await new Promise((wake) => setTimeout(wake, 1000));
    const samples = await heard(browser, before);
    if (isPcm(samples)) return;
    assert(tries < 8, `${samples.length} samples were heard of ${pcm.length}`);
  }
}
