// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Bits → pixels, in place: a pixel needs the one left of it. Codes that are missing are read from
 * whatever is behind the stream; that it ended is found at the end of the row.
 */
import {
  chanceOf, learn, models, MODEL_BYTES, pieceOf, resetModels, RUN, runBits, RUN_STATES, STATE_BYTES,
  states, WAIT, writerFor,
} from "./model.as.ts";
import { GRAY, packRow, pixelBytes, RGB16, RGB32, RGBA } from "./rows.as.ts";

const ENDED: i32 = -1;
const WRONG_RUN: i32 = -2;

/** The next bits of the stream, from the top; so many of them are right, those below are 0. */
let window: u64 = 0;
let windowBits: i32 = 0;
let from: usize = 0;

/** Leaves at least 32 bits in the window. */
@inline
function refill(): void {
  if (windowBits < 32) {
    window |= <u64>load<u32>(from) << (32 - windowBits);
    from += 4;
    windowBits += 32;
  }
}

@inline
function eat(bits: i32): void {
  window <<= bits;
  windowBits -= bits;
}

/** An escaped residual: the code of a rank has no place for it. May be larger than its component. */
function takeEscape(rank: u32): u32 {
  const prefix = rank >> 8 & 255, length = rank >> 16;
  const suffix = length - prefix;
  const value = <u32>(window >> (64 - length)) & ((1 << suffix) - 1);
  eat(length);
  return (prefix << (rank & 255)) + value;
}

/** How long a run is; below 0: longer than `most`. */
function takeRun(state: usize, most: i32): i32 {
  let length = 0;
  let at = load<u32>(state, RUN);
  refill();
  while (<i64>window < 0) {
    length += 1 << load<u8>(runBits + at);
    if (length > most) return -1;
    if (at < RUN_STATES - 1) at++;
    eat(1);
    refill();
  }
  eat(1);
  refill();
  const unit = <i32>load<u8>(runBits + at);
  // in two steps, as a shift by 64 is one by 0
  length += <i32>(window >> 1 >> (63 - unit));
  eat(unit);
  store<u32>(state, at > 0 ? at - 1 : 0, RUN);
  return length > most ? -1 : length;
}

