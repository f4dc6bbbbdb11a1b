/**
 * QUIC beside spice-common's C code (-O2) and beside its TypeScript twin, on the same pictures in one
 * run: MPix/s of CPU time, for each picture the fastest of some times.
 */
import process from "node:process";
import { decodeQuic, encodeQuic, type QuicRows } from "../../core/codecs/quic/mod.ts";
import { frames, photograph } from "../kit/quic_pictures.ts";
import { decodeTwin, encodeTwin } from "../oracles/quic.ts";
import { QuicInC } from "../oracles/quic_in_c.ts";

const ROUNDS = 6, PIXELS_A_ROUND = 6e6;
/** The twin is given a piece of so many rows. */
const TWIN_ROWS = 24;

interface Speeds {
  c: number;
  wasm: number;
  twin: number;
}

const pixelsOf = ({ width, height }: QuicRows): number => width * height;
const pieceOf = (rows: QuicRows, x: number, y: number, width: number, height: number): QuicRows => {
  const from = y * rows.stride + x * 4;
  const data = rows.data.subarray(from, from + (height - 1) * rows.stride + width * 4);
  return { ...rows, data, width, height };
};

/** CPU time of all threads, in microseconds. */
function cpuOf(work: () => unknown, times: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

async function measure(
  picture: QuicRows,
  ours: () => unknown,
  inC: ((times: number) => Promise<{ microseconds: number }>) | null,
  twin: () => unknown,
): Promise<Speeds> {
  const pixels = pixelsOf(picture), times = Math.ceil(PIXELS_A_ROUND / pixels);
  const least = { c: Infinity, wasm: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    if (inC) least.c = Math.min(least.c, (await inC(times)).microseconds);
    least.wasm = Math.min(least.wasm, cpuOf(ours, times));
  }
  const twinPixels = picture.width * Math.min(TWIN_ROWS, picture.height);
  return { c: pixels / least.c, wasm: pixels / least.wasm, twin: twinPixels / cpuOf(twin, 2) };
}

function line(name: string, { c, wasm, twin }: Speeds): string {
  const number = (value: number) => value.toFixed(value < 10 ? 1 : 0).padStart(6);
  return `${name.padEnd(20)}${number(c)}${number(wasm)}${number(twin)}  ${(wasm / c).toFixed(2)}×`;
}

const why = QuicInC.whyNot();
if (why !== null) console.log(`without spice-common: ${why}`);
await using c = why === null ? QuicInC.start() : null;
const all: (QuicRows & { name: string })[] = [photograph()];
for await (const frame of frames()) all.push(frame);
const browser = all.find(({ name }) => name === "browser")!;
for (const size of [16, 64, 200]) {
  all.push({ ...pieceOf(browser, 200, 200, size, size), name: `browser ${size}×${size}` });
}
console.log("                         C  wasm  twin  wasm/C");
for (const { name, ...picture } of all) {
  const stream = encodeQuic(picture).slice();
  const short = pieceOf(picture, 0, 0, picture.width, Math.min(TWIN_ROWS, picture.height));
  const shortStream = encodeQuic(short).slice();
  const encoding = await measure(
    picture,
    () => encodeQuic(picture),
    c && ((times) => c.encode(picture, times)),
    () => encodeTwin(short),
  );
  const decoding = await measure(
    picture,
    () => decodeQuic(stream, picture),
    c && ((times) => c.decode(stream, picture.width, picture.height, times)),
    () => decodeTwin(shortStream, short),
  );
  console.log(line(`${name}, encode`, encoding));
  console.log(line(`${name}, decode`, decoding));
}
