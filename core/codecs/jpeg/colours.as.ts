// @ts-nocheck: AssemblyScript, checked by its own compiler
/** Pixels as samples of luma and of two differences, twice as large, so that half of one is kept. */
import { BLOCKS } from "./layout.as.ts";

/** A row of 24-bit pixels as 32-bit ones, and of 15-bit ones. Up to 7 pixels more are written. */
export function widen24(from: usize, out: usize, width: u32): void {
  for (const stop = out + (width << 2); out < stop; out += 16) {
    const v = v128.load(from);
    v128.store(out, i8x16.shuffle(v, v, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11));
    from += 12;
  }
}

export function widen16(from: usize, out: usize, width: u32): void {
  const five = i16x8.splat(0xf8);
  const three = i16x8.splat(7);
  for (const stop = out + (width << 2); out < stop; out += 32) {
    const v = v128.load(from);
    const b = v128.or(v128.and(i16x8.shl(v, 3), five), v128.and(i16x8.shr_u(v, 2), three));
    const g = v128.or(v128.and(i16x8.shr_u(v, 2), five), v128.and(i16x8.shr_u(v, 7), three));
    const r = v128.or(v128.and(i16x8.shr_u(v, 7), five), v128.and(i16x8.shr_u(v, 12), three));
    const bg = v128.or(b, i16x8.shl(g, 8));
    v128.store(out, i16x8.shuffle(bg, r, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(out, i16x8.shuffle(bg, r, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    from += 16;
  }
}

// Rec. 601 in 15 fraction bits; what belongs to (blue, red) and to (green, nothing)
/** 4 pixels' luma, twice as much, around 0. br: their blue and red, g: green and anything. */
@inline
export function luma(br: v128, g: v128): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(br, i16x8(3735, 9798, 3735, 9798, 3735, 9798, 3735, 9798)),
    i32x4.dot_i16x8_s(g, i16x8(19235, 0, 19235, 0, 19235, 0, 19235, 0)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat((1 << 13) - (256 << 14))), 14);
}

/** The same of the two differences. Shift: 14 for the twice of a pixel, 16 for that of 4 pixels' mean. */
@inline
export function chromaBlue(br: v128, g: v128, shift: i32): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(br, i16x8(16384, -5529, 16384, -5529, 16384, -5529, 16384, -5529)),
    i32x4.dot_i16x8_s(g, i16x8(-10855, 0, -10855, 0, -10855, 0, -10855, 0)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << (shift - 1))), shift);
}

@inline
export function chromaRed(br: v128, g: v128, shift: i32): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(br, i16x8(-2664, 16384, -2664, 16384, -2664, 16384, -2664, 16384)),
    i32x4.dot_i16x8_s(g, i16x8(-13720, 0, -13720, 0, -13720, 0, -13720, 0)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << (shift - 1))), shift);
}

/** Neighbours added: of 4 + 4 pixels, 4. */
@inline
function halve(a: v128, b: v128): v128 {
  return i16x8.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** 16 × 16 pixels as 4 blocks of luma and 2 of chroma. */
export function colours420(at: usize, stride: u32): void {
  const low = i16x8.splat(0xff);
  for (let y: u32 = 0; y < 8; y++) {
    // rows 2y and 2y + 1; in the blocks, 2y is in the upper two or the lower two
    const lumaRow = BLOCKS + (y >>> 2 << 8) + ((y & 3) << 5);
    const chromaRow = BLOCKS + 512 + (y << 4);
    let blue = i32x4.splat(0);
    let red = i32x4.splat(0);
    for (let half: u32 = 0; half < 2; half++) {
      const p = at + (half << 5);
      const a0 = v128.load(p);
      const b0 = v128.load(p, 16);
      const a1 = v128.load(p + stride);
      const b1 = v128.load(p + stride, 16);
      const a0br = v128.and(a0, low), a0g = i16x8.shr_u(a0, 8);
      const b0br = v128.and(b0, low), b0g = i16x8.shr_u(b0, 8);
      const a1br = v128.and(a1, low), a1g = i16x8.shr_u(a1, 8);
      const b1br = v128.and(b1, low), b1g = i16x8.shr_u(b1, 8);
      const out = lumaRow + (half << 7);
      v128.store(out, i16x8.narrow_i32x4_s(luma(a0br, a0g), luma(b0br, b0g)));
      v128.store(out, i16x8.narrow_i32x4_s(luma(a1br, a1g), luma(b1br, b1g)), 16);
      const br = halve(i16x8.add(a0br, a1br), i16x8.add(b0br, b1br));
      const g = halve(i16x8.add(a0g, a1g), i16x8.add(b0g, b1g));
      const cb = chromaBlue(br, g, 16);
      const cr = chromaRed(br, g, 16);
      if (half == 0) {
        blue = cb;
        red = cr;
      } else {
        v128.store(chromaRow, i16x8.narrow_i32x4_s(blue, cb));
        v128.store(chromaRow, i16x8.narrow_i32x4_s(red, cr), 128);
      }
    }
    at += stride << 1;
  }
}

/** 8 × 8 pixels as 3 blocks. */
export function colours444(at: usize, stride: u32): void {
  const low = i16x8.splat(0xff);
  for (let out = BLOCKS; out < BLOCKS + 128; out += 16) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const abr = v128.and(a, low), ag = i16x8.shr_u(a, 8);
    const bbr = v128.and(b, low), bg = i16x8.shr_u(b, 8);
    v128.store(out, i16x8.narrow_i32x4_s(luma(abr, ag), luma(bbr, bg)));
    v128.store(out, i16x8.narrow_i32x4_s(chromaBlue(abr, ag, 14), chromaBlue(bbr, bg, 14)), 128);
    v128.store(out, i16x8.narrow_i32x4_s(chromaRed(abr, ag, 14), chromaRed(bbr, bg, 14)), 256);
    at += stride;
  }
}
