// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * LZ4's loops: blocks as lz4_Block_format.md has them; mod.ts beside this says it in words. The
 * choice of matches is our own: they are looked for once a pixel, at the last distance and where
 * the same bytes were hashed last, and reach back to where they begin.
 */

const HASH_BITS: u32 = 15;
const PRIME: u64 = 0xcf1bbcdcb7a56463;
/** No match begins within so many bytes of the end, and none ends within the last five. */
const MATCH_LIMIT: u32 = 12;
const LAST_LITERALS: u32 = 5;
const MIN_MATCH: u32 = 4;

/**
 * Where each hash was seen last, as a number that grows from picture to picture: nothing is to be
 * cleared. INVARIANT: it takes 64 KiB at least, so that as much before the room can be read.
 */
const table = memory.data(4 << 15, 16);
/** The number of this picture's first byte. Those of the last picture are 64 KiB below: too far for a match. */
let base: u32 = 1 << 16;

export { reserve } from "../room.as.ts";

/** Of pixels of 4 bytes: six bytes, from the second on, which are parts of two pixels; else five. */
@inline
function slotOf<T>(p: usize): usize {
  const left: u64 = sizeof<T>() == 4 ? 16 : 24;
  return table + (<usize>((load<u64>(p) << left) * PRIME >> <u64>(64 - HASH_BITS)) << 2);
}

/** Where the bytes from p on end to be those from ref on; at `stop` at last. */
@inline
function matchEnd(p: usize, ref: usize, stop: usize): usize {
  if (p + 8 <= stop) {
    const other = load<u64>(p) ^ load<u64>(ref);
    if (other != 0) return p + <usize>(ctz(other) >> 3);
    p += 8;
    ref += 8;
  }
  while (p + 16 <= stop) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(ref)));
    if (same != 0xffff) return p + <usize>ctz(~same);
    p += 16;
    ref += 16;
  }
  while (p < stop && load<u8>(p) == load<u8>(ref)) {
    p++;
    ref++;
  }
  return p;
}

/** What a length is more than the 15 of its half of the token. */
@inline
function putLength(more: u32, out: usize): usize {
  while (more >= 255) {
    store<u8>(out++, 255);
    more -= 255;
  }
  store<u8>(out++, <u8>more);
  return out;
}

/** A token that knows its literals, and these. Up to 16 bytes behind are overwritten. */
@inline
function putLiterals(from: usize, until: usize, out: usize): usize {
  const count = until - from;
  if (count >= 15) {
    store<u8>(out, 0xf0);
    out = putLength(<u32>count - 15, out + 1);
    if (count >= 512) {
      memory.copy(out, from, count);
      return out + count;
    }
  } else store<u8>(out++, <u8>(count << 4));
  v128.store(out, v128.load(from));
  for (let i: usize = 16; i < count; i += 16) v128.store(out + i, v128.load(from + i));
  return out + count;
}

@inline
function encodeBlock<T>(begin: usize, bytes: u32, out: usize): i32 {
  const step: u32 = sizeof<T>();
  const phase: u32 = step == 4 ? 1 : 0;
  /** After so many misses (2 to the power of it) the step is twice as long, after as many more thrice. */
  const patience: u32 = step == 4 ? 12 : 6;
  if (base > 0x7fffffff - bytes) {
    memory.fill(table, 0, 4 << HASH_BITS);
    base = 1 << 16;
  }
  const first = out;
  const end = begin + bytes;
  /** The first byte that is in no match yet. */
  let anchor = begin;
  if (bytes > MATCH_LIMIT) {
    const last = end - MATCH_LIMIT;
    const stop = end - LAST_LITERALS;
    const number = base - <u32>begin;
    store<u32>(slotOf<T>(begin + phase), base + phase);
    let p = begin + phase + step;
    let misses: u32 = 1 << patience;
    let before: u32 = step;
    while (p <= last) {
      const slot = slotOf<T>(p);
      const here = number + <u32>p;
      let distance = here - load<u32>(slot);
      store<u32>(slot, here);
      // what is too far away is looked at in the wrong place, instead of in none: one branch less
      let ref = p - (distance & 0xffff);
      if (load<u64>(p) == load<u64>(p - before)) {
        distance = before;
        ref = p - before;
      } else if (((load<u32>(p) ^ load<u32>(ref)) | distance >>> 16) != 0) {
        p += (misses++ >>> patience) * step;
        continue;
      }
      before = distance;
      misses = 1 << patience;
      const to = matchEnd(p + MIN_MATCH, ref + MIN_MATCH, stop);
      while (p > anchor && ref > begin && load<u8>(p - 1) == load<u8>(ref - 1)) {
        p--;
        ref--;
      }
      const token = out;
      out = putLiterals(anchor, p, out);
      store<u16>(out, <u16>distance);
      out += 2;
      const more = <u32>(to - p) - MIN_MATCH;
      store<u8>(token, load<u8>(token) | <u8>min<u32>(more, 15));
      if (more >= 15) out = putLength(more - 15, out);
      anchor = to;
      p = begin + phase + ((<u32>(to - begin) - phase + step - 1) & ~(step - 1));
      // its end is where something known may begin
      if (p <= last) {
        const q = p - max<u32>(step, 2);
        store<u32>(slotOf<T>(q), number + <u32>q);
      }
    }
  }
  base += bytes + (1 << 16);
  return <i32>(putLiterals(anchor, end, out) - first);
}

