import { reserve } from "../wasm.ts";
import * as wasm from "./glz.wasm";

/** Pieces of the module's memory that are free: where each begins, how long it is, in order. */
const free: [number, number][] = [];
/** Where the memory that was ever given ends, behind `base`; -1: nothing was. */
let base = -1;
let used = 0;
/** Which free piece the next search begins behind. */
let found = -1;

/**
 * So many bytes of the module's memory, at a multiple of 16, with what was there before; -1 stands for
 * none. The dictionaries and windows of all clients of this thread lie beside each other.
 * RangeError: there is no more memory.
 */
export function allocate(bytes: number): number {
  const size = Math.ceil(bytes / 16) * 16;
  // on from where the last was found: what came first is given back first, so the next lies there
  for (let tried = 0; tried < free.length; tried++) {
    if (++found >= free.length) found = 0;
    const piece = free[found];
    if (piece[1] < size) continue;
    const at = piece[0];
    if (piece[1] === size) free.splice(found--, 1);
    else free[found--] = [at + size, piece[1] - size];
    return at;
  }
  // what is free at the end grows
  const last = free.at(-1);
  const start = last && base + used === last[0] + last[1] ? last[0] - base : used;
  base = reserve(wasm, start + size);
  if (start !== used) free.pop(), found = -1;
  used = start + size;
  return base + start;
}

/** Gives back what was allocated with this size. */
export function release(at: number, bytes: number): void {
  const size = Math.ceil(bytes / 16) * 16;
  let low = 0;
  for (let high = free.length; low < high;) {
    const middle = (low + high) >> 1;
    if (free[middle][0] < at) low = middle + 1;
    else high = middle;
  }
  free.splice(low, 0, [at, size]);
  if (low + 1 < free.length && at + size === free[low + 1][0]) {
    free[low][1] += free[low + 1][1];
    free.splice(low + 1, 1);
  }
  if (low > 0 && free[low - 1][0] + free[low - 1][1] === at) {
    free[low - 1][1] += free[low][1];
    free.splice(low, 1);
  }
}

let bytes: Uint8Array = new Uint8Array(0);
let words: Uint32Array = new Uint32Array(0);

/** All of the module's memory, until it grows. */
export function memory(): Uint8Array {
  if (bytes.buffer !== wasm.memory.buffer) bytes = new Uint8Array(wasm.memory.buffer);
  return bytes;
}

/** The same as words. */
export function memoryWords(): Uint32Array {
  if (words.buffer !== wasm.memory.buffer) words = new Uint32Array(wasm.memory.buffer);
  return words;
}

/** What the loops may read and write behind what they were given. */
export const SLACK = 64;

let scratchAt = -1;
let scratchSize = 0;

/** Room for what lasts no longer than a call. */
export function scratch(size: number): number {
  if (size > scratchSize) {
    if (scratchAt >= 0) release(scratchAt, scratchSize);
    scratchAt = -1, scratchSize = 0;
    scratchAt = allocate(size);
    scratchSize = Math.ceil(size / 16) * 16;
  }
  return scratchAt;
}
