/**
 * What a recording costs in the browser: the console beside spice-html5, on the same libspice-server
 * that sends every drawing before it takes the next. CPU is that of the whole renderer process, from
 * the page's address until it is at rest again; the main thread's share is of the time between. What
 * the page costs that finds no server, `load`, is not in the rest: that is what playing costs.
 */
import { zstdDecompressSync } from "node:zlib";
import { defaultWeb } from "../../core/config/options.ts";
import { recording, startAppliance } from "../kit/appliance.ts";
import { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { html5Installed, servePages } from "../kit/html5.ts";
import { needs, peer } from "../kit/peers.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { median, peersHere } from "./side_by_side.ts";

const NAMES = (Deno.env.get("NAMES") ?? "browser,office-dfps,video360").split(",")
  .filter(Boolean);
const SETTINGS = (Deno.env.get("SETTINGS") ?? "lz,quic").split(",");
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3);

interface Cost {
  /** Seconds of the renderer process: until the page stands, and for what it is shown then. */
  readonly load: number;
  readonly cpu: number;
  readonly main: number;
  readonly wall: number;
  readonly dropped: number | null;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Plays the recording to a page; `url`: of a client, for a SPICE port. */
async function cost(
  file: string,
  setting: string,
  url: (port: number) => string,
): Promise<Cost> {
  const port = freePort();
  const load = await loading(url(port));
  const server = new Deno.Command(peer("replay")!, {
    args: ["-p", `${port}`, "-n", "1", "-c", setting, "-s", "off", "-L", "1", "-l", "20", file],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    await using browser = await Chromium.open("about:blank");
    const ended = said(server.stderr, "DONE");
    await sleep(500);
    const before = await browser.spent(), begun = performance.now();
    await browser.command("Page.navigate", { url: url(port) });
    await ended;
    // what has arrived may not be drawn yet
    const { last, at } = await rest(browser);
    const stats = await browser.evaluate(`typeof viewer === "object" ? viewer.stats() : null`);
    return {
      load,
      cpu: most(last, before) - load,
      main: last.mainThread - before.mainThread,
      wall: (at - begun) / 1000,
      dropped: stats && stats.dropped,
    };
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
}

/** What the page costs when nobody listens where it wants to go. */
async function loading(url: string): Promise<number> {
  await using browser = await Chromium.open("about:blank");
  await sleep(500);
  const before = await browser.spent();
  await browser.command("Page.navigate", { url });
  await sleep(1000);
  const { last } = await rest(browser);
  return most(last, before);
}

/** Until the page does nothing for a second; and when that began. */
async function rest(browser: Chromium): Promise<{ last: Spent; at: number }> {
  let last = await browser.spent(), at = performance.now();
  for (let quiet = 0; quiet < 3;) {
    await sleep(300);
    const now = await browser.spent();
    if (most(now, last) > 0.02) {
      at = performance.now();
      quiet = 0;
    } else quiet++;
    last = now;
  }
  return { last, at };
}

type Spent = Awaited<ReturnType<Chromium["spent"]>>;

/** Of the processes that run pages the one that did most is the page's; others wait in reserve. */
function most(now: Spent, before: Spent): number {
  return Math.max(
    ...[...now.renderers].map(([id, seconds]) => seconds - (before.renderers.get(id) ?? 0)),
  );
}

async function said(stream: ReadableStream<Uint8Array>, word: string): Promise<void> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream() as never)) {
    if ((text += part).includes(word)) return;
  }
  throw new Error(`libspice-server ended: ${text}`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

if (peersHere() && html5Installed()) {
  await using pages = servePages();
  console.log(
    "recording    setting   CPU s spice-html5  console  times less   main thread: html5  console   dropped  load: html5  console",
  );
  for (const name of NAMES) {
    const file = await Deno.makeTempFile({ suffix: ".rec" });
    const packed = Deno.readFileSync(recording(name));
    Deno.writeFileSync(file, zstdDecompressSync(packed, { maxOutputLength: 2 ** 30 }));
    try {
      for (const setting of SETTINGS) {
        const theirs: Cost[] = [], own: Cost[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          theirs.push(
            await cost(
              file,
              setting,
              (port) => `${pages.url}/spice_auto.html?host=127.0.0.1&port=${port}`,
            ),
          );
          let port = 0;
          await using web = await serveConsole((duplex) => void joinPort(port)(duplex));
          own.push(
            await cost(file, setting, (spice) => {
              port = spice;
              return web.web.address;
            }),
          );
        }
        const of = (all: Cost[], what: (cost: Cost) => number) => median(all.map(what));
        const cpu = [of(theirs, (c) => c.cpu), of(own, (c) => c.cpu)];
        const main = [theirs, own].map((all) => of(all, (c) => 100 * c.main / c.wall));
        const loads = [of(theirs, (c) => c.load), of(own, (c) => c.load)];
        const f = (n: number, width: number) => n.toFixed(2).padStart(width);
        console.log(
          `${name.padEnd(12)} ${setting.padEnd(8)}` + f(cpu[0], 18) + f(cpu[1], 9) +
            f(cpu[0] / cpu[1], 12) + `${f(main[0], 18)} %${f(main[1], 8)} %` +
            `${own.map((c) => c.dropped).join(" ")}`.padStart(9) + f(loads[0], 13) + f(loads[1], 9),
        );
      }
    } finally {
      await Deno.remove(file);
    }
  }
}

/** Small changes in a large screen: a word of another colour, 60 times a second. */
const WORDS = `
package require Tk
wm overrideredirect . 1
wm geometry . 160x24+800+500
set n 0
pack [label .l -width 20]
proc tick {} {
  incr ::n
  .l configure -text "change $::n" -foreground [expr {$::n % 2 ? "#1020c0" : "#c02010"}]
  after 16 tick
}
tick
`;

async function smallChanges(seconds = 10): Promise<void> {
  const folder = await Deno.makeTempDir(), program = `${folder}/words.tcl`;
  await using _ = {
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
  await Deno.writeTextFile(program, WORDS);
  await using appliance = await startAppliance({
    guest: {
      driver: "x11",
      name: null,
      uuid: null,
      display: null,
      xauthority: null,
      command: `exec wish ${program}`,
      width: 1920,
      height: 1080,
      folder: `${folder}/own`,
      number: 2000 + crypto.getRandomValues(new Uint16Array(1))[0] % 20_000,
    },
    web: { ...defaultWeb, port: 0 },
  });
  await using browser = await Chromium.open(appliance.appliance.console!);
  await browser.command("Emulation.setDeviceMetricsOverride", {
    width: 1920,
    height: 1080,
    deviceScaleFactor: 1,
    mobile: false,
  });
  const there = `document.body?.dataset.picture === "some"`;
  await eventually(() => browser.evaluate(there), "the page shows the guest", 60);
  await sleep(3000);
  const frames = () => browser.evaluate("viewer.stats().then(({ frames }) => frames)");
  const [before, drawn, begun] = [await browser.spent(), await frames(), performance.now()];
  await sleep(seconds * 1000);
  const [after, now] = [await browser.spent(), await frames()];
  const wall = (performance.now() - begun) / 1000;
  const part = (cpu: number) => `${(100 * cpu / wall).toFixed(1)} %`;
  console.log(
    `1920 x 1080, ${((now - drawn) / wall).toFixed(1)} small changes a second: ` +
      `${part(most(after, before))} of a core, main thread ` +
      part(after.mainThread - before.mainThread),
  );
}

if (!needs("Xvfb", "wish").ignore) await smallChanges();
