/**
 * QUIC, LZ and GLZ on the same pictures in one run: MPix/s of spice-common's, libspice-server's and
 * spice-gtk's C code (-O2), of the WebAssembly and of the TypeScript twins, of CPU time. Of each picture
 * the fastest of some times counts; the twins are given a few of them. GLZ is measured in conversations,
 * not with single pictures, of which C's new dictionary would ask the system for memory most of the time. Ours
 * encode what lies in card memory, as they do in a server: QUIC and GLZ copy it, LZ reads it there. What
 * misses its bar (encoding: QUIC 1.0 of C, LZ 1.7, GLZ 1.0; decoding: 1.0) has a star. quic_bench.ts goes
 * through more pictures. SETTINGS=LZ: these alone.
 */
import process from "node:process";
import { GlzDictionary, type GlzRows, GlzWindow } from "../../core/codecs/glz/mod.ts";
import { linearBuffer } from "../../core/binary/linear.ts";
import { encodeLzInPlace } from "../../core/codecs/lz/in_place.ts";
import { decodeLz } from "../../core/codecs/lz/mod.ts";
import { decodeQuic, encodeQuic, type QuicRows } from "../../core/codecs/quic/mod.ts";
import { tight } from "../kit/glz_conversation.ts";
import { decodePng } from "../kit/png.ts";
import { photograph } from "../kit/quic_pictures.ts";
import { recordedPictures } from "../kit/recorded_pictures.ts";
import { cGlz } from "../oracles/c_glz.ts";
import { cLz } from "../oracles/c_lz.ts";
import * as glzTwin from "../oracles/glz.ts";
import * as lzTwin from "../oracles/lz.ts";
import * as quicTwin from "../oracles/quic.ts";
import { QuicInC } from "../oracles/quic_in_c.ts";

type Picture = GlzRows & { readonly format: "bit32" };
interface Speed {
  readonly pixels: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly bytes?: number;
}
interface Speeds {
  readonly c: Speed | null;
  readonly wasm: Speed;
  readonly twin: Speed;
}

const PIXELS = 8e6, TWIN_PIXELS = 1e5, TIMES = 5, WINDOW = 4 << 20;
const BARS = { QUIC: 1, LZ: 1.7, GLZ: 1 } as const;
const noRows = { type: 0, topDown: true, width: 0, height: 0, stride: 0 };

function recorded(name: string): Picture[] {
  const some: Picture[] = [];
  let pixels = 0;
  for (const picture of recordedPictures(name)) {
    const { format, width, height, stride } = picture;
    if (format !== "bit32" && format !== "rgba") continue;
    if (stride !== width * 4 || width * height < 1024) continue;
    some.push({ ...picture, format: "bit32" });
    if ((pixels += width * height) > PIXELS) break;
  }
  return some;
}

async function screen(name: string): Promise<Picture[]> {
  const file = new URL(`../data/golden/${name}.png`, import.meta.url);
  const { width, height, pixels } = await decodePng(await Deno.readFile(file));
  const data = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return [{ format: "bit32", width, height, stride: width * 4, topDown: true, data }];
}

/** The pictures in the memory of one card. */
function inCard(pictures: readonly Picture[]): Picture[] {
  const room = ({ data }: Picture) => data.length + 63 & ~63;
  const memory = linearBuffer(pictures.reduce((sum, picture) => sum + room(picture), 0));
  let at = 0;
  return pictures.map((picture) => {
    const data = new Uint8Array(memory, at, picture.data.length);
    data.set(picture.data);
    at += room(picture);
    return { ...picture, data };
  });
}

const pixelsOf = (pictures: readonly { width: number; height: number }[]): number =>
  pictures.reduce((sum, { width, height }) => sum + width * height, 0);

