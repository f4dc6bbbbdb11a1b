/**
 * What a recording costs in the browser: the console beside spice-html5, on the same libspice-server
 * that sends every drawing before it takes the next. CPU is that of the whole renderer process, from
 * the first drawing until it is at rest again; the main thread's share is of the time between.
 */
import { zstdDecompressSync } from "node:zlib";
import { recording } from "../kit/appliance.ts";
import { Chromium } from "../kit/chromium.ts";
import { html5Installed, servePages } from "../kit/html5.ts";
import { peer } from "../kit/peers.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";
import { median, peersHere } from "./side_by_side.ts";

const NAMES = (Deno.env.get("NAMES") ?? "browser,office-dfps,video360").split(",");
const SETTINGS = (Deno.env.get("SETTINGS") ?? "lz,quic").split(",");
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3);

interface Cost {
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
    const stats = await browser.evaluate(`typeof viewer === "object" ? viewer.stats() : null`);
    return {
      cpu: most(last, before),
      main: last.mainThread - before.mainThread,
      wall: (at - begun) / 1000,
      dropped: stats && stats.dropped,
    };
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
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
    "recording    setting   CPU s spice-html5  console  times less   main thread: html5  console   dropped",
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
        const f = (n: number, width: number) => n.toFixed(2).padStart(width);
        console.log(
          `${name.padEnd(12)} ${setting.padEnd(8)}` + f(cpu[0], 18) + f(cpu[1], 9) +
            f(cpu[0] / cpu[1], 12) + `${f(main[0], 18)} %${f(main[1], 8)} %` +
            `${own.map((c) => c.dropped).join(" ")}`.padStart(9),
        );
      }
    } finally {
      await Deno.remove(file);
    }
  }
}