/**
 * Bytes at p, pixels of 4, become a block at out. Like the next two: returns its size; up to 32 bytes
 * behind both are read and overwritten.
 */
export function encodeFours(p: usize, bytes: u32, out: usize): i32 {
  return encodeBlock<u32>(p, bytes, out);
}

export function encodeTwos(p: usize, bytes: u32, out: usize): i32 {
  return encodeBlock<u16>(p, bytes, out);
}

/** Pixels of any size. */
export function encodeOnes(p: usize, bytes: u32, out: usize): i32 {
  return encodeBlock<u8>(p, bytes, out);
}

/** What is wrong; mod.ts has the words. */
const CUT_OFF: i32 = -1;
const TOO_LONG: i32 = -2;
const BEFORE_BEGIN: i32 = -3;

/** For each offset below 16: which of its bytes each of 16 repeats, and how many of them are whole repeats. */
const repeats = memory.data(16 * 16, 16);
const strides = memory.data(16);
for (let offset: usize = 1; offset < 16; offset++) {
  for (let i: usize = 0; i < 16; i++) store<u8>(repeats + (offset << 4) + i, <u8>(i % offset));
  store<u8>(strides + offset, <u8>(16 - 16 % offset));
}

/**
 * The block of `bytes` bytes at p comes to `to`, at most `room` bytes; its matches may lie from `first`
 * on. Up to 32 bytes behind are read and overwritten. Returns how many came.
 */
export function decode(p: usize, bytes: u32, first: usize, to: usize, room: u32): i32 {
  const begin = to;
  const stop = p + bytes;
  const end = to + room;
  while (p < stop) {
    const token = <u32>load<u8>(p++);
    let count = <usize>(token >>> 4);
    if (count == 15) {
      let more: u32;
      do {
        if (p >= stop) return CUT_OFF;
        more = load<u8>(p++);
        count += more;
        if (count > bytes) return CUT_OFF;
      } while (more == 255);
    }
    if (count > stop - p) return CUT_OFF;
    if (count > end - to) return TOO_LONG;
    v128.store(to, v128.load(p));
    if (count >= 512) memory.copy(to, p, count);
    else for (let i: usize = 16; i < count; i += 16) v128.store(to + i, v128.load(p + i));
    p += count;
    to += count;
    if (p == stop) return <i32>(to - begin);
    if (stop - p < 2) return CUT_OFF;
    const offset = <usize>load<u16>(p);
    p += 2;
    if (offset == 0 || offset > to - first) return BEFORE_BEGIN;
    let length = <usize>(token & 15);
    if (length == 15) {
      let more: u32;
      do {
        if (p >= stop) return CUT_OFF;
        more = load<u8>(p++);
        length += more;
        if (length > room) return TOO_LONG;
      } while (more == 255);
    }
    length += MIN_MATCH;
    if (length > end - to) return TOO_LONG;
    const done = to + length;
    if (offset >= 16) {
      for (; to < done; to += 16) v128.store(to, v128.load(to - offset));
    } else {
      const v = i8x16.swizzle(v128.load(to - offset), v128.load(repeats + (offset << 4)));
      const stride = <usize>load<u8>(strides + offset);
      for (; to < done; to += stride) v128.store(to, v);
    }
    to = done;
  }
  return <i32>(to - begin);
}
