// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Bytes → LZ4 blocks as lz4_Block_format.md has them; mod.ts beside this says it in words. The choice of
 * matches is our own: they are looked for once a pixel, at the last distance and where the same bytes
 * were hashed last, and reach back to where they begin.
 *
 * INVARIANT: bytes may change between two looks at them, for who encodes them where a guest has them
 * (in_place.ts) cannot stop it from drawing. So where is written, and how much, follows from places
 * alone: a match has MIN_MATCH bytes at least and ends at `stop` at the latest, its distance is less
 * than 64 KiB and what is before the first byte was never in the table, which is ours. What changes
 * makes other bytes, never more of them.
 */
export { copyRows } from "../rows.as.ts";

const HASH_BITS: u32 = 15;
const PRIME: u64 = 0xcf1bbcdcb7a56463;
/** No match begins within so many bytes of the end, and none ends within the last five. */
const MATCH_LIMIT: u32 = 12;
const LAST_LITERALS: u32 = 5;
const MIN_MATCH: u32 = 4;

/** The number of this picture's first byte. Those of the last picture are 64 KiB below: too far for a match. */
let base: u32 = 1 << 16;

/** Of pixels of 4 bytes: six bytes, from the second on, which are parts of two pixels; else five. */
@inline
function slotOf<T>(table: usize, p: usize): usize {
  const left: u64 = sizeof<T>() == 4 ? 16 : 24;
  return table + (<usize>((load<u64>(p) << left) * PRIME >> <u64>(64 - HASH_BITS)) << 2);
}

/** Where the bytes from p on end to be those from ref on; at `stop` at last. */
@inline
function matchEnd(p: usize, ref: usize, stop: usize): usize {
  while (p + 32 <= stop) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(ref))) |
      i8x16.bitmask(i8x16.eq(v128.load(p, 16), v128.load(ref, 16))) << 16;
    if (same != -1) return p + <usize>ctz(~same);
    p += 32;
    ref += 32;
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

/**
 * table: room for where each hash was seen last, zero at first, as a number that grows from picture to
 * picture: nothing is to be cleared.
 */
@inline
function encodeBlock<T>(table: usize, begin: usize, bytes: u32, out: usize): i32 {
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
    store<u32>(slotOf<T>(table, begin + phase), base + phase);
    let p = begin + phase + step;
    let misses: u32 = 1 << patience;
    let before: u32 = step;
    while (p <= last) {
      const slot = slotOf<T>(table, p);
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
      // eight at a time: no branch foretells how many bytes before are the same, too
      let back: usize;
      do {
        const same = <usize>(clz(load<u64>(p - 8) ^ load<u64>(ref - 8)) >> 3);
        back = min<usize>(same, min<usize>(p - anchor, ref - begin));
        p -= back;
        ref -= back;
      } while (back == 8);
      const token = out;
      out = putLiterals(anchor, p, out);
      store<u16>(out, <u16>distance);
      out += 2;
      const more = <u32>(to - p) - MIN_MATCH;
      store<u8>(token, load<u8>(token) | <u8>min<u32>(more, 15));
      // where the token says it all, a byte is written that the next one overwrites
      if (more < 15 + 255) {
        store<u8>(out, <u8>(more - 15));
        out += usize(more >= 15);
      } else out = putLength(more - 15, out);
      anchor = to;
      p = begin + phase + ((<u32>(to - begin) - phase + step - 1) & ~(step - 1));
      // its end is where something known may begin
      if (p <= last) {
        const q = p - max<u32>(step, 2);
        store<u32>(slotOf<T>(table, q), number + <u32>q);
      }
    }
  }
  base += bytes + (1 << 16);
  return <i32>(putLiterals(anchor, end, out) - first);
}

/**
 * Bytes at p, pixels of 4, become a block at out. Like the next two: the table's 128 KiB are the same each
 * time; returns the block's size; up to 32 bytes behind both are read, and behind the block overwritten,
 * and 64 KiB before p are read.
 */
export function encodeFours(table: usize, p: usize, bytes: u32, out: usize): i32 {
  return encodeBlock<u32>(table, p, bytes, out);
}

export function encodeTwos(table: usize, p: usize, bytes: u32, out: usize): i32 {
  return encodeBlock<u16>(table, p, bytes, out);
}

/** Pixels of any size. */
export function encodeOnes(table: usize, p: usize, bytes: u32, out: usize): i32 {
  return encodeBlock<u8>(table, p, bytes, out);
}