const size = (parts: Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** Rows of the first pictures, as many as twins can bear. */
function few(pictures: Picture[]): Picture[] {
  const some: Picture[] = [];
  for (let left = TWIN_PIXELS, i = 0; left > 0 && i < pictures.length; i++) {
    const one = pictures[i], rows = Math.min(one.height, Math.ceil(left / one.width));
    some.push({ ...one, height: rows, data: one.data.subarray(0, rows * one.stride) });
    left -= rows * one.width;
  }
  return some;
}

/** CPU time of all threads, without what looking at the clock takes: what else the machine does is not in it. */
function timeMs(work: () => unknown): number {
  return Math.max(0, rawMs(work) - lookMs);
}

function rawMs(work: () => unknown): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

const lookMs = Array.from({ length: 20_000 }, () => rawMs(() => {})).slice(-10_000)
  .reduce((sum, ms) => sum + ms / 10_000, 0);

/** What is shorter is done several times between two looks at the clock, which shows microseconds. */
const LEAST_MS = 0.1;

/** Of each item the fastest of some times in a row, summed; twice, as the first time still compiles. */
function fastest<T>(items: readonly T[], work: (item: T, i: number) => unknown, times = TIMES) {
  if (times === 1) return items.reduce((all, item, i) => all + timeMs(() => work(item, i)), 0);
  const one = (item: T, i: number) => {
    let repeats = 1, ms: number;
    while ((ms = timeMs(() => repeated(work, item, i, repeats))) < LEAST_MS) repeats *= 2;
    for (let k = 1; k < times; k++) {
      ms = Math.min(ms, timeMs(() => repeated(work, item, i, repeats)));
    }
    return ms / repeats;
  };
  const sum = () => items.reduce((all, item, i) => all + one(item, i), 0);
  return Math.min(sum(), sum());
}

function repeated<T>(work: (item: T, i: number) => unknown, item: T, i: number, times: number) {
  for (let k = 0; k < times; k++) work(item, i);
}

/** Conversations, in which no picture can come twice: of each item the fastest of the rounds. */
function fastestRound(round: () => number[], times = TIMES): number {
  const least: number[] = [];
  for (let k = 0; k < times; k++) {
    round().forEach((ms, i) => least[i] = Math.min(least[i] ?? Infinity, ms));
  }
  return least.reduce((sum, ms) => sum + ms, 0);
}

async function quic(pictures: Picture[], c: QuicInC | null): Promise<Speeds> {
  const rows = pictures.map((picture): QuicRows => ({ ...picture, format: "rgb32" }));
  const streams = rows.map((picture) => encodeQuic(picture).slice());
  let inC: Speed | null = null;
  if (c) {
    let encodeMs = 0, decodeMs = 0;
    for (const [i, picture] of rows.entries()) {
      const { width, height } = picture;
      const least = { encode: Infinity, decode: Infinity };
      for (let k = 0; k < TIMES; k++) {
        const encoded = await c.encode(picture, 2);
        const decoded = await c.decode(streams[i], width, height, 2);
        least.encode = Math.min(least.encode, encoded.microseconds);
        least.decode = Math.min(least.decode, decoded.microseconds);
      }
      encodeMs += least.encode / 1000, decodeMs += least.decode / 1000;
    }
    inC = { pixels: pixelsOf(rows), encodeMs, decodeMs };
  }
  const some = few(pictures).map((picture): QuicRows => ({ ...picture, format: "rgb32" }));
  const short = some.map((picture) => encodeQuic(picture).slice());
  return {
    c: inC,
    wasm: {
      pixels: pixelsOf(rows),
      encodeMs: fastest(rows, encodeQuic),
      decodeMs: fastest(streams, (stream, i) => decodeQuic(stream, rows[i])),
    },
    twin: {
      pixels: pixelsOf(some),
      encodeMs: fastest(some, quicTwin.encodeTwin, 1),
      decodeMs: fastest(short, (stream, i) => quicTwin.decodeTwin(stream, some[i]), 1),
    },
  };
}

function lz(pictures: Picture[], c: ReturnType<typeof cLz>): Speeds {
  const pixels = pixelsOf(pictures);
  const coded = pictures.map((picture) => encodeLzInPlace(picture).slice());
  let inC: Speed | null = null;
  if (typeof c !== "string") {
    const sum = (results: { timeNs: number }[]) =>
      results.reduce((all, { timeNs }) => all + timeNs / 1e6, 0);
    const type = lzTwin.typeOf("bit32");
    const encoded = c(
      pictures.map((picture) => ({ ...picture, work: "encode", type, repeats: 2 * TIMES })),
    );
    const decoded = c(
      encoded.map(({ bytes }) => ({ ...noRows, work: "decode", data: bytes!, repeats: 2 * TIMES })),
    );
    const bytes = size(encoded.map(({ bytes }) => bytes!));
    inC = { pixels, encodeMs: sum(encoded), decodeMs: sum(decoded), bytes };
  }
  const some = few(pictures), short = some.map((picture) => encodeLzInPlace(picture).slice());
  return {
    c: inC,
    wasm: {
      pixels,
      encodeMs: fastest(pictures, encodeLzInPlace),
      decodeMs: fastest(coded, (bytes) => decodeLz(bytes, 1e9)),
      bytes: size(coded),
    },
    twin: {
      pixels: pixelsOf(some),
      encodeMs: fastest(some, lzTwin.encode, 1),
      decodeMs: fastest(short, (bytes) => lzTwin.decode(bytes, 1e9), 1),
    },
  };
}

function glz(pictures: Picture[], c: ReturnType<typeof cGlz>): Speeds {
  const pixels = pixelsOf(pictures);
  let coded: Uint8Array[] = [];
  const encode = () => {
    using dictionary = new GlzDictionary(WINDOW);
    coded = [];
    return pictures.map((picture) => {
      let bytes = new Uint8Array(0) as Uint8Array;
      const ms = timeMs(() => bytes = dictionary.encode(picture).bytes);
      coded.push(bytes.slice());
      return ms;
    });
  };
  const encodeMs = fastestRound(encode);
  let inC: Speed | null = null;
  if (typeof c !== "string") {
    const type = glzTwin.types.bit32;
    const jobs = pictures.map((picture) => ({
      ...picture,
      work: "encode" as const,
      type,
      data: tight(picture),
    }));
    let bytes: Uint8Array[] = [];
    const run = (jobs: Parameters<typeof c>[1]) => {
      const results = c(WINDOW, jobs);
      bytes = results.map((result) => result.bytes!);
      return results.map(({ timeNs }) => timeNs / 1e6);
    };
    const encodeMs = fastestRound(() => run(jobs)), total = size(bytes);
    const decodes = bytes.map((data) => ({
      ...noRows,
      work: "decode" as const,
      data: data.slice(),
    }));
    inC = { pixels, encodeMs, decodeMs: fastestRound(() => run(decodes)), bytes: total };
  }
  const decodeMs = fastestRound(() => {
    using kept = new GlzWindow(WINDOW);
    return coded.map((bytes) => timeMs(() => kept.decode(bytes, 1e9)));
  });
  const some = few(pictures);
  const dictionary = new glzTwin.Dictionary(WINDOW), kept = new glzTwin.Window();
  let twins: Uint8Array[] = [];
  const twinEncodeMs = timeMs(() =>
    twins = some.map((picture) => dictionary.encode(picture).bytes.slice())
  );
  return {
    c: inC,
    wasm: { pixels, encodeMs, decodeMs, bytes: size(coded) },
    twin: {
      pixels: pixelsOf(some),
      encodeMs: twinEncodeMs,
      decodeMs: fastest(twins, (bytes) => kept.decode(bytes, 1e9), 1),
    },
  };
}

function line(codec: keyof typeof BARS, name: string, { c, wasm, twin }: Speeds): void {
  const number = (value: number) => value.toFixed(value < 10 ? 1 : 0).padStart(7);
  const part = (what: "encodeMs" | "decodeMs", bar: number) => {
    const speed = (of: Speed) => of.pixels / of[what] / 1000;
    const ratio = c ? speed(wasm) / speed(c) : NaN;
    return (c ? number(speed(c)) : "      -") + number(speed(wasm)) + number(speed(twin)) +
      ratio.toFixed(2).padStart(7) + (ratio < bar ? "*" : " ");
  };
  console.log(
    codec.padEnd(5) + name.padEnd(18) + part("encodeMs", BARS[codec]) + part("decodeMs", 1) +
      (c?.bytes && wasm.bytes ? (wasm.bytes / c.bytes).toFixed(3).padStart(8) : ""),
  );
}

const why = QuicInC.whyNot(), inLz = cLz(), inGlz = cGlz();
for (const each of [why, inLz, inGlz]) if (typeof each === "string") console.log(each);
await using inQuic = why === null ? QuicInC.start() : null;
const { data, width, height, stride } = photograph();
const all: [string, Picture[]][] = [
  ["office", recorded("office")],
  ["qemu", recorded("qemu")],
  ["browser", recorded("browser")],
  ["video360", recorded("video360")],
  ["screen of office", await screen("office")],
  ["screen of browser", await screen("browser")],
  ["photograph", [{ format: "bit32", topDown: true, data, width, height, stride }]],
];
console.log(
  `MPix/s; load ${Deno.loadavg()[0].toFixed(1)}; a look at the clock takes ${
    (lookMs * 1000).toFixed(1)
  } µs`,
);
console.log(
  "     pictures        encode: C   wasm   twin  ratio  decode: C  wasm   twin  ratio   bytes",
);
const settings = (Deno.env.get("SETTINGS") ?? "QUIC,LZ,GLZ").split(",");
for (const one of all) one[1] = inCard(one[1]);
for (const [name, pictures] of settings.includes("QUIC") ? all : []) {
  line("QUIC", name, await quic(pictures, inQuic));
}
for (const [name, pictures] of settings.includes("LZ") ? all : []) {
  line("LZ", name, lz(pictures, inLz));
}
for (const [name, pictures] of settings.includes("GLZ") ? all : []) {
  if (pictures.length > 1) line("GLZ", name, glz(pictures, inGlz));
}
