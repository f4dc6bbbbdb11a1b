// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Pixels → LZ. The format is FastLZ's second level with pixels for letters; its source of truth is
 * lz_compress_tmpl.c of spice-common. mod.ts beside this says it in words.
 *
 * INVARIANT: pixels may change between two looks at them, for who encodes them where a guest has them
 * (in_place.ts) cannot stop it from drawing. So where is read and written, and how much, follows from
 * places alone, and of pixels only from what is in a register: a match ends where it was seen to, at
 * `end` at the latest, and is never shorter than what `leastOf` says; what is in the table, which is
 * ours, is compared before it is believed. What changes makes other pixels, never more bytes nor
 * units.
 */
import { copyRows } from "../rows.as.ts";
import { literals, maskOf, matchEnd, putLength, runEnd } from "../units.as.ts";

/** Of the hash, by how many units there are: small pictures have a small table to clear. */
const LEAST_BITS: u32 = 12;
const MOST_BITS: u32 = 14;
/** From here on a distance takes two more bytes. */
const FAR: u32 = 8191;

/** Of three units. The multipliers' low bits are 0 where units are masked. */
@inline
function hashOf<T>(a: u32, b: u32, c: u32): u32 {
  if (sizeof<T>() == 4) return a * 0x9e377900 + b * 0x85ebca00 + c * 0xc2b2ae00;
  if (sizeof<T>() == 2) return ((a & 0x7fff) | (b & 0x7fff) << 16) * 0x9e3779b1 + (c & 0x7fff) * 0x85ebca77;
  return (a >>> 24 | b >>> 24 << 8 | c >>> 24 << 16) * 0x9e3779b1;
}

/** Their place in the table. */
@inline
function slotOf<T>(table: usize, a: u32, b: u32, c: u32, shift: u32): usize {
  return table + (<usize>(hashOf<T>(a, b, c) >>> shift) << 1);
}

/**
 * A plane of `units` units at `start`, `width` a row: its bytes at out. Returns where they end.
 *
 * table: where each hash was seen last: the low half of the unit's number in its plane. What no unit has said
 * is the first unit, and numbers come again after 65536 units: what is there is compared before it is
 * believed.
 */
@inline
function encodePlane<T>(table: usize, start: usize, units: u32, width: u32, out: usize): usize {
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
    /** Up to here every unit is looked at. */
    const dense = min(last, anchor + 2047);
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
      const slot = slotOf<T>(table, a, b, c, shift);
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
      a = b;
      b = c;
      before = between;
      between = behind;
    } while (p <= dense);
    if (stop == 0) {
      // noise is gone through faster and faster
      if (p - anchor >= 2048) p += min<usize>((p - anchor) >> 9, 32) & ~3;
      continue;
    }
    out = literals<T>(anchor, p, out);
    out = putMatch<T>(distance - 1, <u32>((stop - p) >> 2), out);
    // its last two units are where something known may begin
    if (stop <= last + 4) {
      const here = <u32>((stop - start) >> 2);
      const a = load<u32>(stop - 4);
      const b = load<u32>(stop);
      store<u16>(slotOf<T>(table, load<u32>(stop - 8), a, b, shift), here - 2);
      store<u16>(slotOf<T>(table, a, b, load<u32>(stop, 4), shift), here - 1);
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
  out = putLength(length, out);
  store<u32>(out, near ? distance : 255 | (far & 0xff00) | far << 16);
  return out + (near ? 1 : 3);
}

/**
 * Colours: units in memory as BGRX. Like the next two: room for a table of 32 KiB; returns how many bytes
 * came to `out`.
 */
export function encodeColours(table: usize, p: usize, units: u32, width: u32, out: usize): i32 {
  return <i32>(encodePlane<u32>(table, p, units, width, out) - out);
}

/** 15-bit pixels in the low halves of units. */
export function encodeShorts(table: usize, p: usize, units: u32, width: u32, out: usize): i32 {
  return <i32>(encodePlane<u16>(table, p, units, width, out) - out);
}

/** The highest bytes of units. */
export function encodeBytes(table: usize, p: usize, units: u32, width: u32, out: usize): i32 {
  return <i32>(encodePlane<u8>(table, p, units, width, out) - out);
}

/**
 * Rows of `count` items of 1 to 4 bytes, `stride` bytes apart from p on, become units at `to`: bytes the
 * highest of theirs. Up to 16 bytes behind both are read and overwritten.
 */
export function gather(p: usize, stride: u32, size: u32, count: u32, rows: u32, to: usize): void {
  if (size == 4) return copyRows(p, stride, count << 2, rows, to);
  for (; rows > 0; rows--, p += stride) {
    const end = to + (<usize>count << 2);
    let from = p;
    if (size == 1) {
      for (; to < end; to += 4) store<u32>(to, <u32>load<u8>(from++) << 24);
    } else if (size == 2) {
      for (; to < end; to += 4, from += 2) store<u32>(to, load<u16>(from));
    } else {
      for (; to < end; to += 4, from += 3) store<u32>(to, load<u32>(from) & 0xffffff);
    }
  }
}
