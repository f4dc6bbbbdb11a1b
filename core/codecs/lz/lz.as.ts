// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * LZ's loops. The format is FastLZ's second level with pixels for letters; its source of truth is
 * lz_compress_tmpl.c and lz_decompress_tmpl.c of spice-common. mod.ts beside this says it in words.
 */
import { literals, maskOf, matchEnd, putLength, runEnd } from "../units.as.ts";
export { reserve } from "../room.as.ts";

/** Of the hash, by how many units there are: small pictures have a small table to clear. */
const LEAST_BITS: u32 = 12;
const MOST_BITS: u32 = 14;
/** From here on a distance takes two more bytes. */
const FAR: u32 = 8191;

/**
 * Where each hash was seen last: the low half of the unit's number in its plane. What no unit has said is
 * the first unit, and numbers come again after 65536 units: what is there is compared before it is believed.
 */
const table = memory.data(2 << 14, 16);

/** Of three units. The multipliers' low bits are 0 where units are masked. */
@inline
function hashOf<T>(a: u32, b: u32, c: u32): u32 {
  if (sizeof<T>() == 4) return a * 0x9e377900 + b * 0x85ebca00 + c * 0xc2b2ae00;
  if (sizeof<T>() == 2) return ((a & 0x7fff) | (b & 0x7fff) << 16) * 0x9e3779b1 + (c & 0x7fff) * 0x85ebca77;
  return (a >>> 24 | b >>> 24 << 8 | c >>> 24 << 16) * 0x9e3779b1;
}

/** Their place in the table. */
@inline
function slotOf<T>(a: u32, b: u32, c: u32, shift: u32): usize {
  return table + (<usize>(hashOf<T>(a, b, c) >>> shift) << 1);
}

/** A plane of `units` units at `start`, `width` a row: its bytes at out. Returns where they end. */
@inline
function encodePlane<T>(start: usize, units: u32, width: u32, out: usize): usize {
  const bits = min<u32>(max<u32>(32 - clz(units), LEAST_BITS), MOST_BITS);
  memory.fill(table, 0, 2 << bits);
  const shift = 32 - bits;
  const mask = maskOf<T>();
  const two = <u64>mask << 32 | mask;
  const end = start + (<usize>units << 2);
  const last = end - 12;
  const row = <usize>width << 2;
  /** Where there are units above, and not too far away to be said. */
  const second = width <= 0xffff ? start + row : end;
  let p = units > 3 ? start + 4 : end;
  /** The first unit that is in no match yet. */
  let anchor = start;
  while (p <= last) {
    let distance: u32 = 0;
    let stop: usize = 0;
    // of four units only the last is read anew while nothing is found
    let a = load<u32>(p);
    let b = load<u32>(p, 4);
    let before = load<u32>(p - 4) ^ a;
    let between = a ^ b;
    do {
      const c = load<u32>(p, 8);
      const behind = b ^ c;
      if (((before | between | behind) & mask) == 0) {
        distance = 1;
        stop = runEnd<T>(p + 12, end);
        break;
      }
      const slot = slotOf<T>(a, b, c, shift);
      const here = <u32>((p - start) >> 2);
      distance = (here - <u32>load<u16>(slot)) & 0xffff;
      store<u16>(slot, here);
      const ref = p - (<usize>distance << 2);
      const ab = <u64>b << 32 | a;
      if (((load<u64>(ref) ^ ab) & two) == 0 && distance != 0) {
        let met: usize;
        // what the row above has goes on for longer than what was seen last, as a rule
        const above = p >= second ? p - row : ref;
        if (((load<u64>(above) ^ ab) & two) == 0 && ((load<u32>(above, 8) ^ c) & mask) == 0) {
          distance = <u32>((p - above) >> 2);
          met = matchEnd<T>(p + 12, above + 12, end);
        } else {
          met = matchEnd<T>(p + 8, ref + 8, end);
        }
        if (met - p >= leastOf<T>(distance)) {
          stop = met;
          break;
        }
      }
      p += 4;
      // noise is gone through faster and faster
      if (p - anchor >= 2048) {
        p += min<usize>((p - anchor) >> 9, 32) & ~3;
        break;
      }
      a = b;
      b = c;
      before = between;
      between = behind;
    } while (p <= last);
    if (stop == 0) continue;
    out = literals<T>(anchor, p, out);
    out = putMatch<T>(distance - 1, <u32>((stop - p) >> 2), out);
    // its last two units are where something known may begin
    if (stop <= last + 4) {
      const here = <u32>((stop - start) >> 2);
      const a = load<u32>(stop - 4);
      const b = load<u32>(stop);
      store<u16>(slotOf<T>(load<u32>(stop - 8), a, b, shift), here - 2);
      store<u16>(slotOf<T>(a, b, load<u32>(stop, 4), shift), here - 1);
    }
    p = anchor = stop;
  }
  return literals<T>(anchor, end, out);
}

