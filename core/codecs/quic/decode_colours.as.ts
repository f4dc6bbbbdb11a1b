// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Bits → colours. A line holds the row above until the row takes its place pixel by pixel: few addresses
 * are at work, which is what the speed hangs on.
 */
import {
  escaped, goOn, refill, takeRun, windowBitsNow, windowNow, wordNow,
} from "./bit_reader.as.ts";
import { chanceOf, learnColours, models, MODEL_BYTES, states, WAIT, writerFor } from "./model.as.ts";

/** What decoders return for a run that is longer than what is left of its piece. */
export const WRONG_RUN: i32 = -2;

/** What was above the last pixel of the piece before. */
let lastAbove: u32 = 0;

/**
 * Pixels `i` to `end` of a row of colours. line: for each pixel 4 bytes of colours, first those above,
 * then the pixel's, and 4 of the residual that was written last at its place. Row is u8 for the top
 * row, u16 for others. Returns 0, or what is wrong.
 */
export function decodeColours<T, Row>(i: i32, end: i32, line: usize): i32 {
  const levels: u32 = sizeof<T>() == 1 ? 255 : 31;
  const isTop = sizeof<Row>() == 1;
  let p = line + (i << 3);
  const pEnd = line + (end << 3);
  let stop = p + (load<i32>(states, WAIT) << 3);
  let soonest = line + 24; // the first pixel that may start a run
  let lastRed = <u32>load<u8>(p - 2) & levels;
  let lastGreen = <u32>load<u8>(p - 3) & levels;
  let lastBlue = <u32>load<u8>(p - 4) & levels;
  let left = i > 0 ? load<u32>(p - 8) : isTop ? 0 : load<u32>(p);
  let upLeft = lastAbove;
  let bits = windowNow(), count = windowBitsNow(), at = wordNow();
  while (p < pEnd) {
    const up = isTop ? left : load<u32>(p);
    if (!isTop && ((up ^ upLeft) | (left ^ load<u32>(p - 16))) == 0 && p >= soonest) {
      goOn(bits, count, at);
      refill();
      const length = takeRun(states, <i32>(pEnd - p) >> 3);
      bits = windowNow(), count = windowBitsNow(), at = wordNow();
      if (length < 0) return WRONG_RUN;
      const wait = stop - p;
      const runEnd = p + (length << 3);
      // right behind an empty run there is no other
      soonest = length > 0 ? runEnd : p + 8;
      while (p < runEnd) {
        upLeft = load<u32>(p);
        store<u32>(p, left);
        p += 8;
      }
      if (p == pEnd) {
        lastAbove = upLeft;
        store<i32>(states, <i32>wait >> 3, WAIT);
        return 0;
      }
      stop = p + wait;
      lastRed = <u32>load<u8>(p - 2) & levels;
      lastGreen = <u32>load<u8>(p - 3) & levels;
      lastBlue = <u32>load<u8>(p - 4) & levels;
      continue;
    }
    // three codes that are not escaped have 63 bits at most; those that are have 26, and fill anew
    if (<i64>count < 0) {
      bits = rotl(load<u64>(at), 32) << (0 - count);
      count += 32;
      at += 4;
    }
    bits |= rotl(load<u64>(at), 32) >> count;
    at += <usize>((~count >> 3) & 4);
    count |= 32;
    let spoilt: u32 = 0;

    let rank = <u64>writerFor(models, lastRed);
    let zeroes = clz(bits);
    let red: u32 = 0;
    if (zeroes < rank >> 24) {
      const length = zeroes + 1 + (rank & 255);
      const code = bits;
      bits <<= length;
      count -= length;
      red = (<u32>(zeroes - 1) << <u32>rank) + <u32>(code >> (0 - length));
    } else {
      red = escaped(bits, rank) & 255;
      bits <<= rank >> 8 & 255;
      count -= rank >> 8 & 255;
      if (<i64>count < 0) {
        bits = rotl(load<u64>(at), 32) << (0 - count);
        count += 32;
        at += 4;
      }
      bits |= rotl(load<u64>(at), 32) >> count;
      at += <usize>((~count >> 3) & 4);
      count |= 32;
      if (sizeof<T>() == 2 && red > levels) spoilt |= 0xff0000;
    }

    rank = <u64>writerFor(models + MODEL_BYTES, lastGreen);
    zeroes = clz(bits);
    let green: u32 = 0;
    if (zeroes < rank >> 24) {
      const length = zeroes + 1 + (rank & 255);
      const code = bits;
      bits <<= length;
      count -= length;
      green = (<u32>(zeroes - 1) << <u32>rank) + <u32>(code >> (0 - length));
    } else {
      if (<i64>count < 0) {
        bits = rotl(load<u64>(at), 32) << (0 - count);
        count += 32;
        at += 4;
      }
      bits |= rotl(load<u64>(at), 32) >> count;
      at += <usize>((~count >> 3) & 4);
      count |= 32;
      green = escaped(bits, rank) & 255;
      bits <<= rank >> 8 & 255;
      count -= rank >> 8 & 255;
      if (sizeof<T>() == 2 && green > levels) spoilt |= 0xff00;
    }

    rank = <u64>writerFor(models + 2 * MODEL_BYTES, lastBlue);
    zeroes = clz(bits);
    let blue: u32 = 0;
    if (zeroes < rank >> 24) {
      const length = zeroes + 1 + (rank & 255);
      const code = bits;
      bits <<= length;
      count -= length;
      blue = (<u32>(zeroes - 1) << <u32>rank) + <u32>(code >> (0 - length));
    } else {
      if (<i64>count < 0) {
        bits = rotl(load<u64>(at), 32) << (0 - count);
        count += 32;
        at += 4;
      }
      bits |= rotl(load<u64>(at), 32) >> count;
      at += <usize>((~count >> 3) & 4);
      count |= 32;
      blue = escaped(bits, rank) & 255;
      bits <<= rank >> 8 & 255;
      count -= rank >> 8 & 255;
      if (sizeof<T>() == 2 && blue > levels) spoilt |= 0xff;
    }

    const residual = red << 16 | green << 8 | blue;
    left = unfold<T>(residual, spoilt, left, up);
    store<u32>(p, left);
    store<u32>(p, residual, 4);
    upLeft = up;
    if (p == stop) {
      learnColours<T, u16>(lastRed << 16 | lastGreen << 8 | lastBlue, residual);
      stop = p + 8 + (chanceOf(states) << 3);
    }
    lastRed = red & levels, lastGreen = green & levels, lastBlue = blue & levels;
    p += 8;
  }
  goOn(bits, count, at);
  lastAbove = upLeft;
  store<i32>(states, <i32>(stop - pEnd) >> 3, WAIT);
  return 0;
}

/**
 * The pixel whose residual this is, three components at once. spoilt: components of which the format
 * has no such residual; it takes them for 0.
 */
@inline
function unfold<T>(residual: u32, spoilt: u32, left: u32, up: u32): u32 {
  let difference = (residual >> 1 & 0x7f7f7f) ^ (residual & 0x010101) * 255;
  if (sizeof<T>() == 2) difference &= ~spoilt;
  const half = (left & up) + ((left ^ up) >> 1 & 0x7f7f7f);
  const sum = ((half & 0x7f7f7f) + (difference & 0x7f7f7f)) ^ ((half ^ difference) & 0x808080);
  return sizeof<T>() == 1 ? sum : sum & 0x1f1f1f;
}
