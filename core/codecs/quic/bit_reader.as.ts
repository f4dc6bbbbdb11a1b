// @ts-nocheck: AssemblyScript, checked by its own compiler
/** The stream that is decoded, bit by bit from the highest of each word of 32. */
import { RUN, runBits, runLengths, RUN_STATES } from "./model.as.ts";

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
export function refill(): void {
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
export function eat(bits: u64): void {
  window <<= bits;
  windowBits -= bits;
}

/** An escaped residual: the code of a rank has no place for it. May be larger than its component. */
@inline
export function escaped(bits: u64, rank: u64): u32 {
  const suffix = <u32>(rank >> 16) & 255;
  const value = <u32>(bits >> (64 - (rank >> 8 & 255))) & ((1 << suffix) - 1);
  return (<u32>(rank >> 24) << <u32>rank) + value;
}

/** How long a run is; below 0: longer than `most`. The window is full before and after. */
export function takeRun(state: usize, most: i32): i32 {
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

export function beginReading(input: usize): void {
  window = 0;
  windowBits = 0;
  from = input;
}

/** What loops keep in variables of their own, which are faster: the window, */
@inline
export function windowNow(): u64 {
  return window;
}

/** its bits, */
@inline
export function windowBitsNow(): u64 {
  return windowBits;
}

/** and the word behind it. */
@inline
export function wordNow(): usize {
  return from;
}

/** Gives them back. */
@inline
export function goOn(bits: u64, count: u64, at: usize): void {
  window = bits;
  windowBits = count;
  from = at;
}

/** How many bits were taken since the input began. */
export function bitsTaken(input: usize): i64 {
  return (<i64>from - input) * 8 - <i64>windowBits;
}
