/** Where a picture's rows lie in memory is nobody's affair: encoders say the same of it everywhere. */
import { assertEquals } from "@std/assert";
import { seeded } from "../../../../core/binary/random.ts";
import { copyOf } from "../../../../core/binary/words.ts";
import { GlzDictionary } from "../../../../core/codecs/glz/mod.ts";
import { encodeLz } from "../../../../core/codecs/lz/mod.ts";
import { encodeLz4 } from "../../../../core/codecs/lz4/mod.ts";
import { encodeQuic } from "../../../../core/codecs/quic/mod.ts";

const HEIGHT = 7;
const FORMATS = { bit16: 2, bit24: 3, bit32: 4, rgba: 4 } as const;
const QUIC = { bit16: "rgb16", bit24: "rgb24", bit32: "rgb32", rgba: "rgba" } as const;
type Format = keyof typeof FORMATS;

/** What every encoder makes of the rows. */
function encoded(data: Uint8Array, format: Format, width: number, stride: number): Uint8Array[] {
  const rows = { data, width, height: HEIGHT, stride, topDown: true };
  using dictionary = new GlzDictionary(4096);
  return [
    encodeLz({ ...rows, format }).slice(),
    encodeLz4({ ...rows, rowBytes: width * FORMATS[format] }, true, 8)?.slice() ??
      new Uint8Array(0),
    encodeQuic({ ...rows, format: QUIC[format] }).slice(),
    dictionary.encode({ ...rows, format }).bytes.slice(),
  ];
}

Deno.test("encoders say the same of a picture wherever in shared memory its rows begin and however far apart they are", () => {
  const random = seeded(7);
  for (const format of Object.keys(FORMATS) as Format[]) {
    for (const width of [5, 6, 90, 91]) {
      const row = width * FORMATS[format];
      const pixels = Uint8Array.from({ length: row * HEIGHT }, () => random.below(3) * 80);
      const expected = encoded(pixels, format, width, row);
      for (const gap of [0, 1, 3, 4, 8, 68, 2000, 2004]) {
        const stride = row + gap;
        const memory = new Uint8Array(new SharedArrayBuffer(stride * HEIGHT + 16));
        for (const at of [0, 1, 2, 4, 5, 8, 12]) {
          memory.fill(0x55);
          for (let y = 0; y < HEIGHT; y++) {
            memory.set(pixels.subarray(y * row, (y + 1) * row), at + y * stride);
          }
          // ends with its last pixel, as a part of a larger picture does
          const data = memory.subarray(at, at + stride * (HEIGHT - 1) + row);
          assertEquals(
            encoded(data, format, width, stride),
            expected,
            `${format} ${width} ${gap} ${at}`,
          );
        }
      }
    }
  }
});

Deno.test("a copy has the bytes of its original, in memory of its own", () => {
  const memory = Uint8Array.from({ length: 64 }, (_, i) => i);
  for (let at = 0; at < 16; at++) {
    for (const length of [0, 1, 7, 8, 9, 40]) {
      const copy = copyOf(memory.subarray(at, at + length));
      assertEquals(copy, memory.slice(at, at + length));
      if (length > 0) copy[0]++;
      assertEquals(memory[at], at);
    }
  }
});
