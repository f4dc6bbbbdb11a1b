// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * The cosine transform of Arai, Agui and Nakajima, whose factors go into the quantisation. Its output stays
 * transposed: 8 × 8 coefficients, each column after the other.
 */
import { COEFFICIENTS, SPREAD } from "./layout.as.ts";

/** In 15 fraction bits: √½, sin ⅛π, cos ⅛π − sin ⅛π; cos ⅛π + sin ⅛π is 1 and the fourth. */
const FACTORS: usize = memory.data<i16>(
  [
    23170, 23170, 23170, 23170, 23170, 23170, 23170, 23170,
    12540, 12540, 12540, 12540, 12540, 12540, 12540, 12540,
    17734, 17734, 17734, 17734, 17734, 17734, 17734, 17734,
    10045, 10045, 10045, 10045, 10045, 10045, 10045, 10045,
  ],
  16,
);

/**
 * Both in 15 fraction bits, rounded. What "relaxed" leaves to the processor is −1 times −1, which no factor
 * here is; the same for all of them takes four instructions rather than one.
 */
@inline
export function times(a: v128, b: v128): v128 {
  return i16x8.relaxed_q15mulr_s(a, b);
}

/** Quantised coefficients of a block; returns in zigzag order which are not 0. */
@inline
export function transform(samples: usize, table: usize): u64 {
  const half = v128.load(FACTORS), sine = v128.load(FACTORS, 16);
  const less = v128.load(FACTORS, 32), more = v128.load(FACTORS, 48);
  let r0 = v128.load(samples);
  let r1 = v128.load(samples, 16);
  let r2 = v128.load(samples, 32);
  let r3 = v128.load(samples, 48);
  let r4 = v128.load(samples, 64);
  let r5 = v128.load(samples, 80);
  let r6 = v128.load(samples, 96);
  let r7 = v128.load(samples, 112);
  for (let pass = 0; pass < 2; pass++) {
    if (pass == 1) {
      const a0 = i16x8.shuffle(r0, r1, 0, 8, 1, 9, 2, 10, 3, 11), a1 = i16x8.shuffle(r0, r1, 4, 12, 5, 13, 6, 14, 7, 15);
      const a2 = i16x8.shuffle(r2, r3, 0, 8, 1, 9, 2, 10, 3, 11), a3 = i16x8.shuffle(r2, r3, 4, 12, 5, 13, 6, 14, 7, 15);
      const a4 = i16x8.shuffle(r4, r5, 0, 8, 1, 9, 2, 10, 3, 11), a5 = i16x8.shuffle(r4, r5, 4, 12, 5, 13, 6, 14, 7, 15);
      const a6 = i16x8.shuffle(r6, r7, 0, 8, 1, 9, 2, 10, 3, 11), a7 = i16x8.shuffle(r6, r7, 4, 12, 5, 13, 6, 14, 7, 15);
      const b0 = i32x4.shuffle(a0, a2, 0, 4, 1, 5), b1 = i32x4.shuffle(a0, a2, 2, 6, 3, 7);
      const b2 = i32x4.shuffle(a1, a3, 0, 4, 1, 5), b3 = i32x4.shuffle(a1, a3, 2, 6, 3, 7);
      const b4 = i32x4.shuffle(a4, a6, 0, 4, 1, 5), b5 = i32x4.shuffle(a4, a6, 2, 6, 3, 7);
      const b6 = i32x4.shuffle(a5, a7, 0, 4, 1, 5), b7 = i32x4.shuffle(a5, a7, 2, 6, 3, 7);
      r0 = i64x2.shuffle(b0, b4, 0, 2), r1 = i64x2.shuffle(b0, b4, 1, 3);
      r2 = i64x2.shuffle(b1, b5, 0, 2), r3 = i64x2.shuffle(b1, b5, 1, 3);
      r4 = i64x2.shuffle(b2, b6, 0, 2), r5 = i64x2.shuffle(b2, b6, 1, 3);
      r6 = i64x2.shuffle(b3, b7, 0, 2), r7 = i64x2.shuffle(b3, b7, 1, 3);
    }
    const s0 = i16x8.add(r0, r7), s7 = i16x8.sub(r0, r7);
    const s1 = i16x8.add(r1, r6), s6 = i16x8.sub(r1, r6);
    const s2 = i16x8.add(r2, r5), s5 = i16x8.sub(r2, r5);
    const s3 = i16x8.add(r3, r4), s4 = i16x8.sub(r3, r4);

    const e0 = i16x8.add(s0, s3), e3 = i16x8.sub(s0, s3);
    const e1 = i16x8.add(s1, s2), e2 = i16x8.sub(s1, s2);
    r0 = i16x8.add(e0, e1);
    r4 = i16x8.sub(e0, e1);
    const z1 = times(i16x8.add(e2, e3), half); // √½
    r2 = i16x8.add(e3, z1);
    r6 = i16x8.sub(e3, z1);

    const o0 = i16x8.add(s4, s5), o1 = i16x8.add(s5, s6), o2 = i16x8.add(s6, s7);
    const z5 = times(i16x8.sub(o0, o2), sine); // sin ⅛π
    const z2 = i16x8.add(times(o0, less), z5); // cos ⅛π − sin ⅛π
    // cos ⅛π + sin ⅛π is 1 and 10045
    const z4 = i16x8.add(i16x8.add(times(o2, more), o2), z5);
    const z3 = times(o1, half);
    const z11 = i16x8.add(s7, z3), z13 = i16x8.sub(s7, z3);
    r5 = i16x8.add(z13, z2);
    r3 = i16x8.sub(z13, z2);
    r1 = i16x8.add(z11, z4);
    r7 = i16x8.sub(z11, z4);
  }
  r0 = times(times(r0, v128.load(table)), v128.load(table, 128));
  r1 = times(times(r1, v128.load(table, 16)), v128.load(table, 144));
  r2 = times(times(r2, v128.load(table, 32)), v128.load(table, 160));
  r3 = times(times(r3, v128.load(table, 48)), v128.load(table, 176));
  r4 = times(times(r4, v128.load(table, 64)), v128.load(table, 192));
  r5 = times(times(r5, v128.load(table, 80)), v128.load(table, 208));
  r6 = times(times(r6, v128.load(table, 96)), v128.load(table, 224));
  r7 = times(times(r7, v128.load(table, 112)), v128.load(table, 240));
  v128.store(COEFFICIENTS, r0);
  v128.store(COEFFICIENTS, r1, 16);
  v128.store(COEFFICIENTS, r2, 32);
  v128.store(COEFFICIENTS, r3, 48);
  v128.store(COEFFICIENTS, r4, 64);
  v128.store(COEFFICIENTS, r5, 80);
  v128.store(COEFFICIENTS, r6, 96);
  v128.store(COEFFICIENTS, r7, 112);

  const none = i8x16.splat(0);
  const m01 = ~i8x16.bitmask(i8x16.eq(i8x16.narrow_i16x8_s(r0, r1), none));
  const m23 = ~i8x16.bitmask(i8x16.eq(i8x16.narrow_i16x8_s(r2, r3), none));
  const m45 = i8x16.bitmask(i8x16.eq(i8x16.narrow_i16x8_s(r4, r5), none)) ^ 0xffff;
  const m67 = i8x16.bitmask(i8x16.eq(i8x16.narrow_i16x8_s(r6, r7), none)) ^ 0xffff;
  let mask = spread(m01, 0) | spread(m01 >>> 8, 1) | spread(m23, 2) | spread(m23 >>> 8, 3);
  if (m45 | m67) {
    mask |= spread(m45, 4) | spread(m45 >>> 8, 5) | spread(m67, 6) | spread(m67 >>> 8, 7);
  }
  return mask;
}

/** In zigzag order what of a column is not 0. */
@inline
function spread(column: i32, at: i32): u64 {
  return load<u64>(SPREAD + ((column & 0xff) << 3) + (at << 11));
}
