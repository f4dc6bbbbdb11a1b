// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * LZ4 blocks → bytes, and the module with its own memory. mod.ts beside this says the format in words,
 * lz4_Block_format.md exactly.
 */
export { copyRows, encodeFours, encodeOnes, encodeTwos } from "./encode.as.ts";
export { reserve } from "../room.as.ts";

/** The encoder's; as much before the room can be read. */
const hashes = memory.data(4 << 15, 16);

/** Where it is. */
export function table(): usize {
  return hashes;
}

const MIN_MATCH: u32 = 4;

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
