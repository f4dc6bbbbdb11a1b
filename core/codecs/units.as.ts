// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * What LZ and GLZ share: pixels as units of 32 bits, how far two places are equal, and the literals
 * between matches. A kind of plane is a type, so that each gets its own machine code:
 * u32 is the colour of 24 or 32-bit pixels, u16 15-bit pixels, u8 the highest byte of a unit.
 */

/** The bits of a unit that belong to the plane. */
@inline
export function maskOf<T>(): u32 {
  return sizeof<T>() == 4 ? 0x00ffffff : sizeof<T>() == 2 ? 0x00007fff : 0xff000000;
}

/** Where the units from p on end to be those from ref on; at `end` at last. */
@inline
export function matchEnd<T>(p: usize, ref: usize, end: usize): usize {
  const mask = maskOf<T>();
  const four = i32x4.splat(mask);
  while (p + 32 <= end) {
    const other = v128.and(v128.xor(v128.load(p), v128.load(ref)), four);
    const next = v128.and(v128.xor(v128.load(p, 16), v128.load(ref, 16)), four);
    if (v128.any_true(v128.or(other, next))) {
      // which of both it is, nothing foretells
      const none = i32x4.splat(0);
      return p + (<usize>ctz(i32x4.bitmask(i32x4.ne(other, none)) | i32x4.bitmask(i32x4.ne(next, none)) << 4) << 2);
    }
    p += 32;
    ref += 32;
  }
  while (p + 16 <= end) {
    const other = v128.and(v128.xor(v128.load(p), v128.load(ref)), four);
    if (v128.any_true(other)) {
      return p + (<usize>ctz(i32x4.bitmask(i32x4.ne(other, i32x4.splat(0)))) << 2);
    }
    p += 16;
    ref += 16;
  }
  while (p < end && ((load<u32>(p) ^ load<u32>(ref)) & mask) == 0) {
    p += 4;
    ref += 4;
  }
  return p;
}

/** Where the units from p on end to be the one before p; at `end` at last. */
@inline
export function runEnd<T>(p: usize, end: usize): usize {
  const four = i32x4.splat(maskOf<T>());
  const one = i32x4.splat(load<u32>(p - 4));
  // in long runs one branch for sixteen
  while (p + 64 <= end) {
    const a = v128.or(v128.xor(v128.load(p), one), v128.xor(v128.load(p, 16), one));
    const b = v128.or(v128.xor(v128.load(p, 32), one), v128.xor(v128.load(p, 48), one));
    if (v128.any_true(v128.and(v128.or(a, b), four))) break;
    p += 64;
  }
  while (p + 16 <= end) {
    const other = v128.and(v128.xor(v128.load(p), one), four);
    if (v128.any_true(other)) {
      return p + (<usize>ctz(i32x4.bitmask(i32x4.ne(other, i32x4.splat(0)))) << 2);
    }
    p += 16;
  }
  while (p < end && ((load<u32>(p) ^ load<u32>(p - 4)) & maskOf<T>()) == 0) p += 4;
  return p;
}

/** The units from `from` to `until` as they are, each 32 of them behind their count; returns where they end. */
@inline
export function literals<T>(from: usize, until: usize, out: usize): usize {
  while (from < until) {
    const bytes = min<usize>(until - from, 32 * 4);
    store<u8>(out++, <u8>((bytes >> 2) - 1));
    const stop = from + bytes;
    if (sizeof<T>() == 4) {
      // eight at a time: what is written too much is written again, or lies behind the end
      let to = out;
      let p = from;
      do {
        storeColours(p, to);
        storeColours(p + 16, to + 12);
        p += 32;
        to += 24;
      } while (p < stop);
      out += (bytes >> 2) * 3;
    } else if (sizeof<T>() == 2) {
      for (let p = from; p < stop; p += 4) {
        store<u16>(out, bswap<u16>(load<u16>(p)));
        out += 2;
      }
    } else {
      for (let p = from; p < stop; p += 4) store<u8>(out++, load<u8>(p, 3));
    }
    from = stop;
  }
  return out;
}

@inline
function storeColours(p: usize, to: usize): void {
  const v = v128.load(p);
  v128.store(to, i8x16.shuffle(v, v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15));
}

/**
 * What of a match's length its first byte's three bits do not say, from 7 on. Where they say it all a byte is
 * written that the next one overwrites: no branch foretells which it is.
 */
@inline
export function putLength(length: u32, out: usize): usize {
  let more = length - 7;
  if (length < 7 + 255) {
    store<u8>(out, <u8>more);
    return out + usize(length >= 7);
  }
  while (more >= 255) {
    store<u8>(out++, 255);
    more -= 255;
  }
  store<u8>(out++, <u8>more);
  return out;
}