/** Pixels `i` to `end` of a row of colours. Returns 0, or what is wrong. */
function decodeColours<T>(
  i: i32, end: i32, row: usize, above: usize, written: usize, state: usize,
): i32 {
  const top = above == row - 4;
  const levels: u32 = sizeof<T>() == 1 ? 255 : 31;
  let stop = i + load<i32>(state, WAIT);
  let soonest = top ? i32.MAX_VALUE : 3; // the first pixel that may start a run
  let context = load<u32>(written + (i << 2) - 4);
  let left = load<u32>(i > 0 ? row + (i << 2) - 4 : above) & 0xffffff;
  let left2 = i > 1 ? load<u32>(row + (i << 2) - 8) & 0xffffff : ~0;
  let upLeft = i > 0 ? load<u32>(above + (i << 2) - 4) & 0xffffff : ~0;
  let bits = window, count = windowBits, at = from;
  while (i < end) {
    const up = load<u32>(above + (i << 2)) & 0xffffff;
    if (((up ^ upLeft) | (left ^ left2)) == 0 && i >= soonest) {
      window = bits, windowBits = count, from = at;
      const length = takeRun(state, end - i);
      bits = window, count = windowBits, at = from;
      if (length < 0) return WRONG_RUN;
      const wait = stop - i;
      soonest = i + 1;
      const runEnd = i + length;
      while (i < runEnd) {
        store<u32>(row + (i << 2), left);
        i++;
      }
      if (i == end) {
        store<i32>(state, wait, WAIT);
        return 0;
      }
      stop = i + wait;
      if (length > 0) {
        context = load<u32>(written + (i << 2) - 4);
        upLeft = load<u32>(above + (i << 2) - 4) & 0xffffff;
        soonest = i;
      }
      continue;
    }
    // 33 bits and more are enough for the first code, and mostly for all three
    const few = count < 33;
    bits |= few ? <u64>load<u32>(at) << (32 - count) : 0;
    at += few ? 4 : 0;
    count += few ? 32 : 0;
    let spoilt: u32 = 0;

    let rank = writerFor(models, context >> 16 & levels);
    let zeroes = <u32>clz(bits);
    let red: u32 = 0;
    if (zeroes < (rank >> 8 & 255)) {
      const length = zeroes + 1 + (rank & 255);
      red = ((zeroes - 1) << (rank & 255)) + <u32>(bits >> (64 - length));
      bits <<= length;
      count -= length;
    } else {
      window = bits, windowBits = count;
      red = takeEscape(rank) & 255;
      bits = window, count = windowBits;
      if (red > levels) spoilt = 0xff0000;
    }

    if (count < 26) {
      bits |= <u64>load<u32>(at) << (32 - count);
      at += 4;
      count += 32;
    }
    rank = writerFor(models + MODEL_BYTES, context >> 8 & levels);
    zeroes = <u32>clz(bits);
    let green: u32 = 0;
    if (zeroes < (rank >> 8 & 255)) {
      const length = zeroes + 1 + (rank & 255);
      green = ((zeroes - 1) << (rank & 255)) + <u32>(bits >> (64 - length));
      bits <<= length;
      count -= length;
    } else {
      window = bits, windowBits = count;
      green = takeEscape(rank) & 255;
      bits = window, count = windowBits;
      if (green > levels) spoilt |= 0xff00;
    }

    if (count < 26) {
      bits |= <u64>load<u32>(at) << (32 - count);
      at += 4;
      count += 32;
    }
    rank = writerFor(models + 2 * MODEL_BYTES, context & levels);
    zeroes = <u32>clz(bits);
    let blue: u32 = 0;
    if (zeroes < (rank >> 8 & 255)) {
      const length = zeroes + 1 + (rank & 255);
      blue = ((zeroes - 1) << (rank & 255)) + <u32>(bits >> (64 - length));
      bits <<= length;
      count -= length;
    } else {
      window = bits, windowBits = count;
      blue = takeEscape(rank) & 255;
      bits = window, count = windowBits;
      if (blue > levels) spoilt |= 0xff;
    }

    const residual = red << 16 | green << 8 | blue;
    store<u32>(written + (i << 2), residual);
    left2 = left;
    left = unfold<T>(residual, spoilt, left, up);
    store<u32>(row + (i << 2), left);
    upLeft = up;
    if (i == stop) {
      learn<T>(models, state, context >> 16 & levels, red, true);
      learn<T>(models + MODEL_BYTES, state, context >> 8 & levels, green, true);
      learn<T>(models + 2 * MODEL_BYTES, state, context & levels, blue, true);
      stop = i + 1 + chanceOf(state);
    }
    context = residual;
    i++;
  }
  window = bits, windowBits = count, from = at;
  store<i32>(state, stop - end, WAIT);
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

/** As colours, of the plane that is the highest byte of each pixel. */
function decodePlane(
  i: i32, end: i32, row: usize, above: usize, written: usize, state: usize, model: usize,
): i32 {
  let stop = i + load<i32>(state, WAIT);
  let soonest = above == row - 4 ? i32.MAX_VALUE : 3;
  let context = <u32>load<u8>(written + i - 1);
  let left = <u32>load<u8>(i > 0 ? row + (i << 2) - 4 : above, 3);
  while (i < end) {
    const pixel = row + (i << 2), up = above + (i << 2);
    if (
      i >= soonest && load<u8>(up, 3) == load<u8>(up - 4, 3) && left == <u32>load<u8>(pixel - 8, 3)
    ) {
      const length = takeRun(state, end - i);
      if (length < 0) return WRONG_RUN;
      const wait = stop - i;
      soonest = length > 0 ? i + length : i + 1;
      const runEnd = i + length;
      while (i < runEnd) {
        store<u8>(row + (i << 2), left, 3);
        i++;
      }
      if (i == end) {
        store<i32>(state, wait, WAIT);
        return 0;
      }
      stop = i + wait;
      context = load<u8>(written + i - 1);
      continue;
    }
    refill();
    const rank = writerFor(model, context);
    const zeroes = <u32>clz(window);
    let value: u32 = 0;
    if (zeroes < (rank >> 8 & 255)) {
      const length = zeroes + 1 + (rank & 255);
      value = ((zeroes - 1) << (rank & 255)) + <u32>(window >> (64 - length));
      eat(length);
    } else value = takeEscape(rank) & 255;
    store<u8>(written + i, value);
    left = (value >> 1 ^ (value & 1) * 255) + ((left + load<u8>(up, 3)) >> 1) & 255;
    store<u8>(pixel, left, 3);
    if (i == stop) {
      learn<u8>(model, state, context, value, true);
      stop = i + 1 + chanceOf(state);
    }
    context = value;
    i++;
  }
  store<i32>(state, stop - end, WAIT);
  return 0;
}

/**
 * Decodes a picture, whose head was read and found right. input: the words behind the head; work: as
 * for encoding; to: where the rows go, with 16 bytes in front. There must be 16 bytes for each pixel of
 * a row behind the input. Returns 0, or the negative number of what is wrong.
 */
export function decode(
  format: i32, width: i32, height: i32, input: usize, words: i32, work: usize, to: usize,
): i32 {
  const rowBytes: usize = ((width + 15 & ~15) << 2) + 16;
  const inPlace = format >= RGB32;
  const written = work + 16;
  const writtenAlpha = written + rowBytes;
  let row = inPlace ? to : writtenAlpha + rowBytes;
  let other = inPlace ? to + (width << 2) : row + rowBytes;
  let above = row - 4;
  store<u32>(above, 0);
  store<u32>(written - 4, 0);
  store<u8>(writtenAlpha - 1, 0);
  if (format == RGB16) resetModels<u16>(true);
  else resetModels<u8>(true);
  window = 0;
  windowBits = 0;
  from = input;
  for (let y = 0; y < height; y++) {
    if (y > 0) {
      store<u32>(written - 4, load<u32>(written));
      store<u8>(writtenAlpha - 1, load<u8>(writtenAlpha));
    }
    const wrong = decodeRow(format, width, row, above, written, writtenAlpha);
    if (wrong != 0) return wrong;
    // one word more than is needed must be there: the format's decoders read ahead
    if ((<i64>from - input) * 8 - windowBits > (<i64>words - 1) * 32) return ENDED;
    above = row;
    if (inPlace) {
      row += width << 2;
    } else {
      packRow(format, row, width, to);
      to += width * pixelBytes(format);
      row = other;
      other = above;
    }
  }
  return 0;
}

function decodeRow(
  format: i32, width: i32, row: usize, above: usize, written: usize, writtenAlpha: usize,
): i32 {
  if (format != GRAY) {
    for (let i = 0; i < width;) {
      const end = i + pieceOf(states, width - i);
      const wrong = end == i
        ? 0
        : format == RGB16
        ? decodeColours<u16>(i, end, row, above, written, states)
        : decodeColours<u8>(i, end, row, above, written, states);
      if (wrong != 0) return wrong;
      i = end;
    }
  }
  if (format == GRAY || format == RGBA) {
    const state = states + STATE_BYTES;
    for (let i = 0; i < width;) {
      const end = i + pieceOf(state, width - i);
      const wrong = end == i
        ? 0
        : decodePlane(i, end, row, above, writtenAlpha, state, models + 3 * MODEL_BYTES);
      if (wrong != 0) return wrong;
      i = end;
    }
  }
  return 0;
}
