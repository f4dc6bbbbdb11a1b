/** The example page of somebody else's origin, with a strict policy of its own, shows a guest of a SPICE port. */
import { assertEquals } from "@std/assert";
import { startAppliance } from "../kit/appliance.ts";
import { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { consoleFiles } from "../../web/serve.ts";
import { serveDemo } from "../kit/served.ts";
import { WebSocketDuplex } from "../kit/web_socket.ts";
import { ignore } from "./page.ts";

const example = await Deno.readTextFile(new URL("../../web/client/example.html", import.meta.url));

/** Serves the example beside the bundle, as a web server that knows nothing of us. */
async function site(
  socket: string,
  accept?: (duplex: WebSocketDuplex) => void,
): Promise<AsyncDisposable & { readonly address: string }> {
  const files = await consoleFiles();
  const [, script] = /<script type="module">(.*?)<\/script>/s.exec(example)!;
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script)),
  );
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash.toBase64()}'`,
    "worker-src 'self'",
    // its one style attribute
    "style-src 'unsafe-inline'",
    `connect-src 'self' ${socket}`,
  ].join("; ");
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/example.html") {
      const headers = { "content-type": "text/html", "content-security-policy": policy };
      return new Response(example, { headers });
    }
    if (pathname === "/guest" && accept) {
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "binary" });
      accept(new WebSocketDuplex(socket));
      return response;
    }
    const file = files.get(pathname);
    if (!file) return new Response(null, { status: 404 });
    return new Response(file.bytes, {
      headers: { "content-type": file.type, "content-security-policy": policy },
    });
  });
  return {
    address: `http://127.0.0.1:${server.addr.port}/example.html`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test({
  name: "the example page asks for the password, shows the guest, and keeps the policy of its site",
  ignore,
  async fn() {
    const tickets = { disabled: false, password: "sesame", expires: null };
    await using served = await startAppliance({ tickets });
    const socket = `ws://127.0.0.1:${served.port}/`;
    await using page = await site(socket);
    await using browser = await Chromium.open(`${page.address}#${socket}`);
    const state = async (wanted: RegExp, what: string) =>
      await eventually(
        async () => wanted.test(await browser.evaluate(`find("state").textContent`)),
        what,
        60,
      );
    // `find` of the example's module is its own
    await eventually(
      async () => await browser.evaluate(`document.getElementById("state") !== null`),
      "the page is there",
    );
    await browser.evaluate(`void (globalThis.find = (id) => document.getElementById(id))`);
    await state(/^refused: /, "it asks for the password");
    assertEquals(await browser.evaluate(`find("login").hidden`), false);
    await browser.evaluate(`find("password").value = "sesame"; find("login").requestSubmit()`);
    await state(/^connected$/, "it comes in");
    const colours = () =>
      browser.evaluate(`(() => {
        const screen = document.querySelector("#guest canvas");
        const copy = document.createElement("canvas");
        [copy.width, copy.height] = [screen.width, screen.height];
        const context = copy.getContext("2d");
        context.drawImage(screen, 0, 0);
        return new Set(new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer)).size;
      })()`);
    await eventually(async () => await colours() > 1000, "it shows the guest");
    assertEquals(await browser.evaluate(`find("login").hidden`), true);
    assertEquals(browser.console, [], "it throws nothing");
  },
});

Deno.test({
  name: "the example page's button and keyboard reach the guest",
  ignore,
  async fn() {
    await using served = await serveDemo();
    await using page = await site("", (duplex) => void served.sessions.accept(duplex));
    const { host } = new URL(page.address);
    await using browser = await Chromium.open(`${page.address}#ws://${host}/guest`);
    const connected = `document.getElementById("state")?.textContent === "connected"`;
    await eventually(async () => await browser.evaluate(connected), "it comes in", 60);
    await browser.evaluate(`document.getElementById("keys").click()`);
    await eventually(() => served.keys.length === 6, "the button's keys arrive");
    assertEquals(served.keys.slice(0, 3), [[0x1d], [0x38], [0xe0, 0x53]]);
    await browser.evaluate(`document.querySelector("#guest canvas").focus()`);
    await browser.key("keyDown", "a", "KeyA", 65);
    await browser.key("keyUp", "a", "KeyA", 65);
    await eventually(() => served.keys.length === 8, "typed keys arrive");
    assertEquals(served.keys.slice(6), [[0x1e], [0x9e]]);
  },
});
