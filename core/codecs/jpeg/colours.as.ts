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

/**
 * Rec. 601 in 15 fraction bits: what belongs to (blue, red), and to (green, nothing), of luma, blue and red.
 * Then what rounds (i32): luma less 128, a difference of one pixel, and one of 4; and what has the low bytes.
 */
const WEIGHTS: usize = memory.data<i16>([
  3735, 9798, 3735, 9798, 3735, 9798, 3735, 9798,
  19235, 0, 19235, 0, 19235, 0, 19235, 0,
  16384, -5529, 16384, -5529, 16384, -5529, 16384, -5529,
  -10855, 0, -10855, 0, -10855, 0, -10855, 0,
  -2664, 16384, -2664, 16384, -2664, 16384, -2664, 16384,
  -13720, 0, -13720, 0, -13720, 0, -13720, 0,
  8192, -64, 8192, -64, 8192, -64, 8192, -64,
  8192, 0, 8192, 0, 8192, 0, 8192, 0,
  -32768, 0, -32768, 0, -32768, 0, -32768, 0,
  255, 255, 255, 255, 255, 255, 255, 255,
], 16);

/** The low byte of each half of a pixel: blue and red. */
@inline
export function blueRed(pixels: v128): v128 {
  return v128.and(pixels, v128.load(WEIGHTS, 144));
}

/** 4 pixels' luma, twice as much, around 0. br: their blue and red, g: green and anything. */
@inline
export function luma(br: v128, g: v128): v128 {
  const sum = weighed(br, g, 0);
  return i32x4.shr_s(i32x4.add(sum, v128.load(WEIGHTS, 96)), 14);
}

/** The same of the two differences of a pixel, and of 4 pixels' mean, whose sums are given. */
@inline
export function chromaBlue(br: v128, g: v128): v128 {
  return i32x4.shr_s(i32x4.add(weighed(br, g, 32), v128.load(WEIGHTS, 112)), 14);
}

@inline
export function chromaRed(br: v128, g: v128): v128 {
  return i32x4.shr_s(i32x4.add(weighed(br, g, 64), v128.load(WEIGHTS, 112)), 14);
}

@inline
function meanBlue(br: v128, g: v128): v128 {
  return i32x4.shr_s(i32x4.add(weighed(br, g, 32), v128.load(WEIGHTS, 128)), 16);
}

@inline
function meanRed(br: v128, g: v128): v128 {
  return i32x4.shr_s(i32x4.add(weighed(br, g, 64), v128.load(WEIGHTS, 128)), 16);
}

@inline
function weighed(br: v128, g: v128, at: usize): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(br, v128.load(WEIGHTS + at)),
    i32x4.dot_i16x8_s(g, v128.load(WEIGHTS + at, 16)),
  );
}

/** Neighbours added: of 4 + 4 pixels, 4. */
@inline
function halve(a: v128, b: v128): v128 {
  return i16x8.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** 16 × 16 pixels as 4 blocks of luma and 2 of chroma. */
export function colours420(at: usize, stride: u32): void {
  const two = stride << 1;
  rows(at, stride, BLOCKS, BLOCKS + 512);
  rows(at += two, stride, BLOCKS + 32, BLOCKS + 528);
  rows(at += two, stride, BLOCKS + 64, BLOCKS + 544);
  rows(at += two, stride, BLOCKS + 96, BLOCKS + 560);
  rows(at += two, stride, BLOCKS + 256, BLOCKS + 576);
  rows(at += two, stride, BLOCKS + 288, BLOCKS + 592);
  rows(at += two, stride, BLOCKS + 320, BLOCKS + 608);
  rows(at += two, stride, BLOCKS + 352, BLOCKS + 624);
}

/** Two rows of 16 pixels: of two blocks of luma two rows, of two of chroma one. */
@inline
function rows(at: usize, stride: u32, lumaRow: usize, chromaRow: usize): void {
  const below = at + stride;
  const a0 = v128.load(at), b0 = v128.load(at, 16), a1 = v128.load(below), b1 = v128.load(below, 16);
  const a0br = blueRed(a0), a0g = i16x8.shr_u(a0, 8), b0br = blueRed(b0), b0g = i16x8.shr_u(b0, 8);
  const a1br = blueRed(a1), a1g = i16x8.shr_u(a1, 8), b1br = blueRed(b1), b1g = i16x8.shr_u(b1, 8);
  v128.store(lumaRow, i16x8.narrow_i32x4_s(luma(a0br, a0g), luma(b0br, b0g)));
  v128.store(lumaRow, i16x8.narrow_i32x4_s(luma(a1br, a1g), luma(b1br, b1g)), 16);
  const abr = halve(i16x8.add(a0br, a1br), i16x8.add(b0br, b1br));
  const ag = halve(i16x8.add(a0g, a1g), i16x8.add(b0g, b1g));

  const c0 = v128.load(at, 32), d0 = v128.load(at, 48), c1 = v128.load(below, 32), d1 = v128.load(below, 48);
  const c0br = blueRed(c0), c0g = i16x8.shr_u(c0, 8), d0br = blueRed(d0), d0g = i16x8.shr_u(d0, 8);
  const c1br = blueRed(c1), c1g = i16x8.shr_u(c1, 8), d1br = blueRed(d1), d1g = i16x8.shr_u(d1, 8);
  v128.store(lumaRow, i16x8.narrow_i32x4_s(luma(c0br, c0g), luma(d0br, d0g)), 128);
  v128.store(lumaRow, i16x8.narrow_i32x4_s(luma(c1br, c1g), luma(d1br, d1g)), 144);
  const cbr = halve(i16x8.add(c0br, c1br), i16x8.add(d0br, d1br));
  const cg = halve(i16x8.add(c0g, c1g), i16x8.add(d0g, d1g));

  v128.store(chromaRow, i16x8.narrow_i32x4_s(meanBlue(abr, ag), meanBlue(cbr, cg)));
  v128.store(chromaRow, i16x8.narrow_i32x4_s(meanRed(abr, ag), meanRed(cbr, cg)), 128);
}

/** 8 × 8 pixels as 3 blocks. */
export function colours444(at: usize, stride: u32): void {
  for (let out = BLOCKS; out < BLOCKS + 128; out += 16) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const abr = blueRed(a), ag = i16x8.shr_u(a, 8);
    const bbr = blueRed(b), bg = i16x8.shr_u(b, 8);
    v128.store(out, i16x8.narrow_i32x4_s(luma(abr, ag), luma(bbr, bg)));
    v128.store(out, i16x8.narrow_i32x4_s(chromaBlue(abr, ag), chromaBlue(bbr, bg)), 128);
    v128.store(out, i16x8.narrow_i32x4_s(chromaRed(abr, ag), chromaRed(bbr, bg)), 256);
    at += stride;
  }
}
