/** Pictures for the dictionary codecs, the same for the same seed. */
import type { Random } from "../../core/binary/random.ts";
import type { LzFormat, LzRows } from "../../core/codecs/lz/mod.ts";
import { rowBytesOf } from "../oracles/lz.ts";

export const lzFormats: readonly LzFormat[] = [
  "bit1Le",
  "bit1Be",
  "bit4Le",
  "bit4Be",
  "bit8",
  "bit16",
  "bit24",
  "bit32",
  "rgba",
  "xxxa",
  "bit8A",
];

/** Rows with padding or without, upside down or not; what is in them is one of `kinds`. */
export function lzPicture(
  random: Random,
  format: LzFormat,
  width: number,
  height: number,
): LzRows {
  const rowBytes = rowBytesOf(format, width);
  const stride = rowBytes + [0, 0, 1, 3, 4, 61][random.below(6)];
  const data = new Uint8Array(stride * height);
  for (let i = 0; i < data.length; i++) data[i] = random.below(256);
  const pixelBytes = Math.max(1, rowBytesOf(format, 8) >> 3);
  const kind = kinds[random.below(kinds.length)];
  const pixels = kind(random, width * height * 4 + 64);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < rowBytes; x++, i++) {
      const pixel = pixels[Math.floor(i / pixelBytes)];
      data[y * stride + x] = pixel >>> (8 * (i % pixelBytes));
    }
  }
  return { format, width, height, stride, topDown: random.below(3) > 0, data };
}

/** The rows without padding, and without what no codec says: the fourth byte of bit32, all but it of xxxa. */
export function visible({ format, width, height, stride, data }: LzRows): Uint8Array {
  const rowBytes = rowBytesOf(format, width);
  const rows = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  }
  if (format === "bit32") { for (let i = 3; i < rows.length; i += 4) rows[i] = 0; }
  // the highest bit of 15-bit pixels may be another pixel's
  if (format === "bit16") { for (let i = 1; i < rows.length; i += 2) rows[i] &= 0x7f; }
  return format === "xxxa" ? rows.filter((_, i) => i % 4 === 3) : rows;
}

const any = (random: Random) => random.below(2 ** 32);

const kinds: ((random: Random, count: number) => number[] | Uint32Array)[] = [
  // noise
  (random, count) => Uint32Array.from({ length: count }, () => any(random)),
  // one colour
  (random, count) => new Uint32Array(count).fill(any(random)),
  // few colours: short matches everywhere
  (random, count) => {
    const colours = Array.from({ length: 1 + random.below(4) }, () => any(random));
    return Array.from({ length: count }, () => colours[random.below(colours.length)]);
  },
  // runs of all lengths
  (random, count) => {
    const out: number[] = [];
    while (out.length < count) {
      const colour = any(random);
      for (let left = random.below(1 + random.below(600)); left > 0; left--) out.push(colour);
    }
    return out;
  },
  // something that comes again, near and far, with faults
  (random, count) => {
    const out: number[] = [];
    while (out.length < count) {
      const back = random.below(out.length + 1), length = random.below(300);
      for (let i = 0; i < length; i++) {
        out.push(random.below(40) > 0 && back > 0 ? out[out.length - back] : any(random));
      }
    }
    return out;
  },
  // slopes
  (random, count) => {
    const step = any(random) & 0x01010101;
    return Uint32Array.from({ length: count }, (_, i) => step * (i % 97));
  },
];