/** A match from so far back is worth its bytes from so many bytes of units on. */
@inline
function leastOf<T>(distance: u32): usize {
  if (sizeof<T>() == 4) return 8;
  if (sizeof<T>() == 2) return distance > FAR ? 12 : 8;
  return distance > FAR ? 20 : 12;
}

/** distance: 0 is the unit before. */
@inline
function putMatch<T>(distance: u32, units: u32, out: usize): usize {
  const length = units - (sizeof<T>() == 4 ? 0 : sizeof<T>() == 2 ? 1 : 2);
  // without branches that nothing foretells
  const near = distance < FAR;
  const far = distance - FAR;
  store<u8>(out++, <u8>(min<u32>(length, 7) << 5 | (near ? distance >> 8 : 31)));
  if (length >= 7) out = putLength(length - 7, out);
  store<u32>(out, near ? distance : 255 | (far & 0xff00) | far << 16);
  return out + (near ? 1 : 3);
}

/** Colours: units in memory as BGRX. Like the next two: returns how many bytes came to `out`. */
export function encodeColours(p: usize, units: u32, width: u32, out: usize): i32 {
  return <i32>(encodePlane<u32>(p, units, width, out) - out);
}

/** 15-bit pixels in the low halves of units. */
export function encodeShorts(p: usize, units: u32, width: u32, out: usize): i32 {
  return <i32>(encodePlane<u16>(p, units, width, out) - out);
}

/** The highest bytes of units. */
export function encodeBytes(p: usize, units: u32, width: u32, out: usize): i32 {
  return <i32>(encodePlane<u8>(p, units, width, out) - out);
}

/** `count` items of 1, 2 or 3 bytes at p become units at `to`: bytes the highest of theirs. */
export function widen(p: usize, size: u32, count: u32, to: usize): void {
  const end = to + (<usize>count << 2);
  if (size == 1) {
    for (; to < end; to += 4) store<u32>(to, <u32>load<u8>(p++) << 24);
  } else if (size == 2) {
    for (; to < end; to += 4, p += 2) store<u32>(to, load<u16>(p));
  } else {
    for (; to < end; to += 4, p += 3) store<u32>(to, load<u32>(p) & 0xffffff);
  }
}

/** What is wrong; mod.ts has the words. */
const CUT_OFF: i32 = -1;
const TOO_LONG: i32 = -2;
const BEFORE_BEGIN: i32 = -3;

/**
 * A plane of `units` pixels from the bytes at p. T: u32 BGRX with X 0; i32 only the X of such;
 * u16 and u8 themselves. Up to 64 bytes behind the pixels are overwritten.
 * Returns how many bytes it took.
 */
@inline
function decodePlane<T>(p: usize, bytes: u32, to: usize, units: u32): i32 {
  const begin = p;
  const stop = p + bytes;
  const first = to;
  const end = to + <usize>units * sizeof<T>();
  while (to < end) {
    if (p >= stop) return CUT_OFF;
    const head = <u32>load<u8>(p++);
    if (head < 32) {
      const count = <usize>head + 1;
      const size: usize = isSigned<T>() || sizeof<T>() == 1 ? 1 : sizeof<T>() == 2 ? 2 : 3;
      if (count * size > stop - p) return CUT_OFF;
      if (count * sizeof<T>() > end - to) return TOO_LONG;
      takeLiterals<T>(p, count, to);
      p += count * size;
      to += count * sizeof<T>();
      continue;
    }
    let length = head >>> 5;
    if (length == 7) {
      let more: u32;
      do {
        if (p >= stop) return CUT_OFF;
        more = load<u8>(p++);
        length += more;
        if (length > units) return TOO_LONG;
      } while (more == 255);
    }
    if (p >= stop) return CUT_OFF;
    const low = <u32>load<u8>(p++);
    let distance = (head & 31) << 8 | low;
    if (distance == FAR) {
      if (stop - p < 2) return CUT_OFF;
      distance += <u32>load<u8>(p) << 8 | <u32>load<u8>(p, 1);
      p += 2;
    }
    distance++;
    length += isSigned<T>() || sizeof<T>() == 1 ? 2 : sizeof<T>() == 2 ? 1 : 0;
    const size = <usize>length * sizeof<T>();
    const back = <usize>distance * sizeof<T>();
    if (size > end - to) return TOO_LONG;
    if (back > to - first) return BEFORE_BEGIN;
    copyMatch<T>(to, back, size);
    to += size;
  }
  return <i32>(p - begin);
}

