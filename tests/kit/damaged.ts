/** Every decoder of pictures against damaged input, any number of it: `tests/fuzz/decoders_fuzz_test.ts`. */
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { type Random, seeded } from "../../core/binary/random.ts";
import { GlzDictionary, type GlzFormat, GlzWindow } from "../../core/codecs/glz/mod.ts";
import {
  decodeJpeg,
  decodeJpegAlpha,
  encodeJpeg,
  encodeJpegAlpha,
} from "../../core/codecs/jpeg/mod.ts";
import { decodeLz4, encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { decodeLz, encodeLz } from "../../core/codecs/lz/mod.ts";
import { decodeQuic, encodeQuic, quicFormats } from "../../core/codecs/quic/mod.ts";
import { inflate } from "../../core/codecs/zlib/inflate.ts";
import { lzFormats, lzPicture } from "./lz_pictures.ts";
import { mutate } from "./mutate.ts";
import { randomPicture } from "./quic_pictures.ts";

/** A whole picture. From `hurt` on it is damaged, most of the time: what is before would be refused at once. */
interface Seed {
  readonly bytes: Uint8Array;
  readonly hurt: number;
  /** The pixels' bytes, null: a picture is missing. RangeError: refused. */
  readonly decode: (bytes: Uint8Array) => Uint8Array | null;
}

/** What came of all the input. */
export interface Soaked {
  readonly inputs: number;
  /** Read as pictures; all others were refused. */
  readonly pictures: number;
  readonly seconds: number;
  /** The longest single one; what else the machine does is in it. */
  readonly longestMs: number;
}

export const decoders = ["quic", "lz", "glz", "zlibGlz", "lz4", "jpeg", "jpegAlpha"] as const;
export type DecoderName = typeof decoders[number];

/** Pixels of a picture at most, and the bytes that damaged input has at most. */
const MOST = 1024, MOST_INPUT = 4096;
const SEEDS = 240;
/** One in so many is decoded twice, something else between: what was behind it must not show. */
const TWICE = 8;

/**
 * Decodes so many damaged pictures. Error: a decoder threw something else than RangeError, gave more than
 * its picture, or not the same twice; its message has the input in hexadecimal digits.
 */
export function soak(name: DecoderName, inputs: number, seed: number): Soaked {
  const random = seeded(seed);
  const start = performance.now();
  let pictures = 0, longestMs = 0;
  const into = new Uint8Array(MOST_INPUT);
  for (let done = 0; done < inputs;) {
    // what a window keeps is given up with its round
    using round = makers[name](random);
    const { seeds } = round;
    for (const end = Math.min(inputs, done + round.inputs); done < end; done++) {
      const one = seeds[random.below(seeds.length)], other = seeds[random.below(seeds.length)];
      const hurt = random.below(8) > 0 ? one.hurt : 0;
      into.set(one.bytes.subarray(0, hurt));
      const n = mutate(random, one.bytes.subarray(hurt), other.bytes, into.subarray(hurt));
      const bytes = into.subarray(0, hurt + n);
      try {
        const before = performance.now();
        const pixels = attempt(one.decode, bytes);
        longestMs = Math.max(longestMs, performance.now() - before);
        if (pixels) pictures++;
        if (pixels && pixels.length > MOST * 4) throw new Error(`${pixels.length} bytes of pixels`);
        if (done % TWICE === 0 && round.again) again(one, other, bytes, pixels);
      } catch (error) {
        throw new Error(`${name}, input ${done} of seed ${seed}: ${bytes.toHex()}`, {
          cause: error,
        });
      }
    }
  }
  return { inputs, pictures, seconds: (performance.now() - start) / 1000, longestMs };
}

function again(one: Seed, other: Seed, bytes: Uint8Array, first: Uint8Array | null): void {
  const kept = first?.slice() ?? null;
  attempt(other.decode, other.bytes);
  const second = attempt(one.decode, bytes);
  const same = kept && second ? Buffer.compare(kept, second) === 0 : kept === second;
  if (!same) throw new Error("not the same twice");
}

/** Null: RangeError; any other is thrown. */
function attempt(decode: Seed["decode"], bytes: Uint8Array): Uint8Array | null {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface Round extends Disposable {
  readonly seeds: readonly Seed[];
  readonly inputs: number;
  /** Whether decoding leaves everything as it was. */
  readonly again: boolean;
}

const stateless = (seeds: Seed[]): Round => ({
  seeds,
  inputs: 100_000,
  again: true,
  [Symbol.dispose]() {},
});

const many = (make: (i: number) => Seed): Seed[] =>
  Array.from({ length: SEEDS }, (_, i) => make(i));

const makers: Record<DecoderName, (random: Random) => Round> = {
  quic: (random) =>
    stateless(many((i) => {
      const size = { width: 1 + random.below(24), height: 1 + random.below(12) };
      const rows = randomPicture(random, quicFormats[i % 5], size.width, size.height);
      const decode = (bytes: Uint8Array) => decodeQuic(bytes, size).data;
      return { bytes: encodeQuic(rows).slice(), hurt: 20, decode };
    })),
  lz: (random) =>
    stateless(many((i) => {
      const rows = lzPicture(random, lzFormats[i % 11], 1 + random.below(24), 1 + random.below(24));
      const decode = (bytes: Uint8Array) => decodeLz(bytes, MOST).data;
      return { bytes: encodeLz(rows).slice(), hurt: 28, decode };
    })),
  glz: (random) => inWindow(random, (bytes) => ({ bytes, hurt: 33, read: (bytes) => bytes })),
  zlibGlz: (random) =>
    inWindow(random, (bytes, i) => ({
      // of those that are not packed the picture is damaged, of the others the packing
      bytes: i % 2 ? bytes : deflateSync(bytes),
      hurt: i % 2 ? 33 : 2,
      read: (hurt) => inflate(i % 2 ? stored(hurt) : hurt, i % 2 ? hurt.length : bytes.length),
    })),
  lz4: (random) =>
    stateless(many((i) => {
      for (;;) {
        const rows = lzPicture(random, "bit32", 1 + random.below(24), 1 + random.below(12));
        const { width, height, topDown } = rows, rowBytes = width * (i % 3 === 0 ? 2 : i % 3 + 2);
        const size = rowBytes * height;
        const bytes = encodeLz4({ ...rows, rowBytes }, topDown, 6 + i % 3)?.slice();
        const decode = (bytes: Uint8Array) => decodeLz4(bytes, () => size).rows;
        if (bytes) return { bytes, hurt: random.below(2) * 6, decode };
      }
    })),
  jpeg: (random) =>
    stateless(many((i) => {
      const { rows, size } = photograph(random);
      const bytes = encodeJpeg({ ...rows, format: "bit32" }, 30 + random.below(70), {
        sampling: i % 2 ? "4:2:0" : "4:4:4",
      }).slice();
      const decode = (bytes: Uint8Array) => decodeJpeg(bytes, size).data;
      return { bytes, hurt: i % 3 ? scanOf(bytes) : 2, decode };
    })),
  jpegAlpha: (random) =>
    stateless(many((i) => {
      const { rows, size } = photograph(random);
      const { data, jpegSize, topDown } = encodeJpegAlpha(
        { ...rows, format: "rgba" },
        60,
        encodeLz,
      );
      const decode = (bytes: Uint8Array) => {
        const said = i % 4 ? jpegSize : jpegSize + bytes.length % 7 - 3;
        return decodeJpegAlpha({ topDown, jpegSize: said, data: bytes }, size, decodeLz).data;
      };
      return { bytes: data, hurt: i % 3 ? jpegSize - 2 : scanOf(data), decode };
    })),
};

/** A client's window that has seen the first pictures of a conversation, and is said damaged others. */
function inWindow(
  random: Random,
  pack: (bytes: Uint8Array, i: number) => {
    bytes: Uint8Array;
    hurt: number;
    read: (bytes: Uint8Array) => Uint8Array;
  },
): Round {
  const formats: GlzFormat[] = ["bit16", "bit24", "bit32", "rgba"];
  using dictionary = new GlzDictionary(2048);
  const kept = new GlzWindow(2048);
  const seeds = Array.from({ length: 16 }, (_, i): Seed => {
    const format = formats[random.below(random.below(3) > 0 ? 1 : 4)];
    const rows = lzPicture(random, format, 1 + random.below(16), 1 + random.below(16));
    const bytes = dictionary.encode({ ...rows, format }).bytes.slice();
    if (i < 4) kept.decode(bytes, MOST);
    const { read, ...packed } = pack(bytes, i);
    const decode = (bytes: Uint8Array) => {
      const got = kept.decode(read(bytes), MOST);
      return "missing" in got ? null : got.pixels;
    };
    return { ...packed, decode };
  }).slice(4);
  return { seeds, inputs: 60, again: false, [Symbol.dispose]: () => kept[Symbol.dispose]() };
}

function photograph(random: Random) {
  const size = { width: 1 + random.below(16), height: 1 + random.below(12) };
  const { width, height } = size, stride = width * 4;
  const data = Uint8Array.from({ length: stride * height }, (_, i) => i * 3 + random.below(40));
  return { size, rows: { width, height, stride, data, topDown: random.below(2) > 0 } };
}

/** Where what is behind the tables of a JPEG file begins. */
function scanOf(file: Uint8Array): number {
  for (let at = 2;; at += 2 + (file[at + 2] << 8 | file[at + 3])) {
    if (file[at + 1] === 0xda) return at;
  }
}

/** As a zlib stream that packs nothing, and so costs nothing. */
function stored(bytes: Uint8Array): Uint8Array {
  const n = bytes.length, out = new Uint8Array(n + 11);
  out.set([0x78, 1, 1, n, n >> 8, ~n, ~n >> 8]);
  out.set(bytes, 7);
  let a = 1, b = 0;
  for (const byte of bytes) b += a = (a + byte) % 65521;
  new DataView(out.buffer).setUint32(n + 7, (b % 65521) * 65536 + a);
  return out;
}
