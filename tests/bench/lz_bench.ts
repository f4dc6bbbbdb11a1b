/**
 * LZ and GLZ beside spice-common's, libspice-server's and spice-gtk's C code and beside their TypeScript
 * twins, on the pictures of recordings: MPix/s, for each picture the fastest of some times.
 */
import {
  GlzDictionary,
  type GlzFormat,
  type GlzRows,
  GlzWindow,
} from "../../core/codecs/glz/mod.ts";
import { decodeLz, encodeLz, type LzRows } from "../../core/codecs/lz/mod.ts";
import { tight } from "../kit/glz_conversation.ts";
import { decodePng } from "../kit/png.ts";
import { recordedPictures } from "../kit/recorded_pictures.ts";
import { cGlz } from "../oracles/c_glz.ts";
import { cLz } from "../oracles/c_lz.ts";
import * as glzTwin from "../oracles/glz.ts";
import * as lzTwin from "../oracles/lz.ts";

/** So many are taken of each recording, and so many of those are given to the twins. */
const PIXELS = 12e6, TWIN_PIXELS = 3e5;
const TIMES = 5;
const WINDOW = 3 << 20;

function recorded(name: string): LzRows[] {
  const some: LzRows[] = [];
  let pixels = 0;
  for (const picture of recordedPictures(name)) {
    const { format, width, height, stride } = picture;
    if (stride !== lzTwin.rowBytesOf(format, width)) continue;
    some.push(picture);
    if ((pixels += width * height) > PIXELS) break;
  }
  return some;
}

async function golden(name: string): Promise<LzRows[]> {
  const file = new URL(`../data/golden/${name}.png`, import.meta.url);
  const { width, height, pixels } = await decodePng(await Deno.readFile(file));
  const data = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return [{ format: "bit32", width, height, stride: width * 4, topDown: true, data }];
}

const pixelsOf = (pictures: readonly { width: number; height: number }[]): number =>
  pictures.reduce((sum, { width, height }) => sum + width * height, 0);

/** The first pictures of so many pixels. */
function few<T extends { width: number; height: number }>(pictures: T[]): T[] {
  let pixels = 0;
  return pictures.filter(({ width, height }, i) =>
    (pixels += width * height) < TWIN_PIXELS || i === 0
  );
}

function timeMs(work: () => unknown): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

/** Each picture's fewest milliseconds, summed. conversation: all of it once. */
function best(conversation: () => number[], times = TIMES): number {
  const fewest: number[] = [];
  for (let k = 0; k < times; k++) {
    conversation().forEach((ms, i) => fewest[i] = Math.min(fewest[i] ?? Infinity, ms));
  }
  return fewest.reduce((sum, ms) => sum + ms, 0);
}

interface Row {
  readonly who: string;
  readonly pixels: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly bytes?: number;
}

function table(title: string, rows: Row[]): void {
  console.log(title);
  const c = rows.find(({ who }) => who === "C -O2");
  const speed = (ms: number, pixels: number) => pixels / ms / 1000;
  const times = (ms: number, pixels: number, theirs?: number) =>
    c && theirs ? `${(speed(ms, pixels) / speed(theirs, c.pixels)).toFixed(2)}×` : "";
  console.table(rows.map(({ who, pixels, encodeMs, decodeMs, bytes }) => ({
    who,
    "encode MPix/s": Math.round(speed(encodeMs, pixels) * 10) / 10,
    "of C": times(encodeMs, pixels, c?.encodeMs),
    "decode MPix/s": Math.round(speed(decodeMs, pixels) * 10) / 10,
    "of C ": times(decodeMs, pixels, c?.decodeMs),
    bytes: bytes ?? "",
    "of C  ": bytes && c?.bytes ? (bytes / c.bytes).toFixed(3) : "",
  })));
}

