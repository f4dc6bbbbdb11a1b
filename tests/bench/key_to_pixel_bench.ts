/**
 * From a key to the picture in the page: the console beside noVNC, on one TigerVNC server with one
 * Tk program, which fills its window with another colour when a key goes down. The console reaches
 * that server as an X display (`x11`) and as a VNC server (`rfb`).
 *
 * The clock begins with the browser's time of the key event. `drawn`: a drawing call has changed the
 * pixel of the canvas, in the worker or in the page. `seen`: a frame of the page, which reads its
 * canvas in every one, finds it changed.
 *
 *     deno run -A tests/bench/key_to_pixel_bench.ts
 *
 * npm fetches noVNC when it is not there; it is no part of this project.
 */
import type { ApplianceOptions } from "../../mod.ts";
import { defaultWeb } from "../../core/config/options.ts";
import { startAppliance } from "../kit/appliance.ts";
import { Chromium } from "../kit/chromium.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { freePorts } from "../kit/program.ts";
import { remoteOptions } from "../kit/remote.ts";
import { joinPort } from "../kit/web_console.ts";
import { WebSocketDuplex } from "../kit/web_socket.ts";

const KEYS = Number(Deno.env.get("KEYS") ?? 60);
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3);
/** Only these of noVNC, "console, x11" and "console, rfb". */
const ONLY = new RegExp(Deno.env.get("ONLY") ?? "");
const WIDTH = 1024, HEIGHT = 768;

/** The colours are the program's only ones. */
const PROGRAM = `
package require Tk
wm overrideredirect . 1
wm geometry . 640x480+0+0
set on 0
. configure -background #c02010
bind . <KeyPress> {
  set on [expr {!$on}]
  . configure -background [expr {$on ? "#1020c0" : "#c02010"}]
  update idletasks
}
`;

/** Runs in the page: notes keys, and frames in which the canvas has another colour. */
const WATCH = `(() => {
  const small = document.createElement("canvas");
  small.width = small.height = 1;
  const context = small.getContext("2d", { willReadFrequently: true });
  globalThis.watch = { keyAt: 0, seenAt: 0, drawnAt: 0, blue: false };
  addEventListener("keydown", (event) => {
    watch.keyAt = event.timeStamp;
    watch.seenAt = 0;
  }, { capture: true });
  const look = () => {
    const canvas = watch.canvas();
    if (canvas) {
      context.drawImage(canvas, 20, 20, 1, 1, 0, 0, 1, 1);
      const [red, , blue] = context.getImageData(0, 0, 1, 1).data;
      if (blue > red !== watch.blue) {
        watch.blue = blue > red;
        watch.seenAt = performance.now();
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** noVNC draws in the page, from a canvas that is not shown. */
const NOVNC = `<!doctype html><meta charset="utf-8"><body><div id="screen"></div>
<script type="module">
import RFB from "./core/rfb.js";
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...of) {
  draw.apply(this, of);
  if (this.canvas === globalThis.watch?.canvas()) watch.drawnAt = performance.now();
};
globalThis.rfb = new RFB(document.getElementById("screen"), "ws://" + location.host + "/rfb");
rfb.addEventListener("connect", () => { globalThis.connected = true; rfb.focus(); });
</script>`;

interface Delay {
  readonly drawn: number;
  readonly seen: number;
}

interface Client {
  readonly url: string;
  /** Expressions in the page: it is ready; its canvas; when that was drawn on, by the page's clock. */
  readonly ready: string;
  readonly canvas: string;
  readonly drawnAt: string;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

async function delays({ url, ready, canvas, drawnAt }: Client): Promise<Delay[]> {
  await using browser = await Chromium.open(url);
  await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
  await eventually(() => browser.evaluate(`Boolean(${ready})`), `${url} is ready`, 60);
  await browser.evaluate(`${WATCH}; watch.canvas = () => ${canvas}; (${canvas}).focus()`);
  await sleep(1500);
  const found: Delay[] = [];
  for (let i = -3; i < KEYS; i++) {
    await browser.evaluate("watch.keyAt = watch.seenAt = 0");
    await browser.key("keyDown", "a", "KeyA", 65);
    await browser.key("keyUp", "a", "KeyA", 65);
    await eventually(
      () => browser.evaluate("watch.keyAt > 0 && watch.seenAt > 0"),
      `${url} shows what a key did`,
      30,
    );
    const [key, drawn, seen] = await browser.evaluate(
      `(async () => [watch.keyAt, await ${drawnAt}, watch.seenAt])()`,
    );
    // the first few find caches cold
    if (i >= 0) found.push({ drawn: drawn - key, seen: seen - key });
    await sleep(80 + Math.random() * 170);
  }
  return found;
}

/** noVNC's page, and a bridge to the VNC server. */
async function serveNovnc(port: number) {
  const folder = await Deno.makeTempDir({ prefix: "novnc-" });
  await run("npm", ["pack", "--silent", "--pack-destination", folder, "@novnc/novnc@1.7.0"]);
  const [{ name }] = [...Deno.readDirSync(folder)];
  await run("tar", ["-xzf", `${folder}/${name}`, "-C", folder]);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/rfb") {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.onopen = () => void joinPort(port)(new WebSocketDuplex(socket));
        return response;
      }
      if (pathname === "/") {
        return new Response(NOVNC, { headers: { "content-type": "text/html" } });
      }
      const body = await Deno.readFile(`${folder}/package${pathname}`).catch(() => null);
      const headers = { "content-type": "text/javascript" };
      return new Response(body, { status: body ? 200 : 404, headers });
    },
  );
  return {
    url: `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const at = (sorted: number[], part: number) => sorted[Math.floor((sorted.length - 1) * part)];
