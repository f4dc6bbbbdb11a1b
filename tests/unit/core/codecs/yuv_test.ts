import { assert, assertEquals, assertThrows } from "@std/assert";
import { randomBytes, seeded } from "../../../../core/binary/random.ts";
import { planesOf } from "../../../../core/codecs/yuv/mod.ts";
import { yuvOf } from "../../../oracles/yuv.ts";

const MATRICES = ["bt601", "bt709"] as const;

/** One colour, as planes of one sample each. */
function sample([r, g, b]: readonly number[], matrix: "bt601" | "bt709"): number[] {
  const rows = { width: 1, height: 1, stride: 4, topDown: true };
  return [...planesOf({ ...rows, data: Uint8Array.of(b, g, r, 99) }, matrix)];
}

Deno.test("black, white and grey have no colour, and lie where television has them", () => {
  for (const matrix of MATRICES) {
    const of = (grey: number) => sample([grey, grey, grey], matrix);
    assertEquals([of(0), of(255)], [[16, 128, 128], [235, 128, 128]]);
    for (let grey = 0; grey < 256; grey++) assertEquals(of(grey).slice(1), [128, 128]);
  }
  // as tables of colour bars have red
  assertEquals(sample([255, 0, 0], "bt601"), [81, 90, 240]);
  assertEquals(sample([255, 0, 0], "bt709"), [63, 102, 240]);
});

Deno.test("planes are within one of the recommendations', whatever the size, the stride and where the rows lie", () => {
  const random = seeded(601);
  for (
    const [width, height] of [[1, 1], [2, 2], [7, 5], [8, 4], [9, 3], [16, 16], [33, 7], [64, 2]]
  ) {
    for (const more of [0, 4, 12]) {
      for (const topDown of [true, false]) {
        const stride = width * 4 + more, matrix = MATRICES[random.below(2)];
        const memory = new SharedArrayBuffer(stride * height + 8);
        const data = new Uint8Array(memory, random.below(3) * 4, stride * (height - 1) + width * 4);
        data.set(randomBytes(random, data.length));
        const planes = planesOf({ data, width, height, stride, topDown }, matrix);
        const halfWidth = (width + 1) >> 1, halfHeight = (height + 1) >> 1;
        assertEquals(planes.length, width * height + 2 * halfWidth * halfHeight);
        const pixel = (x: number, y: number): [number, number, number] => {
          const row = Math.min(y, height - 1), column = Math.min(x, width - 1);
          const at = (topDown ? row : height - 1 - row) * stride + column * 4;
          return [data[at + 2], data[at + 1], data[at]];
        };
        const near = (seen: number, expected: number) =>
          assert(Math.abs(seen - expected) <= 1, `${width}×${height}: ${seen}, not ${expected}`);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            near(planes[y * width + x], yuvOf(pixel(x, y), matrix)[0]);
          }
        }
        for (let y = 0; y < halfHeight; y++) {
          for (let x = 0; x < halfWidth; x++) {
            const four = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([u, v]) =>
              yuvOf(pixel(2 * x + u, 2 * y + v), matrix)
            );
            for (const i of [1, 2]) {
              const at = width * height + (i - 1) * halfWidth * halfHeight + y * halfWidth + x;
              near(planes[at], four.reduce((sum, each) => sum + each[i], 0) / 4);
            }
          }
        }
      }
    }
  }
});

Deno.test("rows that are not in the data are refused", () => {
  const rows = { width: 4, height: 2, stride: 16, topDown: true, data: new Uint8Array(31) };
  for (const bad of [{}, { stride: 12 }, { width: 0 }, { height: 0 }, { height: 1 << 28 }]) {
    assertThrows(() => planesOf({ ...rows, ...bad }, "bt601"), RangeError);
  }
});
