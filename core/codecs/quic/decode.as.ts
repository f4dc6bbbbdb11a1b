// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * Bits → pictures, row by row: colours first, then what has one component. Codes that are missing are
 * read from whatever is behind the stream; that it ended is found at the end of the row.
 */
import {
  beginReading, bitsTaken, eat, escaped, refill, takeRun, windowNow,
} from "./bit_reader.as.ts";
import { decodeColours, WRONG_RUN } from "./decode_colours.as.ts";
import {
  chanceOf, learn, models, MODEL_BYTES, pieceOf, resetModels, STATE_BYTES, states, WAIT, writerFor,
} from "./model.as.ts";
import { GRAY, packRow, pixelBytes, RGB16, RGBA } from "./rows.as.ts";

const ENDED: i32 = -1;

/** What was above the last pixel of the piece before. */
let lastAbove: u32 = 0;

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
  beginReading(input);
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
    if (bitsTaken(input) > (<i64>words - 1) * 32) return ENDED;
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
    const zeroes = clz(windowNow());
    let value: u32 = 0;
    if (zeroes < <u64>rank >> 24) {
      const length = zeroes + 1 + (rank & 255);
      value = (<u32>(zeroes - 1) << rank) + <u32>(windowNow() >> (0 - length));
      eat(length);
    } else {
      value = escaped(windowNow(), rank) & 255;
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