@inline
function takeLiterals<T>(p: usize, count: usize, to: usize): void {
  if (isSigned<T>()) {
    for (let i: usize = 0; i < count; i++) store<u8>(to + (i << 2), load<u8>(p + i), 3);
  } else if (sizeof<T>() == 4) {
    const end = to + (count << 2);
    for (; to < end; to += 16, p += 12) {
      const v = v128.load(p);
      v128.store(
        to,
        i8x16.shuffle(v, i32x4.splat(0), 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11, 16),
      );
    }
  } else if (sizeof<T>() == 2) {
    for (let i: usize = 0; i < count; i++) store<u16>(to + (i << 1), bswap<u16>(load<u16>(p + (i << 1))));
  } else {
    v128.store(to, v128.load(p));
    v128.store(to, v128.load(p, 16), 16);
  }
}

/** Copies what lies `back` bytes before `to`, over itself where it is longer than that. */
@inline
function copyMatch<T>(to: usize, back: usize, size: usize): void {
  const end = to + size;
  if (isSigned<T>()) {
    const alpha = i32x4.splat(0xff000000);
    if (back >= 16) {
      for (; to < end; to += 16) v128.store(to, v128.bitselect(v128.load(to - back), v128.load(to), alpha));
    } else if (back == 4) {
      const v = i32x4.splat(load<u32>(to - 4));
      for (; to < end; to += 16) v128.store(to, v128.bitselect(v, v128.load(to), alpha));
    } else {
      for (; to < end; to += 4) store<u8>(to, load<u8>(to - back, 3), 3);
    }
  } else if (back >= 16) {
    for (; to < end; to += 16) v128.store(to, v128.load(to - back));
  } else if (back == sizeof<T>()) {
    const v = sizeof<T>() == 4
      ? i32x4.splat(load<u32>(to - 4))
      : sizeof<T>() == 2
      ? i16x8.splat(load<u16>(to - 2))
      : i8x16.splat(load<u8>(to - 1));
    for (; to < end; to += 16) v128.store(to, v);
  } else {
    for (; to < end; to += sizeof<T>()) {
      if (sizeof<T>() == 4) store<u32>(to, load<u32>(to - back));
      else if (sizeof<T>() == 2) store<u16>(to, load<u16>(to - back));
      else store<u8>(to, load<u8>(to - back));
    }
  }
}

/** BGRX with X 0. Like the next three: `bytes` bytes at p, `units` pixels to come; returns the bytes taken. */
export function decodeColours(p: usize, bytes: u32, to: usize, units: u32): i32 {
  return decodePlane<u32>(p, bytes, to, units);
}

/** The X of BGRX that are there. */
export function decodeAlpha(p: usize, bytes: u32, to: usize, units: u32): i32 {
  return decodePlane<i32>(p, bytes, to, units);
}

export function decodeShorts(p: usize, bytes: u32, to: usize, units: u32): i32 {
  return decodePlane<u16>(p, bytes, to, units);
}

export function decodeBytes(p: usize, bytes: u32, to: usize, units: u32): i32 {
  return decodePlane<u8>(p, bytes, to, units);
}

/** BGRX at p become BGR, in place. */
export function narrow(p: usize, count: u32): void {
  let to = p;
  for (let i: u32 = 0; i < count; i++, p += 4, to += 3) store<u32>(to, load<u32>(p));
}
