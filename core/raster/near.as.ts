// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Rects of pixels in a memory that is somebody else's: near.ts says what they mean. There is nothing here
 * but code, as data would lie in that memory. Every function looks whether all that it was told to touch
 * lies below `limit`, and stops if not; who calls has looked before.
 */

/** Where the memory ends that may be touched; behind it are other threads' pages. */
// deno-lint-ignore prefer-const
export let limit: u32 = 0;

/** Rows of so many bytes, one or more and `step` apart, lie below the limit. */
@inline
function check(at: usize, step: i32, bytes: u32, rows: u32): void {
  const first = <i64>at;
  const last = first + <i64>step * (<i64>rows - 1);
  if (min(first, last) < 0 || max(first, last) + <i64>bytes > <i64>limit) unreachable();
}

/** Rows that may lie over each other: the caller has put them in such an order that none is lost. */
export function copy(to: usize, toStep: i32, from: usize, fromStep: i32, bytes: u32, rows: u32): void {
  check(to, toStep, bytes, rows);
  check(from, fromStep, bytes, rows);
  for (; rows > 0; rows--) {
    if (bytes >= 16 && to - from >= bytes) {
      // what is written has been read, the end of it too
      const end = bytes - 16;
      const tail = v128.load(from + end);
      for (let i: u32 = 0; i < end; i += 16) v128.store(to + i, v128.load(from + i));
      v128.store(to + end, tail);
    } else if (bytes >= 16) {
      const head = v128.load(from);
      for (let i = bytes - 16; i > 0; i = i > 16 ? i - 16 : 0) v128.store(to + i, v128.load(from + i));
      v128.store(to, head);
    } else {
      copyFew(to, from, bytes);
    }
    to += toStep;
    from += fromStep;
  }
}

/** Fewer than 16, all of which are read before one is written. */
@inline
function copyFew(to: usize, from: usize, bytes: u32): void {
  if (bytes >= 8) {
    const a = load<u64>(from);
    const b = load<u64>(from + bytes - 8);
    store<u64>(to, a);
    store<u64>(to + bytes - 8, b);
  } else if (bytes >= 4) {
    const a = load<u32>(from);
    const b = load<u32>(from + bytes - 4);
    store<u32>(to, a);
    store<u32>(to + bytes - 4, b);
  } else if (bytes >= 2) {
    const a = load<u16>(from);
    const b = load<u8>(from + bytes - 1);
    store<u16>(to, a);
    store<u8>(to + bytes - 1, b);
  } else if (bytes == 1) {
    store<u8>(to, load<u8>(from));
  }
}

/** Every item becomes the value, which is repeated in the four bytes. */
export function fill(to: usize, step: i32, bytes: u32, rows: u32, value: u32): void {
  check(to, step, bytes, rows);
  const four = i32x4.splat(value);
  for (; rows > 0; rows--, to += step) {
    let p = to;
    const end = to + bytes;
    if (bytes >= 16) {
      for (const last = end - 16; p < last; p += 16) v128.store(p, four);
      v128.store(end - 16, four);
      continue;
    }
    for (; p + 4 <= end; p += 4) store<u32>(p, value);
    if (p + 2 <= end) {
      store<u16>(p, <u16>value);
      p += 2;
    }
    if (p < end) store<u8>(p, <u8>value);
  }
}

/** Every item becomes (item & keep) ^ flip, both repeated in the four bytes. */
export function flip(to: usize, step: i32, bytes: u32, rows: u32, keep: u32, flip: u32): void {
  check(to, step, bytes, rows);
  const keep4 = i32x4.splat(keep);
  const flip4 = i32x4.splat(flip);
  for (; rows > 0; rows--, to += step) {
    let p = to;
    const end = to + bytes;
    for (; p + 16 <= end; p += 16) v128.store(p, v128.xor(v128.and(v128.load(p), keep4), flip4));
    for (; p + 4 <= end; p += 4) store<u32>(p, load<u32>(p) & keep ^ flip);
    if (p + 2 <= end) {
      store<u16>(p, load<u16>(p) & <u16>keep ^ <u16>flip);
      p += 2;
    }
    if (p < end) store<u8>(p, load<u8>(p) & <u8>keep ^ <u8>flip);
  }
}

