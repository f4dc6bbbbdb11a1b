/**
 * Streams over 3 Mbit/s and 80 ms each way: how late the picture of a key is while a film plays, and
 * how the rate settles. Draws the curve into a file whose name it prints.
 */
import { plotted } from "../kit/plot.ts";
import { overFilm, playShaped } from "./shaped_link.ts";

const SECONDS = 60, WARM_UP_MS = 10_000;
const way = { bitsPerSecond: 3e6, delayMs: 80, queueBytes: 96 << 10 };

/** A program that had no turn for so long was on a machine that was busy with others. */
const HELD_UP_MS = 100;

const { delaysMs, heldUpMs, frames } = await overFilm((port) =>
  playShaped(port, way, SECONDS, WARM_UP_MS)
);

const sorted = delaysMs.toSorted((a, b) => a - b);
const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
const undisturbed = delaysMs.filter((_, i) => heldUpMs[i] < HELD_UP_MS);
console.log(`load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
console.log(
  `${sorted.length} keys: picture after ${at(0.5)} ms median, ${at(0.95)} ms of 95 %, ` +
    `${at(1)} ms at most; ${
      Math.round(Math.max(...undisturbed))
    } ms of the ${undisturbed.length} ` +
    `during which this program was never held up for ${HELD_UP_MS} ms`,
);
const seconds = Array.from({ length: SECONDS }, (_, second) => {
  const of = frames.filter(({ atMs }) => Math.trunc(atMs / 1000) === second);
  const sum = of.reduce((bits, { bytes }) => bits + bytes * 8, 0);
  const quality = of.reduce((sum, frame) => sum + frame.quality, 0) / Math.max(1, of.length);
  return { mbit: sum / 1e6, fps: of.length, quality };
}).slice(0, Math.trunc((frames.at(-1)?.atMs ?? 0) / 1000));
console.log(" s  Mbit/s  fps  quality");
seconds.forEach(({ mbit, fps, quality }, i) => {
  const cells = [
    String(i).padStart(2),
    mbit.toFixed(2).padStart(8),
    String(fps).padStart(5),
    quality.toFixed(0).padStart(9),
  ];
  if (i < 10 || i % 5 === 0) console.log(cells.join(""));
});
const file = await Deno.makeTempFile({ prefix: "stream-rate-", suffix: ".png" });
await Deno.writeFile(
  file,
  await plotted([
    { color: 0xc03020, most: 4, values: seconds.map(({ mbit }) => mbit) },
    { color: 0x2060c0, most: 40, values: seconds.map(({ fps }) => fps) },
    { color: 0x208040, most: 100, values: seconds.map(({ quality }) => quality) },
    { color: 0x808080, most: 4, values: seconds.map(() => way.bitsPerSecond / 1e6) },
  ]),
);
console.log(`red: Mbit/s of 4; blue: frames a second of 40; green: quality of 100: ${file}`);