const none = { type: 0, topDown: true, width: 0, height: 0, stride: 0 };
const size = (parts: Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

function benchLz(title: string, pictures: LzRows[], c: ReturnType<typeof cLz>): void {
  const pixels = pixelsOf(pictures);
  const coded = pictures.map((picture) => encodeLz(picture).slice());
  const rows: Row[] = [];
  if (typeof c !== "string") {
    const encoded = c(pictures.map((picture) => ({
      ...picture,
      work: "encode",
      type: lzTwin.typeOf(picture.format),
      repeats: TIMES,
    })));
    const bytes = encoded.map(({ bytes }) => bytes!);
    const decoded = c(bytes.map((data) => ({ ...none, work: "decode", data, repeats: TIMES })));
    const sum = (results: { timeNs: number }[]) =>
      results.reduce((all, { timeNs }) => all + timeNs / 1e6, 0);
    rows.push(
      { who: "C -O2", pixels, encodeMs: sum(encoded), decodeMs: sum(decoded), bytes: size(bytes) },
    );
  }
  // as in C, one picture several times: what is measured is the work, not where the picture lay before
  const several = (work: () => unknown) =>
    Math.min(...Array.from({ length: TIMES }, () => timeMs(work)));
  rows.push({
    who: "wasm",
    pixels,
    encodeMs: best(() => pictures.map((picture) => several(() => encodeLz(picture))), 2),
    decodeMs: best(() => coded.map((bytes) => several(() => decodeLz(bytes, 1e9))), 2),
    bytes: size(coded),
  });
  const some = few(pictures);
  rows.push({
    who: "twin",
    pixels: pixelsOf(some),
    encodeMs: best(() => some.map((picture) => timeMs(() => lzTwin.encode(picture))), 1),
    decodeMs: best(() => some.map((_, i) => timeMs(() => lzTwin.decode(coded[i], 1e9))), 1),
  });
  table(`LZ, ${title}`, rows);
}

function benchGlz(title: string, pictures: GlzRows[], c: ReturnType<typeof cGlz>): void {
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
  const encodeMs = best(encode);
  const rows: Row[] = [];
  if (typeof c !== "string") {
    const jobs = pictures.map((picture) => ({
      ...picture,
      work: "encode" as const,
      type: glzTwin.types[picture.format],
      data: tight(picture),
    }));
    let bytes: Uint8Array[] = [];
    const run = (jobs: Parameters<typeof c>[1]) => {
      const results = c(WINDOW, jobs);
      bytes = results.map((result) => result.bytes!);
      return results.map(({ timeNs }) => timeNs / 1e6);
    };
    const encodeMs = best(() => run(jobs), 3);
    const total = size(bytes);
    const decodes = bytes.map((data) => ({ ...none, work: "decode" as const, data: data.slice() }));
    rows.push(
      { who: "C -O2", pixels, encodeMs, decodeMs: best(() => run(decodes), 3), bytes: total },
    );
  }
  const decodeMs = best(() => {
    using kept = new GlzWindow(WINDOW);
    return coded.map((bytes) => timeMs(() => kept.decode(bytes, 1e9)));
  });
  rows.push({ who: "wasm", pixels, encodeMs, decodeMs, bytes: size(coded) });
  const some = few(pictures);
  const dictionary = new glzTwin.Dictionary(WINDOW), kept = new glzTwin.Window();
  rows.push({
    who: "twin",
    pixels: pixelsOf(some),
    encodeMs: best(() => some.map((picture) => timeMs(() => dictionary.encode(picture))), 1),
    decodeMs: best(() => some.map((_, i) => timeMs(() => kept.decode(coded[i], 1e9))), 1),
  });
  table(`GLZ, ${title}, in a window of ${WINDOW} pixels`, rows);
}

const recordings = ["office", "qemu", "browser", "video360", "alltypes"];
const inLz = cLz(), inGlz = cGlz();
for (const why of [inLz, inGlz]) if (typeof why === "string") console.log(why);
for (const name of recordings) benchLz(name, recorded(name), inLz);
for (const name of ["office", "browser", "video360"]) {
  benchLz(`the whole screen of ${name}`, await golden(name), inLz);
}
for (const name of recordings) {
  const pictures = recorded(name).filter(({ format }) => format in glzTwin.types)
    .map((picture) => ({ ...picture, format: picture.format as GlzFormat }));
  benchGlz(name, pictures, inGlz);
}