const sorted = (all: Delay[], what: keyof Delay) => all.map((d) => d[what]).sort((a, b) => a - b);

if (!needs("Xtigervnc", "wish", "chromium", "npm").ignore) {
  const [port] = freePorts(1);
  await using desk = await Desk.of(
    "Xtigervnc",
    ...["-rfbport", `${port}`, "-localhost", "-SecurityTypes", "None", "-AlwaysShared"],
    ...["-geometry", `${WIDTH}x${HEIGHT}`, "-depth", "24"],
  );
  const program = await Deno.makeTempFile({ suffix: ".tcl" });
  await Deno.writeTextFile(program, PROGRAM);
  desk.start("wish", program);
  // without a window manager keys go to the window under the pointer
  await desk.hand("mousemove", "100", "100");
  await using novnc = await serveNovnc(port);
  const own = (guest: ApplianceOptions["guest"]) => async (): Promise<Delay[]> => {
    await using appliance = await startAppliance({ guest, web: { ...defaultWeb, port: 0 } });
    return await delays({
      url: `http://127.0.0.1:${appliance.port}/`,
      ready:
        `document.body?.dataset.state === "connected" && document.body.dataset.picture === "some"`,
      canvas: "viewer.screen",
      drawnAt: "viewer.stats().then((stats) => stats.presentedAt - performance.timeOrigin)",
    });
  };
  const clients: Record<string, () => Promise<Delay[]>> = {
    "noVNC": () =>
      delays({
        url: novnc.url,
        ready: "globalThis.connected",
        canvas: `document.querySelector("#screen canvas")`,
        drawnAt: "watch.drawnAt",
      }),
    "console, x11": own({
      driver: "x11",
      name: null,
      uuid: null,
      display: desk.display,
      xauthority: null,
      command: null,
      width: WIDTH,
      height: HEIGHT,
      folder: "/nonexistent",
      number: 0,
    }),
    "console, rfb": own(remoteOptions([{ host: "127.0.0.1", port }])),
  };
  console.log(
    "client          drawn: median    p95    min  of noVNC   seen: median    p95    min  of noVNC",
  );
  const all: Record<string, Delay[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, measure] of Object.entries(clients)) {
      if (!ONLY.test(name)) continue;
      (all[name] ??= []).push(...await measure());
    }
  }
  const f = (n: number, width: number) => n.toFixed(2).padStart(width);
  for (const [name, found] of Object.entries(all)) {
    let line = name.padEnd(13);
    for (const what of ["drawn", "seen"] as const) {
      const own = sorted(found, what), theirs = sorted(all.noVNC ?? found, what);
      line += f(at(own, 0.5), 16) + f(at(own, 0.95), 7) + f(at(own, 0), 7) +
        f(at(own, 0.5) / at(theirs, 0.5), 10);
    }
    console.log(line);
  }
  console.log(
    `load ${Deno.loadavg().map((n) => n.toFixed(1)).join(" ")}, ${KEYS * ROUNDS} keys each`,
  );
  await Deno.remove(program);
}
