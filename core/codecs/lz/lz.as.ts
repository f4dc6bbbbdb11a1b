// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * LZ → pixels, and the module with its own memory. The format's source of truth is lz_decompress_tmpl.c of
 * spice-common; mod.ts beside this says it in words.
 */
export { encodeBytes, encodeColours, encodeShorts, gather } from "./encode.as.ts";
export { reserve } from "../room.as.ts";

/** From here on a distance takes two more bytes. */
const FAR: u32 = 8191;

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
