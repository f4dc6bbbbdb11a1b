// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Bits → pixels. A line holds the row above until the row takes its place pixel by pixel: few addresses
 * are at work, which is what the speed hangs on. Codes that are missing are read from
 * whatever is behind the stream; that it ended is found at the end of the row.
 */
import {
  chanceOf, learn, learnColours, models, MODEL_BYTES, pieceOf, resetModels, RUN, runBits, runLengths, RUN_STATES, STATE_BYTES,
  states, WAIT, writerFor,
} from "./model.as.ts";
import { GRAY, packRow, pixelBytes, RGB16, RGBA } from "./rows.as.ts";

const ENDED: i32 = -1;
const WRONG_RUN: i32 = -2;

/**
 * The next bits of the stream, from the top; those in front of the word at `from` are `windowBits`, and
 * what is below them is either 0 or already right. So words are put in without asking whether there is
 * room (Giesen, "Reading bits in far too many ways", variant 4).
 */
let window: u64 = 0;
let windowBits: u64 = 0;
let from: usize = 0;

/** Makes all 64 bits of the window right. */
@inline
function refill(): void {
  // more was taken: the word at `from` has begun, and may not have been all there
  if (<i64>windowBits < 0) {
    window = rotl(load<u64>(from), 32) << (0 - windowBits);
    windowBits += 32;
    from += 4;
  }
  window |= rotl(load<u64>(from), 32) >> windowBits;
  from += <usize>((~windowBits >> 3) & 4);
  windowBits |= 32;
}

@inline
function eat(bits: u64): void {
  window <<= bits;
  windowBits -= bits;
}

/** An escaped residual: the code of a rank has no place for it. May be larger than its component. */
@inline
function escaped(bits: u64, rank: u64): u32 {
  const suffix = <u32>(rank >> 16) & 255;
  const value = <u32>(bits >> (64 - (rank >> 8 & 255))) & ((1 << suffix) - 1);
  return (<u32>(rank >> 24) << <u32>rank) + value;
}

/** How long a run is; below 0: longer than `most`. The window is full before and after. */
function takeRun(state: usize, most: i32): i32 {
  let length = 0;
  let at = load<u32>(state, RUN);
  let ones = <u32>clz(~window);
  // so many that what follows may not be in the window
  while (ones >= RUN_STATES) {
    length += unitsOf(at, RUN_STATES);
    if (length > most) return -1;
    at = RUN_STATES - 1;
    eat(RUN_STATES);
    refill();
    ones = <u32>clz(~window);
  }
  length += unitsOf(at, ones);
  at = min(at + ones, RUN_STATES - 1);
  const unit = <u64>load<u8>(runBits + at);
  // in two steps, as a shift by 64 is one by 0
  length += <i32>(window << (ones + 1) >> 1 >> (63 - unit));
  eat(ones + 1 + unit);
  refill();
  store<u32>(state, at > 0 ? at - 1 : 0, RUN);
  return length > most ? -1 : length;
}

/** The length of so many units, up to 32, from a state on. */
@inline
function unitsOf(at: u32, count: u32): i32 {
  return load<i32>(runLengths + (at + count << 2)) - load<i32>(runLengths + (at << 2));
}

/** What was above the last pixel of the piece before. */
let lastAbove: u32 = 0;

/**
 * Pixels `i` to `end` of a row of colours. line: for each pixel 4 bytes of colours, first those above,
 * then the pixel's, and 4 of the residual that was written last at its place. Row is u8 for the top
 * row, u16 for others. Returns 0, or what is wrong.
 */
