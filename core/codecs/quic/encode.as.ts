// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Residuals → bits. A row's residuals and where its pixels repeat are known before (rows.as.ts), so
 * that this is only: look up the codewords, put them together, store 64 bits at a time.
 */
import {
  chanceOf, learn, learnColours, models, MODEL_BYTES, RUN, runBits, RUN_STATES, WAIT, writerFor,
} from "./model.as.ts";

/**
 * The bits that are not stored yet begin at the top of `pending`; there are fewer than 32 of them. The
 * stream is words of 32 bits, the first bit the highest: two words of it are 64 bits rotated by half.
 */
let pending: u64 = 0;
let pendingBits: i32 = 0;
let to: usize = 0;

export function beginBits(at: usize): void {
  pending = 0;
  pendingBits = 0;
  to = at;
}

/** Up to 32 bits. */
export function put(bits: u32, count: i32): void {
  pendingBits += count;
  pending |= <u64>bits << (64 - pendingBits);
  if (pendingBits >= 32) {
    store<u32>(to, <u32>(pending >> 32));
    to += 4;
    pending <<= 32;
    pendingBits -= 32;
  }
}

/** Fills the last word, and puts one behind it that decoders may read ahead. Returns where it ends. */
export function endBits(): usize {
  if (pendingBits > 0) put(0, 32 - pendingBits);
  put(0, 32);
  return to;
}

/** Where the stored words end. */
export function endOfWords(): usize {
  return to;
}

/** So many pixels like the one before: a 1 for each unit, which grows; a 0; what is left. */
export function putRun(state: usize, length: u32): void {
  let at = load<u32>(state, RUN);
  let unit = <u32>load<u8>(runBits + at), ones = 0;
  while (length >= <u32>1 << unit) {
    length -= 1 << unit;
    if (at < RUN_STATES - 1) at++;
    unit = load<u8>(runBits + at);
    if (++ones == 32) {
      put(~0, 32);
      ones = 0;
    }
  }
  if (ones > 0) put((1 << ones) - 1, ones);
  put(length, unit + 1);
  store<u32>(state, at > 0 ? at - 1 : 0, RUN);
}

/** The first position from `from` on whose bit is 1, or one behind `end`. */
@inline
function nextOne(bits: usize, from: i32, end: i32): i32 {
  let word = load<u64>(bits + (from >> 6 << 3)) >> (from & 63) << (from & 63);
  from &= ~63;
  while (word == 0) {
    from += 64;
    if (from >= end) return from;
    word = load<u64>(bits + (from >> 6 << 3));
  }
  return from + <i32>ctz(word);
}

/** The first position from `from` on whose bit is 0, or `end`. */
@inline
function nextZero(bits: usize, from: i32, end: i32): i32 {
  let word = ~load<u64>(bits + (from >> 6 << 3)) >> (from & 63) << (from & 63);
  from &= ~63;
  while (word == 0) {
    from += 64;
    if (from >= end) return end;
    word = ~load<u64>(bits + (from >> 6 << 3));
  }
  return min(end, from + <i32>ctz(word));
}

/**
 * Pixels `i` to `end` of a row of colours. residuals: the row's, 4 bytes a pixel; written: those that
 * were written last at their place, which are what the next pixel is written by; equal: bits of
 * pixels like their left neighbour; starts: bits of pixels where a run may start.
 */
export function encodeColours<T>(
  i: i32, end: i32, residuals: usize, written: usize, equal: usize, starts: usize, state: usize,
): void {
  let stop = i + load<i32>(state, WAIT);
  let next = nextOne(starts, i, end);
  let left = load<u32>(written + (i << 2) - 4);
  while (i < end) {
    const limit = min(min(stop + 1, next), end);
    let bits = pending, count = pendingBits, at = to;
    let context = left;
    while (i < limit) {
      context = left;
      left = load<u32>(residuals + (i << 2));
      store<u32>(written + (i << 2), left);
      const red = <u32>load<u16>(writerFor(models, context >> 16 & 255) + (left >> 15 & 510));
      const green = <u32>load<u16>(writerFor(models + MODEL_BYTES, context >> 8 & 255) + (left >> 7 & 510));
      const blue = <u32>load<u16>(writerFor(models + 2 * MODEL_BYTES, context & 255) + (left << 1 & 510));
      const lastTwo = (green >> 8) + (blue >> 8);
      const length = <i32>((red >> 8) + lastTwo);
      if (count + length < 64) {
        const code = <u64>(red & 255) << lastTwo | <u64>(green & 255) << (blue >> 8) | (blue & 255);
        count += length;
        bits |= code << (64 - count);
        store<u64>(at, rotl(bits, 32));
        at += count >> 5 << 2;
        bits <<= count & 32;
        count &= 31;
      } else {
        pending = bits, pendingBits = count, to = at;
        put(red & 255, red >> 8);
        put(green & 255, green >> 8);
        put(blue & 255, blue >> 8);
        bits = pending, count = pendingBits, at = to;
      }
      i++;
    }
    pending = bits, pendingBits = count, to = at;
    if (i > stop) {
      learnColours<T, u8>(context, left);
      stop = i + chanceOf(state);
    }
    if (i == next && i < end) {
      const wait = stop - i;
      const runEnd = nextZero(equal, i, end);
      putRun(state, runEnd - i);
      if (runEnd == end) {
        store<i32>(state, wait, WAIT);
        return;
      }
      next = nextOne(starts, runEnd == i ? i + 1 : runEnd, end);
      i = runEnd;
      stop = i + wait;
      left = load<u32>(written + (i << 2) - 4);
    }
  }
  store<i32>(state, stop - end, WAIT);
}

/** As colours, of a plane of one component, which is the highest byte of each residual. */
export function encodePlane(
  i: i32, end: i32, residuals: usize, written: usize, equal: usize, starts: usize, state: usize,
  model: usize,
): void {
  let stop = i + load<i32>(state, WAIT);
  let next = nextOne(starts, i, end);
  let left = <u32>load<u8>(written + i - 1);
  while (i < end) {
    const limit = min(min(stop + 1, next), end);
    let context = left;
    while (i < limit) {
      context = left;
      left = load<u8>(residuals + (i << 2), 3);
      store<u8>(written + i, left);
      const code = <u32>load<u16>(writerFor(model, context) + (left << 1));
      put(code & 255, code >> 8);
      i++;
    }
    if (i > stop) {
      learn<u8, u8>(model, state, context, left);
      stop = i + chanceOf(state);
    }
    if (i == next && i < end) {
      const wait = stop - i;
      const runEnd = nextZero(equal, i, end);
      putRun(state, runEnd - i);
      if (runEnd == end) {
        store<i32>(state, wait, WAIT);
        return;
      }
      next = nextOne(starts, runEnd == i ? i + 1 : runEnd, end);
      i = runEnd;
      stop = i + wait;
      left = load<u8>(written + i - 1);
    }
  }
  store<i32>(state, stop - end, WAIT);
}
