// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The loops of mod.ts beside it: 8 pixels at a time; what is written may go 7 bytes beyond a row. */

export { reserve } from "../room.as.ts";

/** 4 pixels times their factors of (blue, red) and of (green, nothing), in 15 fraction bits. */
@inline
function weigh(br: v128, g: v128, brFactors: v128, gFactors: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(br, brFactors), i32x4.dot_i16x8_s(g, gFactors));
}

/** A row of luma. br, g: the factors, blue in the lower half, as two of 16 bits. */
export function luma(from: usize, out: usize, width: u32, br: u32, g: u32): void {
  const low = i16x8.splat(0xff);
  const brFactors = i32x4.splat(br);
  const gFactors = i32x4.splat(g);
  const half = i32x4.splat((16 << 15) + (1 << 14));
  for (const stop = out + width; out < stop; out += 8) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const first = weigh(v128.and(a, low), i16x8.shr_u(a, 8), brFactors, gFactors);
    const second = weigh(v128.and(b, low), i16x8.shr_u(b, 8), brFactors, gFactors);
    const eight = i16x8.narrow_i32x4_s(
      i32x4.shr_s(i32x4.add(first, half), 15),
      i32x4.shr_s(i32x4.add(second, half), 15),
    );
    v128.store64_lane(out, i8x16.narrow_i16x8_u(eight, eight), 0);
    from += 32;
  }
}

/** Neighbours added: of 4 + 4 pixels, 4. */
@inline
function halve(a: v128, b: v128): v128 {
  return i16x8.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** A row of one difference, of two rows of pixels. width: of what comes out. */
export function chroma(upper: usize, lower: usize, out: usize, width: u32, br: u32, g: u32): void {
  const low = i16x8.splat(0xff);
  const brFactors = i32x4.splat(br);
  const gFactors = i32x4.splat(g);
  // of four pixels' sum
  const half = i32x4.splat((128 << 17) + (1 << 16));
  for (const stop = out + width; out < stop; out += 4) {
    const a = v128.load(upper), b = v128.load(upper, 16);
    const c = v128.load(lower), d = v128.load(lower, 16);
    const colours = halve(
      i16x8.add(v128.and(a, low), v128.and(c, low)),
      i16x8.add(v128.and(b, low), v128.and(d, low)),
    );
    const greens = halve(
      i16x8.add(i16x8.shr_u(a, 8), i16x8.shr_u(c, 8)),
      i16x8.add(i16x8.shr_u(b, 8), i16x8.shr_u(d, 8)),
    );
    const sum = i32x4.add(weigh(colours, greens, brFactors, gFactors), half);
    const four = i16x8.narrow_i32x4_s(i32x4.shr_s(sum, 17), i32x4.splat(0));
    v128.store32_lane(out, i8x16.narrow_i16x8_u(four, four), 0);
    upper += 32;
    lower += 32;
  }
}