function decodeColours<T, Row>(i: i32, end: i32, line: usize): i32 {
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
  let bits = window, count = windowBits, at = from;
  while (p < pEnd) {
    const up = isTop ? left : load<u32>(p);
    if (!isTop && ((up ^ upLeft) | (left ^ load<u32>(p - 16))) == 0 && p >= soonest) {
      window = bits, windowBits = count, from = at;
      refill();
      const length = takeRun(states, <i32>(pEnd - p) >> 3);
      bits = window, count = windowBits, at = from;
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
  window = bits, windowBits = count, from = at;
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

/** As colours, of one component: a byte for the pixel and one for its residual. */
function decodePlane<Row>(i: i32, end: i32, line: usize): i32 {
  const isTop = sizeof<Row>() == 1;
  const state = states + STATE_BYTES, model = models + 3 * MODEL_BYTES;
  let p = line + (i << 1);
  const pEnd = line + (end << 1);
  let stop = p + (load<i32>(state, WAIT) << 1);
  let soonest = line + 6;
  let context = <u32>load<u8>(p - 1);
  let left = i > 0 ? <u32>load<u8>(p - 2) : isTop ? 0 : <u32>load<u8>(p);
  let upLeft = lastAbove;
  while (p < pEnd) {
    const up = isTop ? left : <u32>load<u8>(p);
    if (!isTop && up == upLeft && left == <u32>load<u8>(p - 4) && p >= soonest) {
      refill();
      const length = takeRun(state, <i32>(pEnd - p) >> 1);
      if (length < 0) return WRONG_RUN;
      const wait = stop - p;
      const runEnd = p + (length << 1);
      soonest = length > 0 ? runEnd : p + 2;
      while (p < runEnd) {
        upLeft = load<u8>(p);
        store<u8>(p, left);
        p += 2;
      }
      if (p == pEnd) {
        lastAbove = upLeft;
        store<i32>(state, <i32>wait >> 1, WAIT);
        return 0;
      }
      stop = p + wait;
      context = load<u8>(p - 1);
      continue;
    }
    refill();
    const rank = writerFor(model, context);
    const zeroes = clz(window);
    let value: u32 = 0;
    if (zeroes < <u64>rank >> 24) {
      const length = zeroes + 1 + (rank & 255);
      value = (<u32>(zeroes - 1) << rank) + <u32>(window >> (0 - length));
      eat(length);
    } else {
      value = escaped(window, rank) & 255;
      eat(rank >> 8 & 255);
    }
    left = (value >> 1 ^ (value & 1) * 255) + ((left + up) >> 1) & 255;
    store<u8>(p, left);
    store<u8>(p, value, 1);
    upLeft = up;
    if (p == stop) {
      learn<u8, u16>(model, state, context, value);
      stop = p + 2 + (chanceOf(state) << 1);
    }
    context = value;
    p += 2;
  }
  lastAbove = upLeft;
  store<i32>(state, <i32>(stop - pEnd) >> 1, WAIT);
  return 0;
}

/**
 * Decodes a picture, whose head was read and found right. input: the words behind the head; work: as
 * for encoding; to: where the rows go, and 64 bytes more. There must be 16 bytes for each pixel of a
 * row behind the input. Returns 0, or the negative number of what is wrong.
 */
export function decode(
  format: i32, width: i32, height: i32, input: usize, words: i32, work: usize, to: usize,
): i32 {
  const line = work + 16;
  const alphas = line + ((width + 4) << 3);
  store<u32>(line - 4, 0);
  store<u8>(alphas - 1, 0);
  if (format == RGB16) resetModels<u16>(true);
  else resetModels<u8>(true);
  window = 0;
  windowBits = 0;
  from = input;
  for (let y = 0; y < height; y++) {
    if (y > 0) {
      store<u32>(line - 4, load<u32>(line, 4));
      store<u8>(alphas - 1, load<u8>(alphas, 1));
    }
    const wrong = y == 0
      ? decodeRow<u8>(format, width, line, alphas)
      : decodeRow<u16>(format, width, line, alphas);
    if (wrong != 0) return wrong;
    // one word more than is needed must be there: the format's decoders read ahead
    if ((<i64>from - input) * 8 - <i64>windowBits > (<i64>words - 1) * 32) return ENDED;
    packRow(format, line, alphas, width, to);
    to += width * pixelBytes(format);
  }
  return 0;
}

function decodeRow<Row>(format: i32, width: i32, line: usize, alphas: usize): i32 {
  if (format != GRAY) {
    for (let i = 0; i < width;) {
      const end = i + pieceOf(states, width - i);
      const wrong = end == i
        ? 0
        : format == RGB16
        ? decodeColours<u16, Row>(i, end, line)
        : decodeColours<u8, Row>(i, end, line);
      if (wrong != 0) return wrong;
      i = end;
    }
  }
  if (format == GRAY || format == RGBA) {
    for (let i = 0; i < width;) {
      const end = i + pieceOf(states + STATE_BYTES, width - i);
      const wrong = end == i ? 0 : decodePlane<Row>(i, end, alphas);
      if (wrong != 0) return wrong;
      i = end;
    }
  }
  return 0;
}
