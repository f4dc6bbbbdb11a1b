// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The scan's bits: Huffman codes and what they cannot say, eight bytes at a time. */
import { CODE_BITS, CODES, COEFFICIENTS, FIRST_CODES, LAST, ORDER, SPREAD, WHOLE_CODES, WORDS } from "./layout.as.ts";

const BITS: u32 = (1 << CODE_BITS) - 1;

/** Where the scan's bytes go. */
let to: usize = 0;
/** Where the next of its words stands; bits that are in none yet, and how many more have room beside them. */
let word: usize = WORDS;
let bits: u64 = 0;
let room: i32 = 64;

/** How far the words reach. */
@inline
export function reached(): usize {
  return word;
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
  word = WORDS;
  bits = 0;
  room = 64;
  store<u64>(LAST, 0);
  store<u32>(LAST, 0, 8);
}

/** The words become bytes of the scan; returns where that is to go on. Up to 7 bytes are in no word yet. */
export function drain(): usize {
  let out = to;
  for (let at = WORDS; at < word; at += 8) {
    const eight = load<u64>(at);
    if (eight & 0x8080808080808080 & ~(eight + 0x0101010101010101)) out = putStuffed(out, eight);
    else {
      const v = v128.load64_zero(at);
      v128.store64_lane(out, i8x16.shuffle(v, v, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0), 0);
      out += 8;
    }
  }
  word = WORDS;
  to = out;
  return out;
}

/** The last bits, filled up with ones; returns where they end. */
export function end(): usize {
  drain();
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
@inline
export function entropy(mask: u64, difference: i32, table: usize): void {
  let at = word;
  let held = bits;
  let free = room;

  const sign = difference >> 31;
  const size: u32 = 32 - clz((difference ^ sign) - sign);
  const first = load<u32>(table + (size << 2), FIRST_CODES);
  let code = <u64>((first & BITS) | ((difference + sign) & ((1 << size) - 1)));
  let length: i32 = first >>> CODE_BITS;
  let place: u32 = 0;
  while (true) {
    free -= length;
    if (free < 0) {
      store<u64>(at, held << (length + free) | code >>> -free);
      at += 8;
      free += 64;
    }
    // what went is above what has room
    held = held << length | code;
    if (mask == 0) break;

    const next = <u32>ctz(mask);
    mask &= mask - 1;
    const run = next - place - 1;
    place = next;
    const value: i32 = load<i16>(COEFFICIENTS + load<u8>(ORDER + place));
    const small: u32 = value + 8;
    if ((run | small) < 16) {
      const entry = load<u32>(table + ((run << 4) + small << 2), WHOLE_CODES);
      code = <u64>(entry & BITS);
      length = entry >>> CODE_BITS;
    } else {
      const sign = value >> 31;
      const size: u32 = 32 - clz((value ^ sign) - sign);
      let entry = load<u32>(table + (((run & 15) << 4) + size << 2), CODES);
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
  if (place != 63) {
    // nothing but zeros behind it
    const entry = load<u32>(table, CODES);
    code = <u64>(entry & BITS);
    length = entry >>> CODE_BITS;
    free -= length;
    if (free < 0) {
      store<u64>(at, held << (length + free) | code >>> -free);
      at += 8;
      free += 64;
    }
    held = held << length | code;
  }
  word = at;
  bits = held;
  room = free;
}
