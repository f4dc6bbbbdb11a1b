// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * GLZ's loops; mod.ts beside this says the format in words, encoder.ts and window.ts keep the books.
 * Source of truth: glz-encode.tmpl.c and glz-encode-match.tmpl.c of libspice-server, decode-glz-tmpl.c
 * of spice-gtk.
 */
import { literals, maskOf, matchEnd, putLength, runEnd } from "../units.as.ts";
export { reserve } from "../room.as.ts";

// ---- encoding: a window is a ring of units; every 64 of them belong to one picture

const BLOCK_BITS: u32 = 6;
/** A picture in the window: id's low half, begin, end (places in the ring), type (0: gone). */
const RECORD_BITS: u32 = 4;

/** An entry of the table is a place in the ring and, above, bits of the hash that its slot does not say. */
const PLACE_BITS: u32 = 25;
const PLACES: u32 = (1 << 25) - 1;

/** Of three units of the plane, all its 32 bits. */
@inline
function hashOf<T>(a: u32, b: u32, c: u32): u32 {
  if (sizeof<T>() == 1) return ((a >>> 24 | b >>> 16 | c >>> 8) + 1) * 0x9e3779b1;
  const hash = (a * 0x9e3779b1 ^ b * 0x85ebca77) + c * 0xc2b2ae3d;
  return hash ^ hash >>> 15;
}

@inline
function remember(table: usize, tableShift: u32, hash: u32, place: u32): void {
  store<u32>(table + (<usize>(hash >>> tableShift) << 2), place | hash << PLACE_BITS);
}

/**
 * A plane of the picture at place `begin`, `units` long, `width` a row, whose record is `own`. table: for
 * each hash where it was seen last; owners: for each block of the ring its picture's record.
 */
@inline
function encodePlane<T>(
  ring: usize,
  begin: u32,
  units: u32,
  width: u32,
  table: usize,
  tableShift: u32,
  owners: usize,
  records: usize,
  own: u32,
  out: usize,
): usize {
  const mask = maskOf<T>();
  const two = <u64>mask << 32 | mask;
  const self = records + (<usize>own << RECORD_BITS);
  const id = load<u32>(self);
  const type = load<u32>(self, 12);
  const start = ring + (<usize>begin << 2);
  const end = start + (<usize>units << 2);
  const last = end - 12;
  const row = <usize>width << 2;
  const second = start + row;
  let p = start;
  let anchor = p;
  if (units < 4) p = end;
  while (p <= last) {
    let image: u32 = 0;
    let distance: u32 = 0;
    let stop: usize = 0;
    // of four units only the last is read anew while nothing is found
    let a = load<u32>(p) & mask;
    let b = load<u32>(p, 4) & mask;
    // the first unit has none before it
    let before = p > start ? (load<u32>(p - 4) & mask) ^ a : 1;
    let between = a ^ b;
    do {
      const c = load<u32>(p, 8) & mask;
      const behind = b ^ c;
      if ((before | between | behind) == 0) {
        image = 0;
        distance = 0;
        stop = runEnd<T>(p + 12, end);
        break;
      }
      // the table is larger than the cache, and what the row above has goes on for longer, as a rule
      if (p >= second) {
        const above = p - row;
        if (((load<u64>(above) ^ load<u64>(p)) & two) == 0 && ((load<u32>(above, 8) & mask) ^ c) == 0) {
          image = 0;
          distance = width - 1;
          stop = matchEnd<T>(p + 12, above + 12, end);
          break;
        }
      }
      const hash = hashOf<T>(a, b, c);
      const slot = table + (<usize>(hash >>> tableShift) << 2);
      const entry = load<u32>(slot);
      const here = <u32>((p - ring) >> 2);
      store<u32>(slot, here | hash << PLACE_BITS);
      if (((entry ^ hash << PLACE_BITS) >>> PLACE_BITS) == 0) {
        const place = entry & PLACES;
        const ref = ring + (<usize>place << 2);
        if (((load<u64>(ref) ^ load<u64>(p)) & two) == 0) {
          const record = records + (<usize>load<u32>(owners + (<usize>(place >>> BLOCK_BITS) << 2)) << RECORD_BITS);
          const first = load<u32>(record, 4);
          const limit = record == self ? here : load<u32>(record, 8);
          if (load<u32>(record, 12) == type && place >= first && place < limit) {
            let met: usize;
            if (record == self) {
              image = 0;
              distance = here - place - 1;
              met = matchEnd<T>(p, ref, end);
            } else {
              image = id - load<u32>(record);
              distance = place - first;
              met = matchEnd<T>(p, ref, min<usize>(end, p + (<usize>(limit - place) << 2)));
            }
            const cost: u32 = sizeOf(image, distance);
            const least: u32 = (sizeof<T>() == 4 ? cost / 3 : sizeof<T>() == 2 ? cost / 2 : cost) + 1;
            if (<u32>((met - p) >> 2) >= least) {
              stop = met;
              break;
            }
          }
        }
      }
      p += 4;
      a = b;
      b = c;
      before = between;
      between = behind;
    } while (p <= last);
    if (stop == 0) break;
    out = literals<T>(anchor, p, out);
    const length = <u32>((stop - p) >> 2) - (sizeof<T>() == 4 ? 0 : sizeof<T>() == 2 ? 1 : 2);
    out = putMatch(image, distance, length, out);
    // its last two units are where something known may begin
    if (stop <= last + 4) {
      const place = <u32>((stop - ring) >> 2);
      const a = load<u32>(stop - 4) & mask;
      const b = load<u32>(stop) & mask;
      remember(table, tableShift, hashOf<T>(load<u32>(stop - 8) & mask, a, b), place - 2);
      remember(table, tableShift, hashOf<T>(a, b, load<u32>(stop, 4) & mask), place - 1);
    }
    p = anchor = stop;
  }
  return literals<T>(anchor, end, out);
}

