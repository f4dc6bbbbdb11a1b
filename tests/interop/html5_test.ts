/** spice-html5 in Chromium, over WebSocket to the SPICE port itself. */
import { assert, assertEquals } from "@std/assert";
import { bold, type Font, mono } from "../../qxl/drivers/demo/font.ts";
import { startAppliance } from "../kit/appliance.ts";
import { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import { assertSamePixels, decodePng, type Picture } from "../kit/png.ts";
import { findText } from "../kit/reading.ts";
import { html5Installed, servePages } from "../kit/html5.ts";
import { serveDemo } from "../kit/served.ts";
import { same } from "../kit/window.ts";

Deno.test({
  name: "spice-html5 shows the demo and its cursor, types into it and points at it",
  ignore: !html5Installed() || needs("chromium").ignore,
  async fn() {
    await using served = await serveDemo();
    await using web = servePages();
    await using browser = await Chromium.open(
      `http://127.0.0.1:${web.port}/spice_auto.html?host=127.0.0.1&port=${served.port}&path=`,
    );
    await eventually(
      () => (served.sessions.clients[0]?.channels ?? 0) >= 4,
      "its channels are up",
    );
    const colours = `(() => {
      const canvas = document.querySelector("canvas");
      if (!canvas) return 0;
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`;
    await eventually(async () => await browser.evaluate(colours) > 1000, "it shows the desktop");
    const { x, y } = await browser.evaluate(`(() => {
      const { x, y } = document.querySelector("canvas").getBoundingClientRect();
      return { x, y };
    })()`);

    await browser.mouse("Moved", x + 200, y + 150);
    await browser.mouse("Pressed", x + 200, y + 150);
    await browser.mouse("Released", x + 200, y + 150);
    await eventually(() => served.moves.some(([kind]) => kind === "release"), "a click arrives");
    const [kind, across, down] = served.moves[0];
    assertEquals(kind, "position");
    // the page lies between pixels
    assert(
      Math.abs(Number(across) - 200) <= 2 && Math.abs(Number(down) - 150) <= 2,
      "where it was",
    );
    await browser.key("keyDown", "a", "KeyA", 65);
    await browser.key("keyUp", "a", "KeyA", 65);
    await eventually(() => served.keys.flat().includes(0x9e), "a key arrives");
    assertEquals(served.keys.flat(), [0x1e, 0x9e]);

    const cursor = `document.getElementById("spice-screen").style.cursor`;
    await eventually(
      async () => (await browser.evaluate(cursor)).includes("image/png"),
      "it shows the guest's cursor",
    );
    assertEquals(
      browser.console.filter((line) => /threw|FIXME|No support/i.test(line)),
      [],
      "nothing came that it cannot do",
    );
    assertEquals([...served.log.of("client-erred"), ...served.log.of("channel-failed")], []);
  },
});

/** The canvas's colours. */
async function canvas(browser: Chromium): Promise<Picture> {
  const { width, height, data } = await browser.evaluate(`(() => {
    const canvas = document.querySelector("canvas");
    const { width, height } = canvas;
    const bytes = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return { width, height, data: btoa(text) };
  })()`);
  const bytes = Uint8Array.fromBase64(data), pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = bytes[4 * i] << 16 | bytes[4 * i + 1] << 8 | bytes[4 * i + 2];
  }
  return { width, height, pixels };
}

for (const secure of [false, true]) {
  Deno.test({
    name: `spice-html5's canvas has the guest's pixels, over ${secure ? "wss" : "ws"}`,
    ignore: !html5Installed() || needs("chromium").ignore,
    async fn() {
      const files = { certFile: pkiFile("v3-cert.pem"), keyFile: pkiFile("server-key.pem") };
      await using served = await startAppliance({
        listen: { tlsPort: secure ? 0 : null },
        tls: secure ? { ...files, keyPassword: null, caFile: null } : null,
        images: {
          compression: "off",
          jpegWan: "never",
          zlibGlzWan: "never",
          streamingVideo: "off",
        },
      }, "debug");
      await using web = servePages(secure ? files : undefined);
      const port = secure ? served.tlsPort : served.port;
      await using browser = await Chromium.open(
        `${web.url}/spice_auto.html?host=127.0.0.1&port=${port}&path=`,
      );
      const opened = () => served.log.filter((line) => line.includes("channel-opened"));
      const needed = ["main-0", "display-0", "inputs-0", "cursor-0"];
      await eventually(
        () => needed.every((name) => opened().some((line) => line.includes(`"${name}"`))),
        "its channels are up",
      );
      assertEquals(opened().filter((line) => !line.includes(`"secure":${secure}`)), []);
      const place = `(() => {
        const canvas = document.querySelector("canvas");
        const { x, y } = canvas?.getBoundingClientRect() ?? {};
        return {
          x: x + canvas?.clientLeft,
          y: y + canvas?.clientTop,
          width: canvas?.width,
          height: canvas?.height,
        };
      })()`;
      const guest = async () => await decodePng(await served.appliance.screenshot(0));
      await eventually(async () => {
        const { width, height } = await browser.evaluate(place), picture = await guest();
        return served.log.some((line) => line.includes("monitors-requested")) &&
          width === picture.width && height === picture.height;
      }, "it is as large as the guest, whom it asked to be as large as the page");
      const { x: left, y: top } = await browser.evaluate(place);
      const seen = async (text: string, font: Font) => {
        let spot: { x: number; y: number } | null = null;
        await eventually(async () => {
          spot = findText(await guest(), text, font);
          return spot !== null;
        }, `the guest shows "${text}"`);
        return { x: spot!.x + left, y: spot!.y + top };
      };
      const click = async (x: number, y: number) => {
        for (const type of ["Moved", "Pressed", "Released"] as const) {
          await browser.mouse(type, x, y);
        }
      };
      const movie = await seen("Moving picture", bold);
      await click(movie.x + 50, movie.y + 100);
      const welcome = await seen("Welcome to spice-appliance", mono);
      await click(welcome.x, welcome.y);
      for (const letter of "html") {
        const code = letter.toUpperCase();
        await browser.key("keyDown", letter, `Key${code}`, code.charCodeAt(0));
        await browser.key("keyUp", letter, `Key${code}`, code.charCodeAt(0));
      }
      await seen("html", mono);
      const paint = await seen("Paint", bold);
      await browser.mouse("Moved", paint.x, paint.y);
      await browser.mouse("Pressed", paint.x, paint.y);
      for (let i = 1; i <= 10; i++) await browser.mouse("Moved", paint.x + 7 * i, paint.y - 20 * i);
      await browser.mouse("Released", paint.x + 70, paint.y - 200);
      await eventually(async () => {
        const { x, y } = await seen("Paint", bold);
        return x === paint.x + 70 && y === paint.y - 200;
      }, "the window has moved along");
      let shown: Picture | null = null, drawn: Picture | null = null;
      await eventually(
        async () => {
          drawn = await guest();
          shown = await canvas(browser);
          return same(shown, drawn);
        },
        "both are the same",
        10,
      ).catch(() => {});
      assertSamePixels(shown!, drawn!);
      assertEquals(served.log.filter((line) => /"level":"(warn|error)"/.test(line)), []);
    },
  });
}
