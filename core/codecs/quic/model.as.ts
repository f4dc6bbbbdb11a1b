// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * What QUIC's encoder and decoder share: the family of Golomb-Rice codes, and the model that says
 * which of them a residual is written with. T is u8 for 8-bit components, u16 for 5-bit ones.
 * Source of truth: spice-common quic.c, quic_family_tmpl.c.
 */

/** Bits of a component. */
@inline
export function depthOf<T>(): i32 {
  return sizeof<T>() == 1 ? 8 : 5;
}

/** Codewords, u16 of [rank][residual]: bits below, their number above bit 8. */
export const codes8: usize = memory.data(8 * 512, 16);
export const codes5: usize = memory.data(8 * 512, 16);
/** Lengths of a residual's codewords by rank, 8 lanes of u16 for each residual. */
const lengths8: usize = memory.data(256 * 16, 16);
const lengths5: usize = memory.data(256 * 16, 16);
/** For each rank: rank, then in a byte each an escape's bits, what of them is behind its zeroes, and these. */
const ranks8: usize = memory.data(32, 16);
const ranks5: usize = memory.data(32, 16);

/**
 * What each of the 4 components has learnt: 8 buckets of counters (8 lanes of u16), then for a
 * neighbour's residual, at 4 × leading zeroes of it + 1, how its bucket writes: for the encoder the
 * codewords of the best rank, for the decoder that rank's word of `ranks`.
 */
export const MODEL_BYTES: usize = 256;
export const models: usize = memory.data(4 * 256, 16);
/** Leading zeroes start at 23, for 256: the last bucket takes it in. */
const WRITERS: usize = 128 - 23 * 4;

/** When and how a plane's model learns. The colours share one, alpha has its own. */
export const STATE_BYTES: usize = 32;
export const states: usize = memory.data(2 * 32, 16);
/** Pixels until the next that is learnt from. */
export const WAIT: usize = 0;
const SEED: usize = 4;
const TRIGGER: usize = 8;
/** Bits of the longest wait. */
export const WAIT_BITS: usize = 12;
/** Pixels until waits grow. */
export const PATIENCE: usize = 16;
/** State of the run-length coder. */
export const RUN: usize = 20;

export const MAX_WAIT_BITS: i32 = 6;
const FULL_PATIENCE: i32 = 2048;
const MAX_CODE_BITS: i32 = 26;
export const RUN_STATES: u32 = 32;

/** By state: bits of a run's unit. */
export const runBits: usize = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** By state: all units of the states before it; beyond the last, which is kept, too. */
export const runLengths: usize = memory.data(4 * 2 * RUN_STATES, 16);

/** By bits of the longest wait: the best code's length at which counters are halved. */
const triggers: usize = memory.data<u16>([110, 550, 900, 800, 550, 400, 350]);

/** The low 6 bits of the format's table of chance; longer waits there are not. */
const chance: usize = memory.data<u8>([
  2, 23, 19, 21, 7, 18, 40, 14, 12, 32, 47, 44, 36, 6, 18, 11, 4, 19, 42, 29, 16, 63, 57, 51,
  16, 3, 5, 14, 15, 30, 20, 9, 36, 45, 3, 57, 61, 0, 8, 5, 41, 14, 43, 27, 43, 59, 31, 35,
  39, 60, 42, 38, 13, 54, 62, 1, 26, 3, 11, 61, 52, 34, 7, 48, 4, 59, 22, 12, 22, 8, 50, 4,
  10, 6, 44, 8, 11, 46, 31, 51, 53, 17, 1, 43, 46, 60, 36, 54, 10, 27, 39, 44, 22, 41, 23, 2,
  44, 0, 40, 53, 40, 48, 16, 43, 32, 28, 33, 12, 20, 2, 56, 62, 55, 58, 18, 20, 13, 55, 38, 29,
  57, 19, 49, 33, 47, 63, 59, 0, 35, 61, 19, 25, 46, 38, 60, 4, 35, 1, 26, 40, 28, 10, 5, 14,
  25, 18, 48, 49, 20, 59, 62, 34, 46, 7, 33, 52, 34, 58, 9, 29, 8, 55, 62, 60, 37, 36, 37, 50,
  6, 3, 10, 28, 48, 24, 26, 61, 57, 30, 11, 54, 2, 6, 50, 47, 7, 17, 35, 53, 32, 12, 23, 17,
  5, 21, 49, 55, 51, 45, 52, 27, 39, 25, 39, 63, 22, 24, 42, 52, 56, 38, 41, 41, 56, 32, 13, 24,
  26, 51, 27, 56, 58, 37, 24, 42, 15, 28, 17, 30, 31, 15, 16, 23, 25, 54, 33, 34, 1, 29, 31, 50,
  53, 21, 49, 15, 47, 9, 0, 58, 37, 45, 30, 13, 9, 45, 63, 21,
]);

function makeFamily(depth: i32, codes: usize, lengths: usize, ranks: usize): void {
  const levels = 1 << depth;
  for (let rank = 0; rank < depth; rank++) {
    const prefix = min(MAX_CODE_BITS - depth, (1 << (depth - rank)) - 1);
    const escaped = prefix << rank; // residuals from here on are escaped
    const suffix = 32 - clz(levels - escaped - 1);
    store<u32>(ranks + 4 * rank, rank | (prefix + suffix) << 8 | suffix << 16 | prefix << 24);
    // beyond the levels too: a hostile escape may say so
    for (let value = 0; value < 256; value++) {
      const plain = value < escaped;
      const bits = plain ? 1 << rank | value & ((1 << rank) - 1) : value - escaped;
      const length = plain ? (value >> rank) + rank + 1 : prefix + suffix;
      store<u16>(codes + 512 * rank + 2 * value, bits & 255 | length << 8);
      store<u16>(lengths + 16 * value + 2 * rank, length);
    }
  }
}

