/** Pictures for QUIC, the same for the same seed: noise, what desktops show, what cameras see. */
import { type Random, seeded } from "../../core/binary/random.ts";
import {
  pixelBytes,
  type QuicFormat,
  quicFormats,
  type QuicRows,
} from "../../core/codecs/quic/mod.ts";
import { decodePng } from "./png.ts";

type Shade = (x: number, y: number) => number;

/** A picture of one of the kinds; padding between rows, and a fourth byte that does not count, are noise. */
export function randomPicture(
  random: Random,
  format: QuicFormat,
  width: number,
  height: number,
): QuicRows {
  const bytes = pixelBytes(format);
  const stride = width * bytes + [0, 0, 1, 3, 4, 60, 70, 200][random.below(8)];
  const data = new Uint8Array(stride * (height - 1) + width * bytes);
  for (let i = 0; i < data.length; i++) data[i] = random.below(256);
  const shade = kinds[random.below(kinds.length)](random, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) put(format, data, y * stride + x * bytes, shade(x, y) >>> 0);
  }
  return { data, width, height, stride, format, topDown: random.below(3) > 0 };
}

/** 0xaarrggbb in a format. */
function put(format: QuicFormat, data: Uint8Array, at: number, argb: number): void {
  const [b, g, r, a] = [argb & 255, argb >> 8 & 255, argb >> 16 & 255, argb >>> 24];
  if (format === "gray") data[at] = g;
  else if (format === "rgb16") {
    data[at] = b >> 3 | g >> 3 << 5;
    data[at + 1] = g >> 6 | r >> 3 << 2 | a & 128;
  } else {
    data[at] = b, data[at + 1] = g, data[at + 2] = r;
    if (format === "rgba") data[at + 3] = a;
  }
}

const kinds: ((random: Random, width: number) => Shade)[] = [
  // noise
  (random) => () => random.below(2 ** 32),
  // little noise around one colour
  (random) => () => 0x80808080 + (random.below(4) | random.below(4) << 8 | random.below(4) << 16),
  // one colour
  (random) => {
    const color = random.below(2 ** 32);
    return () => color;
  },
  // boxes: runs of many lengths
  (random) => {
    const colors = Array.from({ length: 5 }, () => random.below(2 ** 32));
    const w = 1 + random.below(40), h = 1 + random.below(9);
    return (x, y) => colors[(Math.floor(x / w) * 7 + Math.floor(y / h) * 3) % 5];
  },
  // text: two colours, rarely the other
  (random) => {
    const rare = 2 + random.below(30);
    return () => random.below(rare) === 0 ? 0xff102030 : 0xfff0f0f0;
  },
  // slopes, folding over
  (random) => {
    const [a, b, c] = [random.below(9), random.below(9), random.below(5)];
    return (x, y) =>
      (x * a + y * b & 255) | (y * c & 255) << 8 | (x ^ y) << 16 | (x + y & 255) << 24;
  },
  // a camera's: slow waves and grain
  (random) => {
    const [a, b] = [3 + random.below(20), 3 + random.below(20)];
    return (x, y) => {
      const light = 128 + 60 * Math.sin(x / a) + 50 * Math.cos(y / b);
      const tone = () => Math.floor(light + random.below(9)) & 255;
      return tone() | tone() << 8 | tone() << 16 | Math.floor(light) << 24;
    };
  },
  // rows that repeat, with changes here and there
  (random, width) => {
    const row = Array.from({ length: width }, () => random.below(3) * 0x11223344);
    return (x) => random.below(20) === 0 ? row[x] = random.below(3) * 0x11223344 : row[x];
  },
];

/** Every size from 1×1 to 70×70, formats and kinds by chance; some as wide as waits need to grow. */
export function* smallPictures(seed: number): Generator<QuicRows> {
  const random = seeded(seed);
  for (let width = 1; width <= 70; width++) {
    for (let height = 1; height <= 70; height++) {
      yield randomPicture(random, quicFormats[random.below(5)], width, height);
    }
  }
  for (let i = 0; i < 40; i++) {
    yield randomPicture(random, quicFormats[i % 5], 1000 + random.below(4000), 1 + random.below(9));
  }
}

/** The last frames of the recordings: desktops, a fractal, all that can be drawn. */
export async function* frames(): AsyncGenerator<QuicRows & { name: string }> {
  for (const name of ["alltypes", "browser", "office", "qemu", "video360"]) {
    const file = new URL(`../data/golden/${name}.png`, import.meta.url);
    const { width, height, pixels } = await decodePng(await Deno.readFile(file));
    const data = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    yield { name, data, width, height, stride: width * 4, format: "rgb32", topDown: true };
  }
}

/** What a camera would see, in full HD if not said otherwise: waves of light, and grain that no prediction takes away. */
export function photograph(width = 1920, height = 1080): QuicRows & { name: string } {
  const random = seeded(1080);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const light = 128 + 60 * Math.sin(x / 17) + 50 * Math.cos(y / 23);
      for (let i = 0; i < 3; i++) data[at + i] = light + random.below(9);
    }
  }
  const stride = width * 4;
  return { name: "photograph", data, width, height, stride, format: "rgb32", topDown: true };
}

/** The rows as a decoder gives them: neighbours, from the top down, what does not count being 0. */
export function visible({ data, width, height, stride, format, topDown }: QuicRows): Uint8Array {
  const bytes = pixelBytes(format), rowBytes = width * bytes;
  const seen = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const at = (topDown ? y : height - 1 - y) * stride;
    seen.set(data.subarray(at, at + rowBytes), y * rowBytes);
  }
  if (format === "rgb32") { for (let i = 3; i < seen.length; i += 4) seen[i] = 0; }
  if (format === "rgb16") { for (let i = 1; i < seen.length; i += 2) seen[i] &= 127; }
  return seen;
}
