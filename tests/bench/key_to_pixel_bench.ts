/**
 * From a key to the pixel on the browser's screen: the console beside noVNC with one Tk program,
 * which fills its window with another colour when a key goes down. noVNC shows a TigerVNC server;
 * the console an X server of the appliance's own (`own`), and that same TigerVNC server as an X
 * display (`x11`) and as a VNC server (`rfb`). Neither scales the picture.
 *
 * `shown`: from a key pressed on the X server that the browser's window is on to a changed pixel in
 * that server's memory. `drawn`: from the browser's time of the key event until a drawing call has
 * changed the canvas, in the worker or in the page.
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
import type { Look } from "./eye.worker.ts";

const KEYS = Number(Deno.env.get("KEYS") ?? 60);
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3);
/** Only these of noVNC, "console, own", "console, x11" and "console, rfb". */
const ONLY = new RegExp(Deno.env.get("ONLY") ?? "");
const WIDTH = 1024, HEIGHT = 768;
/** The key A's number on an X server. */
const KEY_A = 38;

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

/** Runs in the page: notes keys. */
const WATCH = `globalThis.watch = { keyAt: 0, drawnAt: 0 };
addEventListener("keydown", (event) => watch.keyAt = event.timeStamp, { capture: true })`;

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
  readonly shown: number;
}

interface Client {
  readonly url: string;
  /** Expressions in the page: it is ready; its canvas; when that was drawn on, by the page's clock. */
  readonly ready: string;
  readonly canvas: string;
  readonly drawnAt: string;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Where a browser's windows are seen: an X server whose memory lies in a file, and who looks at it. */
async function openWindow() {
  const folder = await Deno.makeTempDir({ prefix: "window-" });
  const size = ["-screen", "0", "1100x900x24", "-fbdir", folder];
  const desk = await Desk.of("Xvfb", ...size, "-nolisten", "tcp");
  const eye = new Worker(new URL("./eye.worker.ts", import.meta.url), { type: "module" });
  await desk.hand("mousemove", "500", "400");
  return {
    display: desk.display,
    /** Presses A: milliseconds until that pixel changed. */
    press: (x: number, y: number) =>
      new Promise<number>((resolve, reject) => {
        eye.onmessage = ({ data }: MessageEvent<number | null>) =>
          data === null ? reject(new Error("The key changed nothing")) : resolve(data);
        eye.onerror = (event) => reject(new Error(event.message));
        const memory = `${folder}/Xvfb_screen0`;
        eye.postMessage({ display: desk.display, memory, x, y, keycode: KEY_A } satisfies Look);
      }),
    async [Symbol.asyncDispose]() {
      eye.terminate();
      await desk[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function delays({ url, ready, canvas, drawnAt }: Client): Promise<Delay[]> {
  await using glass = await openWindow();
  await using browser = await Chromium.open(url, glass.display);
  await browser.command("Emulation.setFocusEmulationEnabled", { enabled: true });
  await eventually(() => browser.evaluate(`Boolean(${ready})`), `${url} is ready`, 60);
  await browser.evaluate(`${WATCH}; watch.canvas = () => ${canvas}; (${canvas}).focus()`);
  await browser.evaluate(`if (globalThis.viewer) viewer.scaling = "actual"`);
  await sleep(1500);
  const [left, top] = await browser.evaluate(`(() => {
    const { left, top } = (${canvas}).getBoundingClientRect();
    return [Math.ceil(left), Math.ceil(top)];
  })()`);
  const found: Delay[] = [];
  for (let i = -3; i < KEYS; i++) {
    const shown = await glass.press(left + 20, top + 20);
    const drawn = await browser.evaluate(`(async () => await ${drawnAt} - watch.keyAt)()`);
    // the first few find caches cold
    if (i >= 0) found.push({ drawn, shown });
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

const WHAT = ["drawn", "shown"] as const;
const at = (sorted: number[], part: number) => sorted[Math.floor((sorted.length - 1) * part)];
const sorted = (all: Delay[], what: keyof Delay) => all.map((d) => d[what]).sort((a, b) => a - b);

if (!needs("Xtigervnc", "Xvfb", "wish", "chromium", "npm").ignore) {
  const [port] = freePorts(1);
  await using desk = await Desk.of(
    "Xtigervnc",
    ...["-rfbport", `${port}`, "-localhost", "-SecurityTypes", "None", "-AlwaysShared"],
    ...["-geometry", `${WIDTH}x${HEIGHT}`, "-depth", "24"],
  );
  const folder = await Deno.makeTempDir(), program = `${folder}/program.tcl`;
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
  let number = 2000 + crypto.getRandomValues(new Uint16Array(1))[0] % 20_000;
  const shows = (display: string | null) => ({
    driver: "x11" as const,
    name: null,
    uuid: null,
    display,
    xauthority: null,
    command: display === null ? `xdotool mousemove 100 100; exec wish ${program}` : null,
    width: WIDTH,
    height: HEIGHT,
    folder: `${folder}/own${number}`,
    number: number++,
  });
  const clients: Record<string, () => Promise<Delay[]>> = {
    "noVNC": () =>
      delays({
        url: novnc.url,
        ready: "globalThis.connected",
        canvas: `document.querySelector("#screen canvas")`,
        drawnAt: "watch.drawnAt",
      }),
    "console, own": own(shows(null)),
    "console, x11": own(shows(desk.display)),
    "console, rfb": own(remoteOptions([{ host: "127.0.0.1", port }])),
  };
  console.log(
    "client       " +
      WHAT.map((what) => `${what}: median    p95    min  of noVNC: median  p95`.padStart(52)).join(
        "",
      ),
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
    for (const what of WHAT) {
      const own = sorted(found, what), theirs = sorted(all.noVNC ?? found, what);
      line += f(at(own, 0.5), 18) + f(at(own, 0.95), 7) + f(at(own, 0), 7) +
        f(at(own, 0.5) / at(theirs, 0.5), 15) + f(at(own, 0.95) / at(theirs, 0.95), 5);
    }
    console.log(line);
  }
  console.log(
    `load ${Deno.loadavg().map((n) => n.toFixed(1)).join(" ")}, ${KEYS * ROUNDS} keys each`,
  );
  await Deno.remove(folder, { recursive: true });
}