/** Every item d becomes one ^ (s & sOnly) ^ (d & (dOnly ^ (s & both))) with the source's item s, which lies elsewhere. */
export function mix(
  to: usize,
  toStep: i32,
  from: usize,
  fromStep: i32,
  bytes: u32,
  rows: u32,
  one: u32,
  sOnly: u32,
  dOnly: u32,
  both: u32,
): void {
  check(to, toStep, bytes, rows);
  check(from, fromStep, bytes, rows);
  const one4 = i32x4.splat(one);
  const sOnly4 = i32x4.splat(sOnly);
  const dOnly4 = i32x4.splat(dOnly);
  const both4 = i32x4.splat(both);
  for (; rows > 0; rows--, to += toStep, from += fromStep) {
    let i: u32 = 0;
    for (; i + 16 <= bytes; i += 16) {
      const s = v128.load(from + i);
      const d = v128.and(v128.load(to + i), v128.xor(dOnly4, v128.and(s, both4)));
      v128.store(to + i, v128.xor(v128.xor(one4, v128.and(s, sOnly4)), d));
    }
    for (; i + 4 <= bytes; i += 4) {
      const s = load<u32>(from + i);
      store<u32>(to + i, one ^ (s & sOnly) ^ (load<u32>(to + i) & (dOnly ^ (s & both))));
    }
    for (; i < bytes; i++) {
      const s = <u32>load<u8>(from + i);
      store<u8>(to + i, <u8>(one ^ (s & sOnly) ^ (<u32>load<u8>(to + i) & (dOnly ^ (s & both)))));
    }
  }
}

/** How many bytes of a row, a multiple of 4, are the same from the left on. */
@inline
function fromLeft(a: usize, b: usize, bytes: u32): u32 {
  let i: u32 = 0;
  for (; i + 32 <= bytes; i += 32) {
    const first = v128.xor(v128.load(a + i), v128.load(b + i));
    const second = v128.xor(v128.load(a + i, 16), v128.load(b + i, 16));
    if (v128.any_true(v128.or(first, second))) break;
  }
  while (i < bytes && load<u32>(a + i) == load<u32>(b + i)) i += 4;
  return i;
}

/** The same from the right on. */
@inline
function fromRight(a: usize, b: usize, bytes: u32): u32 {
  let i = bytes;
  for (; i >= 32; i -= 32) {
    const first = v128.xor(v128.load(a + i - 16), v128.load(b + i - 16));
    const second = v128.xor(v128.load(a + i - 32), v128.load(b + i - 32));
    if (v128.any_true(v128.or(first, second))) break;
  }
  while (i > 0 && load<u32>(a + i - 4) == load<u32>(b + i - 4)) i -= 4;
  return bytes - i;
}

/** How many rows are the same from the first on. */
export function sameRows(a: usize, aStep: i32, b: usize, bStep: i32, bytes: u32, rows: u32): u32 {
  check(a, aStep, bytes, rows);
  check(b, bStep, bytes, rows);
  let y: u32 = 0;
  for (; y < rows && fromLeft(a, b, bytes) == bytes; y++) {
    a += aStep;
    b += bStep;
  }
  return y;
}

/** How many bytes all of the rows have the same from the left on. */
export function sameLeft(a: usize, aStep: i32, b: usize, bStep: i32, bytes: u32, rows: u32): u32 {
  check(a, aStep, bytes, rows);
  check(b, bStep, bytes, rows);
  let least = bytes;
  for (; rows > 0 && least > 0; rows--) {
    least = fromLeft(a, b, least);
    a += aStep;
    b += bStep;
  }
  return least;
}

/** The same from the right on. */
export function sameRight(a: usize, aStep: i32, b: usize, bStep: i32, bytes: u32, rows: u32): u32 {
  check(a, aStep, bytes, rows);
  check(b, bStep, bytes, rows);
  let least = bytes;
  for (; rows > 0 && least > 0; rows--) {
    least = fromRight(a + bytes - least, b + bytes - least, least);
    a += aStep;
    b += bStep;
  }
  return least;
}

/** A number of a row of so many pixels, made of 32 of them: rows that are the same have the same. */
export function mark(row: usize, pixels: u32): u32 {
  check(row, 0, pixels << 2, 1);
  let mark: u32 = 0;
  for (let n: u32 = 0; n < 32; n++) {
    mark = (mark ^ load<u32>(row + (<usize>(pixels * n >> 5) << 2))) * 0x9e3779b1;
    mark ^= mark >> 15;
  }
  return mark;
}
