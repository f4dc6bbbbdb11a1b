/**
 * What a recording costs in the browser: the console beside spice-html5, on one server that takes no
 * drawing before the last one was sent. The appliance (`own`) sends everything to both of them;
 * libspice-server waits for the network alone, and spares a client that acknowledges late what was
 * drawn over meanwhile: so it says what it sent. CPU is that of the whole renderer process, from the
 * page's address until it is at rest again; the main thread's share is of the time between. What the
 * page costs that finds no server is told, too: `loading` is as much, and `playing` what is above it.
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
const SERVERS = (Deno.env.get("SERVERS") ?? "own,libspice").split(",");
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3);

interface Cost {
  /** Seconds of the renderer process: all of them, and of a page that finds no server. */
  readonly cpu: number;
  readonly load: number;
  readonly main: number;
  readonly wall: number;
  readonly dropped: number | null;
  /** What the server sent. */
  readonly megabytes: number;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** A server that plays a recording to the first who comes. */
interface Playing {
  readonly port: number;
  /** It has played everything: so many megabytes. */
  readonly over: Promise<number>;
  end(): Promise<unknown>;
}

const servers: Record<string, (name: string, file: string, setting: string) => Promise<Playing>> = {
  libspice(_, file, setting) {
    const port = freePort();
    const child = new Deno.Command(peer("replay")!, {
      args: ["-p", `${port}`, "-n", "1", "-c", setting, "-s", "off", "-L", "1", "-l", "20", file],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const told = lines(child.stdout).next();
    const over = lines(child.stderr).next().then(async () =>
      JSON.parse((await told).value!).bytes_sent / 1e6
    );
    return Promise.resolve({ port, over, end: () => ended(child) });
  },
  async own(name, _, setting) {
    const script = new URL("./replay_server.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, recording(name), "1", "lockstep", setting, "off", "1", "stay"],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const said = lines(child.stdout);
    const { port } = JSON.parse((await said.next()).value!);
    const over = said.next().then(({ value }) => JSON.parse(value!).sentBytes / 1e6);
    return { port, over, end: () => ended(child) };
  },
};

function ended(child: Deno.ChildProcess): Promise<unknown> {
  child.kill("SIGKILL");
  return child.status;
}

/** Plays the recording to a page; `url`: of a client, for a SPICE port. */
async function cost(server: Playing, url: (port: number) => string): Promise<Cost> {
  const { port, over } = server;
  try {
    const load = await loading(url(freePort()));
    await using browser = await Chromium.open("about:blank");
    await sleep(500);
    const before = await browser.spent(), begun = performance.now();
    await browser.command("Page.navigate", { url: url(port) });
    const megabytes = await over;
    // what has arrived may not be drawn yet
    const { last, at } = await rest(browser);
    const stats = await browser.evaluate(`typeof viewer === "object" ? viewer.stats() : null`);
    return {
      cpu: await pageTook(browser, last, before),
      load,
      main: last.mainThread - before.mainThread,
      wall: (at - begun) / 1000,
      dropped: stats && stats.dropped,
      megabytes,
    };
  } finally {
    await server.end();
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
  return await pageTook(browser, last, before);
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

/**
 * What the page's process took. A browser keeps others in reserve, whose start may cost more than the
 * page: the one that is busy when the page is busy is it.
 */
async function pageTook(browser: Chromium, now: Spent, before: Spent): Promise<number> {
  const calm = await browser.spent();
  await browser.evaluate(
    "for (const begun = performance.now(); performance.now() < begun + 300;);",
  );
  const busy = await browser.spent();
  const did = ([id, seconds]: [number, number]) => seconds - (calm.renderers.get(id) ?? 0);
  const [[id]] = [...busy.renderers].toSorted((a, b) => did(b) - did(a));
  return now.renderers.get(id)! - (before.renderers.get(id) ?? 0);
}

/** What the busiest of the processes that run pages took. */
function most(now: Spent, before: Spent): number {
  return Math.max(
    ...[...now.renderers].map(([id, seconds]) => seconds - (before.renderers.get(id) ?? 0)),
  );
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream() as never)) {
    text += part;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      yield text.slice(0, end);
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

if (peersHere() && html5Installed()) {
  await using pages = servePages();
  const pair = "html5 console".padStart(16), ratio = `${pair} ratio`;
  console.log(
    `recording    server   setting  CPU s:${ratio}  loading:${pair}  playing:${ratio}` +
      `  MB:${pair}  main thread, %:${pair}  dropped`,
  );
  for (const name of NAMES) {
    const file = await Deno.makeTempFile({ suffix: ".rec" });
    const packed = Deno.readFileSync(recording(name));
    Deno.writeFileSync(file, zstdDecompressSync(packed, { maxOutputLength: 2 ** 30 }));
    try {
      for (const [who, setting] of SERVERS.flatMap((who) => SETTINGS.map((each) => [who, each]))) {
        const theirs: Cost[] = [], ours: Cost[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const html5 = (port: number) =>
            `${pages.url}/spice_auto.html?host=127.0.0.1&port=${port}`;
          theirs.push(await cost(await servers[who](name, file, setting), html5));
          let port = 0;
          await using web = await serveConsole((duplex) => void joinPort(port)(duplex));
          const console = (spice: number) => {
            port = spice;
            return web.web.address;
          };
          ours.push(await cost(await servers[who](name, file, setting), console));
        }
        const of = (all: Cost[], what: (cost: Cost) => number) => median(all.map(what));
        const f = (n: number) => n.toFixed(2).padStart(8);
        const both = (what: (cost: Cost) => number) => [of(theirs, what), of(ours, what)];
        const pair = (what: (cost: Cost) => number) => both(what).map(f).join("");
        const ratio = (what: (cost: Cost) => number) =>
          pair(what) + (both(what)[0] / both(what)[1]).toFixed(1).padStart(6);
        console.log(
          `${name.padEnd(12)} ${who.padEnd(8)} ${setting.padEnd(8)}` +
            `${" ".repeat(7)}${ratio((c) => c.cpu)}${" ".repeat(10)}${pair((c) => c.load)}` +
            `${" ".repeat(10)}${ratio((c) => c.cpu - c.load)}${" ".repeat(5)}` +
            `${pair((c) => c.megabytes)}${" ".repeat(17)}${pair((c) => 100 * c.main / c.wall)}` +
            `${ours.map((c) => c.dropped).join(" ")}`.padStart(9),
        );
      }
    } finally {
      await Deno.remove(file);
    }
  }
}

/** Small changes in a large screen: a word of another colour, 60 times a second by the clock. */
const WORDS = `
package require Tk
wm overrideredirect . 1
wm geometry . 160x24+800+500
set n 0
set begun [clock milliseconds]
pack [label .l -width 20]
proc tick {} {
  incr ::n
  .l configure -text "change $::n" -foreground [expr {$::n % 2 ? "#1020c0" : "#c02010"}]
  set due [expr {$::begun + $::n * 1000 / 60}]
  after [expr {max(1, $due - [clock milliseconds])}] tick
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
  const stats = () => browser.evaluate("viewer.stats()");
  const [before, then, begun] = [await browser.spent(), await stats(), performance.now()];
  await sleep(seconds * 1000);
  const [after, now] = [await browser.spent(), await stats()];
  const wall = (performance.now() - begun) / 1000;
  const part = (cpu: number) => `${(100 * cpu / wall).toFixed(1)} %`;
  console.log(
    `1920 x 1080, a second: ${((now.draws - then.draws) / wall).toFixed(1)} drawings, ` +
      `${((now.frames - then.frames) / wall).toFixed(1)} pictures: ` +
      `${part(most(after, before))} of a core, main thread ` +
      `${part(after.mainThread - before.mainThread)}; load ${Deno.loadavg()[0].toFixed(1)}`,
  );
}

if (!needs("Xvfb", "wish").ignore) await smallChanges();