/** The bytes that a match takes, whatever its length. */
@inline
function sizeOf(image: u32, distance: u32): u32 {
  if (distance < 4096) return 3 + i32(image >= 1 << 6) + i32(image >= 1 << 14) + i32(image >= 1 << 22);
  return 3 + i32(image > 0) + i32(image >= 1 << 8) + i32(image >= 1 << 16) + i32(distance >= 1 << 17);
}

/** image: how many pictures back, 0 this one; distance: from the unit before, or from the picture's first. */
@inline
function putMatch(image: u32, distance: u32, length: u32, out: usize): usize {
  const far = distance >= 4096;
  store<u8>(out++, <u8>(min<u32>(length, 7) << 5 | u32(far) << 4 | (distance & 15)));
  out = putLength(length, out);
  store<u8>(out++, <u8>(distance >> 4));
  if (!far) {
    const more = i32(image >= 1 << 6) + i32(image >= 1 << 14) + i32(image >= 1 << 22);
    store<u8>(out, <u8>(more << 6 | (image & 63)));
    store<u32>(out, image >> 6, 1);
    return out + 1 + more;
  }
  const more = i32(image > 0) + i32(image >= 1 << 8) + i32(image >= 1 << 16);
  const farther = distance >= 1 << 17;
  store<u8>(out, <u8>(more << 6 | u32(farther) << 5 | (distance >> 12 & 31)));
  store<u32>(out, image, 1);
  out += 1 + more;
  if (farther) store<u8>(out++, <u8>(distance >> 17));
  return out;
}

/** The picture of record `own`, as its type says. Returns how many bytes came to `out`. */
export function encode(
  ring: usize,
  begin: u32,
  units: u32,
  width: u32,
  table: usize,
  tableShift: u32,
  owners: usize,
  records: usize,
  own: u32,
  out: usize,
): i32 {
  const type = load<u32>(records + (<usize>own << RECORD_BITS), 12);
  let end: usize;
  if (type == 6) end = encodePlane<u16>(ring, begin, units, width, table, tableShift, owners, records, own, out);
  else end = encodePlane<u32>(ring, begin, units, width, table, tableShift, owners, records, own, out);
  if (type == 9) end = encodePlane<u8>(ring, begin, units, width, table, tableShift, owners, records, own, end);
  return <i32>(end - out);
}

/** Blocks from `from` up to `until` belong to the picture of a record. */
export function own(owners: usize, from: u32, until: u32, record: u32): void {
  for (let block = from >>> BLOCK_BITS; block << BLOCK_BITS < until; block++) {
    store<u32>(owners + (<usize>block << 2), record);
  }
}

/** `count` pixels of 2 or 3 bytes at p become units at `to`. */
export function widen(p: usize, size: u32, count: u32, to: usize): void {
  const end = to + (<usize>count << 2);
  if (size == 2) {
    for (; to < end; to += 4, p += 2) store<u32>(to, load<u16>(p));
  } else {
    for (; to < end; to += 4, p += 3) store<u32>(to, load<u32>(p) & 0xffffff);
  }
}

// ---- decoding: every picture is 32-bit pixels of its own, found through a table by its id

/** What is wrong; window.ts has the words. */
const CUT_OFF: i32 = -1;
const TOO_LONG: i32 = -2;
const OUTSIDE: i32 = -3;
const MISSING: i32 = -4;

/** How many pictures back the one is that was MISSING. */
let missing: u32 = 0;
export function missingDistance(): u32 {
  return missing;
}

/**
 * A plane of `units` pixels from the bytes at p. T: u32 BGRX with X 0; i32 only the X of such; u16 15-bit
 * pixels that become BGRX. slots: for each id modulo slotMask + 1 the id (u64), where its pixels are, how many.
 * Up to 64 bytes behind the pixels are overwritten. Returns how many bytes it took.
 */
