// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The scan's bits: Huffman codes and what they cannot say, eight bytes at a time. */
import { CODE_BITS, CODES, COEFFICIENTS, FIRST_CODES, LAST, ORDER, SPREAD } from "./layout.as.ts";

const BITS: u32 = (1 << CODE_BITS) - 1;

/** Where the scan is written; bits that are not written yet, and how many more have room beside them. */
let to: usize = 0;
let bits: u64 = 0;
let room: i32 = 64;

/** Where the scan is to go on; up to 7 bytes are not written yet. */
@inline
export function written(): usize {
  return to;
}

/** To be called when the order of the tables is written. */
export function begin(out: usize): void {
  if (load<u64>(SPREAD, 8) == 0) {
    for (let i: u32 = 0; i < 64; i++) {
      const place: u32 = load<u8>(ORDER + i) >>> 1;
      for (let byte: u32 = 0; byte < 256; byte++) {
        const at = SPREAD + ((((place >>> 3) << 8) + byte) << 3);
        if (byte >>> (place & 7) & 1) store<u64>(at, load<u64>(at) | <u64>1 << i);
      }
    }
  }
  to = out;
  bits = 0;
  room = 64;
  store<u64>(LAST, 0);
  store<u32>(LAST, 0, 8);
}

/** The last bits, filled up with ones; returns where they end. */
export function end(): usize {
  const rest = (64 - room + 7) >> 3;
  if (room < 64) bits = bits << room | (<u64>1 << room) - 1;
  for (let i = 0; i < rest; i++) putByte(<u8>(bits >>> (56 - 8 * i)));
  return to;
}

function putByte(byte: u8): void {
  store<u8>(to++, byte);
  if (byte == 0xff) store<u8>(to++, 0);
}

/** 8 bytes of the scan; a zero follows each that is 255. */
@inline
function put(out: usize, eight: u64): usize {
  if (eight & 0x8080808080808080 & ~(eight + 0x0101010101010101)) return putStuffed(out, eight);
  store<u64>(out, bswap<u64>(eight));
  return out + 8;
}

function putStuffed(out: usize, eight: u64): usize {
  for (let i = 0; i < 8; i++) {
    const byte = <u8>(eight >>> 56);
    store<u8>(out++, byte);
    if (byte == 0xff) store<u8>(out++, 0);
    eight <<= 8;
  }
  return out;
}

/** The codes of one block: the first coefficient's difference, then those in the mask. */
export function entropy(mask: u64, difference: i32, table: usize): void {
  let out = to;
  let held = bits;
  let free = room;

  let sign = difference >> 31;
  let size: u32 = 32 - clz((difference ^ sign) - sign);
  let entry = load<u32>(table + (size << 2), FIRST_CODES);
  let code = <u64>((entry & BITS) | ((difference + sign) & ((1 << size) - 1)));
  let length: i32 = entry >>> CODE_BITS;
  let place: u32 = 0;
  while (true) {
    free -= length;
    if (free < 0) {
      out = put(out, held << (length + free) | code >>> -free);
      free += 64;
      held = code;
    } else held = held << length | code;

    if (mask == 0) {
      if (place != 63) {
        // nothing but zeros behind it
        entry = load<u32>(table, CODES);
        code = <u64>(entry & BITS);
        length = entry >>> CODE_BITS;
        free -= length;
        if (free < 0) {
          out = put(out, held << (length + free) | code >>> -free);
          free += 64;
          held = code;
        } else held = held << length | code;
      }
      to = out;
      bits = held;
      room = free;
      return;
    }

    const next = <u32>ctz(mask);
    mask &= mask - 1;
    const run = next - place - 1;
    place = next;
    const value: i32 = load<i16>(COEFFICIENTS + load<u8>(ORDER + place));
    sign = value >> 31;
    size = 32 - clz((value ^ sign) - sign);
    entry = load<u32>(table + (((run & 15) << 4) + size << 2), CODES);
    code = <u64>((entry & BITS) | ((value + sign) & ((1 << size) - 1)));
    length = entry >>> CODE_BITS;
    for (let zeros = run >>> 4; zeros > 0; zeros--) {
      // 16 zeros each; with all of them before it a code has up to 59 bits
      entry = load<u32>(table, CODES + (0xf0 << 2));
      code |= <u64>(entry & BITS) << length;
      length += entry >>> CODE_BITS;
    }
  }
}
