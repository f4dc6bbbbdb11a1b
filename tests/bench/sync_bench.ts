/**
 * How far sound and streamed video are apart, in spice-gtk and in the console's page in Chromium: a
 * guest flashes and beeps once a second; printed is how much later the beep is than the flash. 45 ms
 * before it to 125 ms after it nobody notices (ITU-R BT.1359). The page is measured once more with a way
 * that stalls.
 */
import type { Duplex } from "../../core/link/duplex.ts";
import { openConsole, shown } from "../browser/page.ts";
import { FILM, type Flashing, serveFlashes } from "../kit/flashing.ts";
import { peer } from "../kit/peers.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";

const SECONDS = 25;
/** How the way to the page stalls, in the second of its runs. */
const STALL_MS = 500, STALL_EVERY_MS = 6000;

interface Seen {
  readonly event: "flash" | "beep";
  readonly ms: number;
}

/** Each flash's nearest beep. */
function told(where: string, seen: readonly Seen[], { log }: Flashing): void {
  const of = (event: string) => seen.filter((one) => one.event === event).map(({ ms }) => ms);
  const beeps = of("beep");
  const apart = of("flash").slice(3).flatMap((flash) => {
    const near = beeps.map((beep) => beep - flash).toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
    return near === undefined ? [] : [Math.round(near)];
  });
  const sorted = apart.toSorted((a, b) => a - b);
  const frames = log.of("stream-ended").length + log.of("stream-began").length;
  console.log(
    `${where}: the beep is ${sorted[sorted.length >> 1]} ms after the flash (${sorted[0]} to ${
      sorted.at(-1)
    }), ${apart.length} flashes, ${frames} streams; in order: ${apart}`,
  );
}

const program = peer("flashes");
if (program) {
  await using served = await serveFlashes();
  const { stdout } = await new Deno.Command(program, {
    args: [`${served.port}`, `${FILM.left + 50}`, `${FILM.top + 50}`, `${SECONDS}`],
    stdin: "null",
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  told("spice-gtk", lines.map((line) => JSON.parse(line)), served);
}

/** Looks at one pixel, and at the samples that leave, when each is heard; `seen` has what was. */
const watch = `(() => {
  globalThis.seen = [];
  const { context, node } = viewer.sound.output;
  const analyser = context.createAnalyser(), samples = new Float32Array(analyser.fftSize = 2048);
  node.connect(analyser);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  let bright = false, loudUntil = 0;
  const look = () => {
    canvas.drawImage(viewer.screen, ${-(FILM.left + 50)}, ${-(FILM.top + 50)});
    const is = canvas.getImageData(0, 0, 1, 1).data[2] > 180;
    if (is && !bright) seen.push({ event: "flash", ms: performance.now() });
    bright = is;
    analyser.getFloatTimeDomainData(samples);
    const from = context.currentTime - samples.length / context.sampleRate;
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < 0.06) continue;
      const at = from + i / context.sampleRate;
      if (at > loudUntil + 0.1) {
        const { contextTime, performanceTime } = context.getOutputTimestamp();
        seen.push({ event: "beep", ms: performanceTime + (at - contextTime) * 1000 });
      }
      loudUntil = Math.max(loudUntil, at);
    }
    requestAnimationFrame(look);
  };
  look();
})()`;

/** Takes a stream to a SPICE port, which is not heard for STALL_MS every STALL_EVERY_MS, but at first. */
function stalling(port: number): (duplex: Duplex) => Promise<void> {
  const since = performance.now();
  const gate = async () => {
    const ms = (performance.now() - since) % STALL_EVERY_MS;
    const left = STALL_EVERY_MS - ms;
    if (left < STALL_MS) await new Promise((wake) => setTimeout(wake, left));
  };
  const join = joinPort(port);
  return (duplex) =>
    join({
      ...duplex,
      read: (into) => duplex.read(into),
      close: () => duplex.close(),
      async write(bytes) {
        await gate();
        return await duplex.write(bytes);
      },
    });
}

for (const stalls of [false, true]) {
  await using served = await serveFlashes();
  await using web = await serveConsole((stalls ? stalling : joinPort)(served.port));
  await using browser = await openConsole(web.web.address);
  await shown(browser);
  await browser.mouse("Pressed", 3, 890);
  await browser.mouse("Released", 3, 890);
  await browser.evaluate("viewer.sound.enable()");
  await browser.evaluate(watch);
  await new Promise((wake) => setTimeout(wake, SECONDS * 1000));
  told(
    stalls ? `the console, ${STALL_MS} ms of silence at times` : "the console",
    await browser.evaluate("seen"),
    served,
  );
  const { gaps, left, targetMs, waitingMs } = await browser.evaluate("viewer.sound.report");
  console.log(
    `its sound had ${gaps} gaps, left out ${Math.round(left / 48)} ms, waits ${
      Math.round(waitingMs)
    } ms and wants ${Math.round(targetMs)}`,
  );
}
