/** The JPEG encoder's twin: the same arithmetic, one number after the other. */
import type { JpegRows } from "../../core/codecs/jpeg/mod.ts";
import {
  codesOf,
  firstTables,
  otherTables,
  stepsAt,
  zigzag,
} from "../../core/codecs/jpeg/tables.ts";

/** The scan of a file and the marker of its end. */
export function scanOf(rows: JpegRows, quality: number, sampling: "4:2:0" | "4:4:4"): Uint8Array {
  const steps = stepsAt(quality);
  const codes = [0, 1].map((i) => ({
    first: new Map([...codesOf(firstTables[i])].map((code) => [code.symbol, code])),
    other: new Map([...codesOf(otherTables[i])].map((code) => [code.symbol, code])),
  }));
  let bits = "";
  const put = (value: number, length: number) => {
    if (length > 0) bits += (value & ((1 << length) - 1)).toString(2).padStart(length, "0");
  };
  const last = [0, 0, 0];
  const code = (component: number, weights: Int16Array) => {
    const { first, other } = codes[Math.min(component, 1)];
    const put_ = (table: typeof first, above: number, value: number) => {
      const size = value === 0 ? 0 : 32 - Math.clz32(Math.abs(value));
      const { code, length } = table.get(above << 4 | size)!;
      put(code, length);
      put(value < 0 ? value - 1 : value, size);
    };
    put_(first, 0, weights[0] - last[component]);
    last[component] = weights[0];
    let run = 0;
    for (let k = 1; k < 64; k++) {
      const value = weights[zigzag[k]];
      if (value === 0) run++;
      else {
        for (; run > 15; run -= 16) put_(other, 15, 0);
        put_(other, run, value);
        run = 0;
      }
    }
    if (run > 0) put_(other, 0, 0);
  };

  const { width, height } = rows;
  const unit = sampling === "4:2:0" ? 16 : 8;
  for (let top = 0; top < height; top += unit) {
    for (let left = 0; left < width; left += unit) {
      for (let y = top; y < top + unit; y += 8) {
        for (let x = left; x < left + unit; x += 8) {
          const weights = blockOf(steps[0], (i, j) => luma(pixelAt(rows, x + i, y + j)));
          code(0, x < width && y < height ? weights : Int16Array.of(last[0], ...Array(63).fill(0)));
        }
      }
      for (const component of [1, 2]) {
        const factors = component === 1 ? BLUE : RED;
        const sample = unit === 8
          ? (i: number, j: number) => chroma(pixelAt(rows, left + i, top + j), factors, 14)
          : (i: number, j: number) => {
            const four = [0, 1, 2, 3].map((n) =>
              pixelAt(rows, left + 2 * i + (n & 1), top + 2 * j + (n >> 1))
            );
            return chroma(
              [0, 1, 2].map((c) => four.reduce((sum, pixel) => sum + pixel[c], 0)),
              factors,
              16,
            );
          };
        code(component, blockOf(steps[1], sample));
      }
    }
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  return Uint8Array.of(...bytes.flatMap((byte) => byte === 255 ? [255, 0] : [byte]), 0xff, 0xd9);
}

/** Blue, green, red; beside the picture, those of its nearest pixel. */
export function pixelAt(rows: JpegRows, x: number, y: number): number[] {
  const { format, width, height, stride, topDown, data } = rows;
  x = Math.min(x, width - 1);
  y = Math.min(y, height - 1);
  const row = (topDown ? y : height - 1 - y) * stride;
  if (format === "bit16") {
    const pixel = data[row + 2 * x] | data[row + 2 * x + 1] << 8;
    return [pixel, pixel >> 5, pixel >> 10].map((five) => (five & 31) << 3 | (five & 31) >> 2);
  }
  const at = row + x * (format === "bit24" ? 3 : 4);
  return [data[at], data[at + 1], data[at + 2]];
}

const BLUE = [16384, -10855, -5529], RED = [-2664, -13720, 16384];

function luma([b, g, r]: number[]): number {
  return ((3735 * b + 19235 * g + 9798 * r + (1 << 13)) >> 14) - 256;
}

function chroma([b, g, r]: number[], factors: number[], shift: number): number {
  return (factors[0] * b + factors[1] * g + factors[2] * r + (1 << (shift - 1))) >> shift;
}

const product = (a: number, b: number) => (a * b + 0x4000) >> 15;
const scales = Array.from(
  { length: 8 },
  (_, k) => k === 0 ? 1 : Math.SQRT2 * Math.cos(k * Math.PI / 16),
);

/** Quantised, row after row. */
function blockOf(steps: Uint8Array, sample: (x: number, y: number) => number): Int16Array {
  const space = Int16Array.from({ length: 64 }, (_, i) => sample(i & 7, i >> 3));
  for (let x = 0; x < 8; x++) line(space, x, 8);
  for (let y = 0; y < 8; y++) line(space, y * 8, 1);
  return space.map((weight, i) => {
    const divisor = steps[i] * scales[i & 7] * scales[i >> 3] * 16;
    const shift = Math.floor(Math.log2(divisor));
    const factor = Math.min(32767, Math.round(32768 * 2 ** shift / divisor));
    return product(product(weight, factor), Math.min(32767, 2 ** (15 - shift)));
  });
}

/** Arai, Agui and Nakajima's transform in 16-bit numbers: assigning to them cuts as SIMD does. */
function line(space: Int16Array, at: number, step: number): void {
  const s = new Int16Array(8), o = new Int16Array(3), e = new Int16Array(4);
  for (let i = 0; i < 4; i++) {
    const a = space[at + i * step], b = space[at + (7 - i) * step];
    s[i] = a + b;
    s[7 - i] = a - b;
  }
  e.set([s[0] + s[3], s[1] + s[2], s[1] - s[2], s[0] - s[3]]);
  o.set([s[4] + s[5], s[5] + s[6], s[6] + s[7]]);
  const z1 = product(e[2] + e[3], 23170), z3 = product(o[1], 23170);
  const z5 = product(o[0] - o[2], 12540);
  const z2 = product(o[0], 17734) + z5, z4 = product(o[2], 10045) + o[2] + z5;
  const z11 = s[7] + z3, z13 = s[7] - z3;
  const out = [
    e[0] + e[1],
    z11 + z4,
    e[3] + z1,
    z13 - z2,
    e[0] - e[1],
    z13 + z2,
    e[3] - z1,
    z11 - z4,
  ];
  out.forEach((value, i) => space[at + i * step] = value);
}