@inline
function decodePlane<T>(
  p: usize,
  bytes: u32,
  to: usize,
  units: u32,
  slots: usize,
  slotMask: u32,
  id: u64,
): i32 {
  const begin = p;
  const stop = p + bytes;
  const first = to;
  const end = to + (<usize>units << 2);
  while (to < end) {
    if (p >= stop) return CUT_OFF;
    const head = <u32>load<u8>(p++);
    if (head < 32) {
      const count = <usize>head + 1;
      const size: usize = isSigned<T>() ? 1 : sizeof<T>() == 2 ? 2 : 3;
      if (count * size > stop - p) return CUT_OFF;
      if (count << 2 > end - to) return TOO_LONG;
      takeLiterals<T>(p, count, to);
      p += count * size;
      to += count << 2;
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
    if (stop - p < 2) return CUT_OFF;
    let distance = (head & 15) | <u32>load<u8>(p) << 4;
    const code = <u32>load<u8>(p, 1);
    p += 2;
    const count = code >> 6;
    let image: u32 = 0;
    const farther = (head & 16) != 0 && (code & 32) != 0;
    if (stop - p < <usize>(count + u32(farther))) return CUT_OFF;
    for (let i: u32 = 0; i < count; i++) image |= <u32>load<u8>(p++) << (i << 3);
    if ((head & 16) == 0) image = image << 6 | (code & 63);
    else distance |= (code & 31) << 12;
    if (farther) distance |= <u32>load<u8>(p++) << 17;
    length += isSigned<T>() ? 2 : sizeof<T>() == 2 ? 1 : 0;
    const size = <usize>length << 2;
    if (size > end - to) return TOO_LONG;
    if (image == 0) {
      const back = <usize>(distance + 1) << 2;
      if (back > to - first) return OUTSIDE;
      copyMatch<T>(to, to - back, size);
    } else {
      const wanted = id - image;
      const slot = slots + (<usize>(<u32>wanted & slotMask) << 4);
      const pixels = load<u32>(slot, 8);
      if (image > id || pixels == 0 || load<u64>(slot) != wanted) {
        missing = image;
        return MISSING;
      }
      if (<u64>distance + length > load<u32>(slot, 12)) return OUTSIDE;
      copyMatch<T>(to, <usize>pixels + (<usize>distance << 2), size);
    }
    to += size;
  }
  return <i32>(p - begin);
}

@inline
function takeLiterals<T>(p: usize, count: usize, to: usize): void {
  const end = to + (count << 2);
  if (isSigned<T>()) {
    for (; to < end; to += 4) store<u8>(to, load<u8>(p++), 3);
  } else if (sizeof<T>() == 2) {
    for (; to < end; to += 4, p += 2) {
      const pixel = <u32>bswap<u16>(load<u16>(p));
      const r = pixel >> 10 & 31;
      const g = pixel >> 5 & 31;
      const b = pixel & 31;
      store<u32>(to, (r << 3 | r >> 2) << 16 | (g << 3 | g >> 2) << 8 | (b << 3 | b >> 2));
    }
  } else {
    for (; to < end; to += 16, p += 12) {
      const v = v128.load(p);
      v128.store(to, i8x16.shuffle(v, i32x4.splat(0), 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11, 16));
    }
  }
}

/** Copies from `ref`, over itself where that is less than `size` before `to`. */
@inline
function copyMatch<T>(to: usize, ref: usize, size: usize): void {
  const end = to + size;
  const alpha = i32x4.splat(0xff000000);
  // far enough apart to go by fours, whichever is first
  if (to - ref >= 16) {
    for (; to < end; to += 16, ref += 16) {
      if (isSigned<T>()) v128.store(to, v128.bitselect(v128.load(ref), v128.load(to), alpha));
      else v128.store(to, v128.load(ref));
    }
  } else if (to - ref == 4) {
    const v = i32x4.splat(load<u32>(ref));
    for (; to < end; to += 16) {
      if (isSigned<T>()) v128.store(to, v128.bitselect(v, v128.load(to), alpha));
      else v128.store(to, v);
    }
  } else {
    for (; to < end; to += 4, ref += 4) {
      if (isSigned<T>()) store<u8>(to, load<u8>(ref, 3), 3);
      else store<u32>(to, load<u32>(ref));
    }
  }
}

/** A picture of the id whose halves are given, into its own memory; returns how many bytes it took. */
export function decode(
  p: usize,
  bytes: u32,
  to: usize,
  units: u32,
  type: u32,
  slots: usize,
  slotMask: u32,
  idLow: u32,
  idHigh: u32,
): i32 {
  const id = <u64>idHigh << 32 | idLow;
  if (type == 6) return decodePlane<u16>(p, bytes, to, units, slots, slotMask, id);
  const taken = decodePlane<u32>(p, bytes, to, units, slots, slotMask, id);
  if (type != 9 || taken < 0) return taken;
  const more = decodePlane<i32>(p + taken, bytes - taken, to, units, slots, slotMask, id);
  return more < 0 ? more : taken + more;
}
