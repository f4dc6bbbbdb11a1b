// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * The loops of the JPEG encoder: colours, the cosine transform, quantisation, Huffman codes. Strips of
 * 16 (4:2:0) or 8 rows (4:4:4) go in, the scan's bytes come out. encode.ts beside this calls them and
 * writes the tables.
 */
import { blueRed, chromaBlue, chromaRed, colours420, colours444, luma } from "./colours.as.ts";
import { drain, entropy, reached } from "./entropy.as.ts";
import { BLOCKS, CHROMA, COEFFICIENTS, LAST, LUMA, TABLES, WORDS_FULL } from "./layout.as.ts";
import { times, transform } from "./transform.as.ts";
export { widen16, widen24 } from "./colours.as.ts";
export { begin, end } from "./entropy.as.ts";

export { reserve } from "../room.as.ts";

/** Where encode.ts writes the tables. */
export function tables(): usize {
  return TABLES;
}

/** Repeats the last pixel of each row and the last row: `rows` of `width` pixels become full units. */
function fill(at: usize, stride: u32, width: u32, rows: u32, unit: u32): void {
  const whole = (width + unit - 1) & ~(unit - 1);
  for (let y: u32 = 0; y < rows; y++) {
    const row = at + y * stride;
    const last = load<u32>(row + (width << 2) - 4);
    for (let x = width; x < whole; x++) store<u32>(row + (x << 2), last);
  }
  for (let y = rows; y < unit; y++) memory.copy(at + y * stride, at + (rows - 1) * stride, whole << 2);
}

/**
 * Up to 16 rows of 32-bit pixels, `stride` bytes apart with room for whole units of 16. Returns where the scan
 * is to go on.
 */
export function strip420(at: usize, stride: u32, width: u32, rows: u32): usize {
  fill(at, stride, width, rows, 16);
  for (let x: u32 = 0; x < width; x += 16) {
    if (reached() >= WORDS_FULL) drain();
    const pixels = at + (x << 2);
    if (isFlat(pixels, stride, 16)) {
      flatLuma(pixels);
      for (let i = 0; i < 3; i++) sameLuma();
      flatChroma(pixels);
      continue;
    }
    colours420(pixels, stride);
    const wide = width - x > 8;
    lumaBlock(BLOCKS);
    // no decoder shows a block beside the picture: it is as the one before
    if (wide) lumaBlock(BLOCKS + 128);
    else sameLuma();
    if (rows > 8) lumaBlock(BLOCKS + 256);
    else sameLuma();
    if (rows > 8 && wide) lumaBlock(BLOCKS + 384);
    else sameLuma();
    chromaBlock(BLOCKS + 512, LAST + 4);
    chromaBlock(BLOCKS + 640, LAST + 8);
  }
  return drain();
}

/** Up to 8 rows, with room for whole units of 8. */
export function strip444(at: usize, stride: u32, width: u32, rows: u32): usize {
  fill(at, stride, width, rows, 8);
  for (let x: u32 = 0; x < width; x += 8) {
    if (reached() >= WORDS_FULL) drain();
    const pixels = at + (x << 2);
    if (isFlat(pixels, stride, 8)) {
      flatLuma(pixels);
      flatChroma(pixels);
      continue;
    }
    colours444(pixels, stride);
    lumaBlock(BLOCKS);
    chromaBlock(BLOCKS + 128, LAST + 4);
    chromaBlock(BLOCKS + 256, LAST + 8);
  }
  return drain();
}

/** Whether a unit's pixels have all the same colour: much of what desktops show. */
function isFlat(at: usize, stride: u32, unit: u32): bool {
  const first = v128.load32_splat(at);
  const colour = i32x4.splat(0xffffff);
  for (let y: u32 = 0; y < unit; y++) {
    let other = v128.or(v128.xor(v128.load(at), first), v128.xor(v128.load(at, 16), first));
    if (unit == 16) {
      other = v128.or(other, v128.xor(v128.load(at, 32), first));
      other = v128.or(other, v128.xor(v128.load(at, 48), first));
    }
    if (v128.any_true(v128.and(other, colour))) return false;
    at += stride;
  }
  return true;
}

/** What lumaBlock says of 64 samples of a pixel: the first coefficient alone, 64 times the sample. */
function flatLuma(pixel: usize): void {
  const p = v128.load32_splat(pixel);
  entropy(0, news(flat(luma(blueRed(p), i16x8.shr_u(p, 8)), LUMA), LAST), LUMA);
}

/** The same for both blocks of chroma. */
function flatChroma(pixel: usize): void {
  const p = v128.load32_splat(pixel);
  const br = blueRed(p), g = i16x8.shr_u(p, 8);
  const blue = flat(chromaBlue(br, g), CHROMA), red = flat(chromaRed(br, g), CHROMA);
  entropy(0, news(blue, LAST + 4), CHROMA);
  entropy(0, news(red, LAST + 8), CHROMA);
}

@inline
function flat(sample: v128, table: usize): i32 {
  const sum = i16x8.shl(sample, 6);
  return i16x8.extract_lane_s(times(times(sum, v128.load(table)), v128.load(table, 128)), 0);
}

/** A block of luma, as the one before it. */
function sameLuma(): void {
  entropy(0, 0, LUMA);
}

function lumaBlock(samples: usize): void {
  const mask = transform(samples, LUMA);
  entropy(mask & ~1, news(load<i16>(COEFFICIENTS), LAST), LUMA);
}

function chromaBlock(samples: usize, last: usize): void {
  const mask = transform(samples, CHROMA);
  entropy(mask & ~1, news(load<i16>(COEFFICIENTS), last), CHROMA);
}

/** How a first coefficient differs from its component's last one. */
@inline
function news(first: i32, last: usize): i32 {
  const difference = first - load<i32>(last);
  store<i32>(last, first);
  return difference;
}
