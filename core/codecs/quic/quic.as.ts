// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * The module's face: room, and pictures row by row. mod.ts is its only caller and says how large the
 * room must be.
 */
import { beginBits, encodeColours, encodePlane, endBits, endOfWords, put } from "./encode.as.ts";
import { MODEL_BYTES, models, pieceOf, resetModels, STATE_BYTES, states } from "./model.as.ts";
import { findStarts, GRAY, readRow, RGB16, RGBA } from "./rows.as.ts";
export { decode } from "./decode.as.ts";

export { reserve } from "../room.as.ts";

// the picture that is being encoded, and its rows of work
let format: i32 = 0;
let width: i32 = 0;
let isTop: bool = false;
let row: usize = 0;
let above: usize = 0;
let residuals: usize = 0;
let written: usize = 0;
let writtenAlpha: usize = 0;
let equal: usize = 0;
let equalAbove: usize = 0;
let equalAlpha: usize = 0;
let equalAlphaAbove: usize = 0;
let starts: usize = 0;
let output: usize = 0;

/**
 * Begins a picture. work: room for its rows of work, `4.75 × width + 1024` × 4 bytes; to: where the
 * stream goes. Returns the bytes written.
 */
export function encodeBegin(type: i32, columns: i32, rows: i32, work: usize, to: usize): i32 {
  format = type;
  width = columns;
  isTop = true;
  const rowBytes: usize = ((width + 15 & ~15) << 2) + 16;
  const bitBytes: usize = (width + 63) >> 6 << 3;
  row = work + 16;
  above = row + rowBytes;
  residuals = above + rowBytes;
  written = residuals + rowBytes;
  equal = written + rowBytes;
  equalAbove = equal + bitBytes;
  equalAlpha = equalAbove + bitBytes;
  equalAlphaAbove = equalAlpha + bitBytes;
  starts = equalAlphaAbove + bitBytes;
  writtenAlpha = starts + bitBytes + 16;
  output = to;
  store<u32>(row - 4, 0);
  store<u32>(written - 4, 0);
  store<u8>(writtenAlpha - 1, 0);
  if (format == RGB16) resetModels<u16>(false);
  else resetModels<u8>(false);
  beginBits(to);
  put(0x43495551, 32); // QUIC
  put(0, 32); // version 0.0
  put(type, 32);
  put(width, 32);
  put(rows, 32);
  return <i32>(endOfWords() - output);
}

/**
 * Encodes so many rows, the first at `from`, each `stride` bytes behind the one before; reads up to 64
 * bytes behind a row. There must be room for 27 bits of each component, and 16 bytes. Returns the bytes
 * written.
 */
export function encodeRows(from: usize, stride: i32, count: i32): i32 {
  while (count > 0) {
    if (format == RGB16) encodeRow<u16>(from);
    else encodeRow<u8>(from);
    from += stride;
    count--;
  }
  return <i32>(endOfWords() - output);
}

/** Ends the picture, which takes up to 8 bytes. Returns the bytes of the stream. */
export function encodeEnd(): i32 {
  return <i32>(endBits() - output);
}

function encodeRow<T>(from: usize): void {
  // the top row is predicted from the left alone
  const rowAbove = isTop ? row - 4 : above;
  readRow<T>(format, from, width, row, rowAbove, residuals, equal, equalAlpha);
  if (format != GRAY) {
    findStarts(width, equal, equalAbove, starts, isTop);
    if (!isTop) store<u32>(written - 4, load<u32>(written));
    for (let i = 0; i < width;) {
      const end = i + pieceOf(states, width - i);
      if (end > i) encodeColours<T>(i, end, residuals, written, equal, starts, states);
      i = end;
    }
  }
  if (format == GRAY || format == RGBA) {
    findStarts(width, equalAlpha, equalAlphaAbove, starts, isTop);
    if (!isTop) store<u8>(writtenAlpha - 1, load<u8>(writtenAlpha));
    const state = states + STATE_BYTES;
    for (let i = 0; i < width;) {
      const end = i + pieceOf(state, width - i);
      if (end > i) {
        encodePlane(i, end, residuals, writtenAlpha, equalAlpha, starts, state, models + 3 * MODEL_BYTES);
      }
      i = end;
    }
  }
  let swap = row;
  row = above;
  above = swap;
  swap = equal;
  equal = equalAbove;
  equalAbove = swap;
  swap = equalAlpha;
  equalAlpha = equalAlphaAbove;
  equalAlphaAbove = swap;
  isTop = false;
}
