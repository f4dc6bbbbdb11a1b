/** spice-html5 in Chromium, over WebSocket to the SPICE port itself. */
import { assert, assertEquals } from "@std/assert";
import { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { serveDemo } from "../kit/served.ts";

const PAGES = "/usr/share/spice-html5";
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css" };

/** Whether spice-html5's pages are there. */
function pages(): boolean {
  try {
    return Deno.statSync(`${PAGES}/spice_auto.html`).isFile;
  } catch {
    console.log(`not installed: ${PAGES}`);
    return false;
  }
}

function servePages() {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = new URL(request.url).pathname;
      const type = TYPES[path.split(".").at(-1)!] ?? "application/octet-stream";
      try {
        const body = await Deno.readFile(`${PAGES}${path}`);
        return new Response(body, { headers: { "content-type": type } });
      } catch {
        return new Response(null, { status: 404 });
      }
    },
  );
  return {
    port: (server.addr as Deno.NetAddr).port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test({
  name: "spice-html5 shows the demo and its cursor, types into it and points at it",
  ignore: !pages() || needs("chromium").ignore,
  async fn() {
    await using served = await serveDemo();
    await using web = servePages();
    await using browser = await Chromium.open(
      `http://127.0.0.1:${web.port}/spice_auto.html?host=127.0.0.1&port=${served.port}&path=`,
    );
    await eventually(() => served.sessions.clients[0]?.channels === 4, "its four channels are up");
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
