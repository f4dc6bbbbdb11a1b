// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * The loops of the JPEG encoder: colours, the cosine transform, quantisation, Huffman codes. Strips of
 * 16 (4:2:0) or 8 rows (4:4:4) go in, the scan's bytes come out. encode.ts beside this calls them and
 * writes the tables.
 */
import { chromaBlue, chromaRed, colours420, colours444, luma } from "./colours.as.ts";
import { entropy, written } from "./entropy.as.ts";
import { BLOCKS, COEFFICIENTS, LAST, TABLE_BYTES, TABLES } from "./layout.as.ts";
import { transform } from "./transform.as.ts";
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
    if (isFlat(at + (x << 2), stride, 16)) {
      flat(0, at + (x << 2));
      for (let i = 0; i < 3; i++) entropy(0, 0, TABLES);
      flat(1, at + (x << 2));
      flat(2, at + (x << 2));
      continue;
    }
    colours420(at + (x << 2), stride);
    const wide = width - x > 8;
    block(BLOCKS, 0);
    // no decoder shows a block beside the picture: it is as the one before
    if (wide) block(BLOCKS + 128, 0);
    else entropy(0, 0, TABLES);
    if (rows > 8) block(BLOCKS + 256, 0);
    else entropy(0, 0, TABLES);
    if (rows > 8 && wide) block(BLOCKS + 384, 0);
    else entropy(0, 0, TABLES);
    block(BLOCKS + 512, 1);
    block(BLOCKS + 640, 2);
  }
  return written();
}

/** Up to 8 rows, with room for whole units of 8. */
export function strip444(at: usize, stride: u32, width: u32, rows: u32): usize {
  fill(at, stride, width, rows, 8);
  for (let x: u32 = 0; x < width; x += 8) {
    if (isFlat(at + (x << 2), stride, 8)) {
      for (let component: u32 = 0; component < 3; component++) flat(component, at + (x << 2));
      continue;
    }
    colours444(at + (x << 2), stride);
    for (let component: u32 = 0; component < 3; component++) block(BLOCKS + (component << 7), component);
  }
  return written();
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

/** What block says of 64 samples of a pixel: the first coefficient alone, 64 times the sample. */
function flat(component: u32, pixel: usize): void {
  const p = v128.load32_splat(pixel);
  const br = v128.and(p, i16x8.splat(0xff));
  const g = i16x8.shr_u(p, 8);
  const sample = component == 0 ? luma(br, g) : component == 1 ? chromaBlue(br, g, 14) : chromaRed(br, g, 14);
  const sum = i16x8.shl(sample, 6);
  const table = TABLES + (component == 0 ? 0 : TABLE_BYTES);
  const first = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(sum, v128.load(table)), v128.load(table, 128));
  code(0, i16x8.extract_lane_s(first, 0), component, table);
}

function block(samples: usize, component: u32): void {
  const table = TABLES + (component == 0 ? 0 : TABLE_BYTES);
  const mask = transform(samples, table);
  code(mask & ~1, load<i16>(COEFFICIENTS), component, table);
}

/** A block's first coefficient, and the others that the mask says. */
function code(mask: u64, first: i32, component: u32, table: usize): void {
  const last = LAST + (component << 2);
  const difference = first - load<i32>(last);
  store<i32>(last, first);
  entropy(mask, difference, table);
}