let units: u32 = 0;
for (let at: u32 = 0; at < 2 * RUN_STATES; at++) {
  store<u32>(runLengths + 4 * at, units);
  units += 1 << load<u8>(runBits + min(at, RUN_STATES - 1));
}

makeFamily(8, codes8, lengths8, ranks8);
makeFamily(5, codes5, lengths5, ranks5);

/** What writes with a rank: codewords for the encoder, the rank's word for the decoder. */
@inline
function writerOf<T>(rank: i32, decoding: bool): u32 {
  return decoding
    ? load<u32>((depthOf<T>() == 8 ? ranks8 : ranks5) + (rank << 2))
    : <u32>(depthOf<T>() == 8 ? codes8 : codes5) + (rank << 9);
}

/** Forgets all. */
export function resetModels<T>(decoding: bool): void {
  memory.fill(models, 0, 4 * MODEL_BYTES);
  for (let model = models; model < models + 4 * MODEL_BYTES; model += MODEL_BYTES) {
    for (let bucket = 0; bucket < 8; bucket++) store<v128>(model + 16 * bucket, unusedLanes<T>());
    for (let zeroes: usize = 23; zeroes < 32; zeroes++) {
      store<u32>(model + WRITERS + 4 * zeroes, writerOf<T>(depthOf<T>() - 1, decoding));
    }
  }
  memory.fill(states, 0, 2 * STATE_BYTES);
  for (let state = states; state < states + 2 * STATE_BYTES; state += STATE_BYTES) {
    store<i32>(state, 255, SEED);
    store<i32>(state, load<u16>(triggers), TRIGGER);
    store<i32>(state, FULL_PATIENCE, PATIENCE);
  }
}

/** Ranks that the depth does not have are never the best. */
@inline
function unusedLanes<T>(): v128 {
  return depthOf<T>() == 8 ? i16x8(0, 0, 0, 0, 0, 0, 0, 0) : i16x8(0, 0, 0, 0, 0, -1, -1, -1);
}

/** How a component is written whose left neighbour's residual was `context`. */
@inline
export function writerFor(model: usize, context: u32): u32 {
  return load<u32>(model + (clz(context + 1) << 2), WRITERS);
}

/** Learns a pixel of three residuals, 8 bits each. For is u8 for the encoder, u16 for the decoder. */
export function learnColours<T, For>(context: u32, value: u32): void {
  learn<T, For>(models, states, context >> 16 & 255, value >> 16 & 255);
  learn<T, For>(models + MODEL_BYTES, states, context >> 8 & 255, value >> 8 & 255);
  learn<T, For>(models + 2 * MODEL_BYTES, states, context & 255, value & 255);
}

/** Learns a residual. INVARIANT: counters stay below 2 × 26 × 901, so 16 bits are enough. */
@inline
export function learn<T, For>(model: usize, state: usize, context: u32, value: u32): void {
  const bucket = min<i32>(31 - clz(context + 1), depthOf<T>() - 1);
  const at = model + (bucket << 4);
  const lengths = load<v128>((depthOf<T>() == 8 ? lengths8 : lengths5) + (value << 4));
  let sums = i16x8.add_sat_u(load<v128>(at), lengths);
  let least = i16x8.min_u(sums, i16x8.shuffle(sums, sums, 4, 5, 6, 7, 0, 1, 2, 3));
  least = i16x8.min_u(least, i16x8.shuffle(least, least, 2, 3, 0, 1, 6, 7, 4, 5));
  least = i16x8.min_u(least, i16x8.shuffle(least, least, 1, 0, 3, 2, 5, 4, 7, 6));
  // of equal ranks the highest
  const rank = 31 - clz(i16x8.bitmask(i16x8.eq(sums, least)));
  if (i16x8.extract_lane_u(least, 0) > load<u32>(state, TRIGGER)) {
    sums = v128.or(i16x8.shr_u(sums, 1), unusedLanes<T>());
  }
  store<v128>(at, sums);
  const writer = writerOf<T>(rank, sizeof<For>() == 2);
  const writers = model + ((31 - bucket) << 2);
  store<u32>(writers, writer, WRITERS);
  if (bucket == depthOf<T>() - 1) store<u32>(writers - 4, writer, WRITERS);
}

/** How many pixels to wait before the next is learnt from. */
@inline
export function chanceOf(state: usize): i32 {
  const seed = (load<u32>(state, SEED) + 1) & 255;
  store<u32>(state, seed, SEED);
  return load<u8>(chance + seed) & ((1 << load<i32>(state, WAIT_BITS)) - 1);
}

/**
 * How many of `left` pixels go by before waits grow, and so the piece of a row that is worked on at
 * once; grows them when that is now.
 */
export function pieceOf(state: usize, left: i32): i32 {
  const bits = load<i32>(state, WAIT_BITS);
  if (bits >= MAX_WAIT_BITS) return left;
  const patience = load<i32>(state, PATIENCE);
  if (patience > left) {
    store<i32>(state, patience - left, PATIENCE);
    return left;
  }
  if (patience > 0) {
    store<i32>(state, 0, PATIENCE);
    return patience;
  }
  store<i32>(state, bits + 1, WAIT_BITS);
  store<i32>(state, load<u16>(triggers + 2 * (bits + 1)), TRIGGER);
  store<i32>(state, FULL_PATIENCE, PATIENCE);
  return 0;
}
