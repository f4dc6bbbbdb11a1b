// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Rows of pixels ⇄ rows of 4 bytes a pixel, which all formats are worked on as: blue, green, red, and
 * alpha or grey on top. Rows have room for pixels up to the next multiple of 16, whose values do not
 * matter, and 16 bytes in front. Here is what can be done with many pixels at once.
 */

/** Formats by the number that the stream has for them. */
export const GRAY: i32 = 1;
export const RGB16: i32 = 2;
export const RGB24: i32 = 3;
export const RGB32: i32 = 4;
export const RGBA: i32 = 5;

/** Bytes of a pixel. */
export function pixelBytes(format: i32): i32 {
  return min(format, 4);
}

/** Four pixels from where the source has them. May read 16 bytes, whatever they take. */
@inline
function four(format: i32, from: usize, i: i32): v128 {
  if (format >= RGB32) return load<v128>(from + (i << 2));
  if (format == RGB24) {
    return i8x16.swizzle(
      load<v128>(from + i * 3),
      i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1),
    );
  }
  if (format == RGB16) {
    const pixels = v128.load16x4_u(from + (i << 1));
    const mask = i32x4.splat(31);
    return v128.or(
      v128.and(pixels, mask),
      v128.or(
        i32x4.shl(v128.and(i32x4.shr_u(pixels, 5), mask), 8),
        i32x4.shl(v128.and(i32x4.shr_u(pixels, 10), mask), 16),
      ),
    );
  }
  return i8x16.swizzle(
    v128.load32_zero(from + i),
    i8x16(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3),
  );
}

/** (left + above) / 2 taken from each component, folded: small differences are small numbers. */
@inline
function residual<T>(pixels: v128, left: v128, above: v128): v128 {
  const up = i8x16.avgr_u(left, above);
  const half = i8x16.sub(up, v128.and(v128.xor(left, above), i8x16.splat(1)));
  const difference = i8x16.sub(pixels, half);
  const twice = i8x16.add(difference, difference);
  if (sizeof<T>() == 1) return v128.xor(twice, i8x16.shr_s(difference, 7));
  const sign = i8x16.shr_s(i8x16.shl(difference, 3), 7);
  return v128.and(v128.xor(twice, sign), i8x16.splat(31));
}

/**
 * Reads a row and makes its residuals. above: the row above; for the top row `row` - 4, whatever is
 * left of it being 0. equal, equalAlpha: bits of the pixels whose colours, whose alpha, are their left
 * neighbour's.
 */
export function readRow<T>(
  format: i32, from: usize, width: i32, row: usize, above: usize, residuals: usize, equal: usize,
  equalAlpha: usize,
): void {
  // left of the first pixel is taken for what is above it
  let before = i32x4.splat(load<u32>(above));
  const top = above == row - 4;
  for (let i = 0; i < width; i += 16) {
    let p0 = four(format, from, i);
    let p1 = four(format, from, i + 4);
    let p2 = four(format, from, i + 8);
    let p3 = four(format, from, i + 12);
    const at: usize = i << 2;
    store<v128>(row + at, p0);
    store<v128>(row + at, p1, 16);
    store<v128>(row + at, p2, 32);
    store<v128>(row + at, p3, 48);
    const l0 = i8x16.shuffle(before, p0, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    const l1 = i8x16.shuffle(p0, p1, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    const l2 = i8x16.shuffle(p1, p2, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    const l3 = i8x16.shuffle(p2, p3, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    before = p3;
    const a0 = top ? l0 : load<v128>(above + at);
    const a1 = top ? l1 : load<v128>(above + at, 16);
    const a2 = top ? l2 : load<v128>(above + at, 32);
    const a3 = top ? l3 : load<v128>(above + at, 48);
    const to = residuals + at;
    store<v128>(to, residual<T>(p0, l0, a0));
    store<v128>(to, residual<T>(p1, l1, a1), 16);
    store<v128>(to, residual<T>(p2, l2, a2), 32);
    store<v128>(to, residual<T>(p3, l3, a3), 48);
    p0 = v128.xor(p0, l0);
    p1 = v128.xor(p1, l1);
    p2 = v128.xor(p2, l2);
    p3 = v128.xor(p3, l3);
    if (format != GRAY) {
      const mask = i32x4.splat(0xffffff);
      const low = v128.and(p0, mask), high = v128.and(p2, mask);
      store<u16>(equal + (i >> 3), zeroes(low, v128.and(p1, mask), high, v128.and(p3, mask)));
    }
    if (format == GRAY || format == RGBA) {
      store<u16>(
        equalAlpha + (i >> 3),
        zeroes(i32x4.shr_u(p0, 24), i32x4.shr_u(p1, 24), i32x4.shr_u(p2, 24), i32x4.shr_u(p3, 24)),
      );
    }
  }
}

/** A bit for each of 16 pixels: whether it is 0. */
@inline
function zeroes(p0: v128, p1: v128, p2: v128, p3: v128): i32 {
  const none = i32x4.splat(0);
  const low = i16x8.narrow_i32x4_s(i32x4.eq(p0, none), i32x4.eq(p1, none));
  const high = i16x8.narrow_i32x4_s(i32x4.eq(p2, none), i32x4.eq(p3, none));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/**
 * Where runs may start: pixels beyond the third whose left neighbour is like its own, and likewise the
 * pixel above. In the top row none.
 */
export function findStarts(width: i32, equal: usize, equalAbove: usize, starts: usize, top: bool): void {
  let before: u64 = 0;
  let mask: u64 = top ? 0 : ~(<u64>7);
  for (let at: usize = 0; at < <usize>(width + 63) >> 6 << 3; at += 8) {
    const here = load<u64>(equal + at);
    store<u64>(starts + at, (here << 1 | before >> 63) & load<u64>(equalAbove + at) & mask);
    before = here;
    mask = top ? 0 : ~(<u64>0);
  }
}

/** Writes a decoded line as its format has it, and up to 16 bytes more. */
export function packRow(format: i32, line: usize, alphas: usize, width: i32, to: usize): void {
  if (format >= RGB32) {
    for (let i = 0; i < width; i += 4) {
      const first = load<v128>(line + (i << 3)), second = load<v128>(line + (i << 3), 16);
      store<v128>(to + (i << 2), i32x4.shuffle(first, second, 0, 2, 4, 6));
    }
    if (format == RGB32) return;
    for (let i = 0; i < width; i++) store<u8>(to + (i << 2), load<u8>(alphas + (i << 1)), 3);
    return;
  }
  for (let i = 0; i < width; i++) {
    const pixel = load<u32>(line + (i << 3));
    if (format == RGB24) store<u32>(to + i * 3, pixel);
    else if (format == GRAY) store<u8>(to + i, load<u8>(alphas + (i << 1)));
    else store<u16>(to + (i << 1), pixel & 31 | pixel >> 3 & 992 | pixel >> 6 & 31744);
  }
}
