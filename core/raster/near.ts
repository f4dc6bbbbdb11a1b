/**
 * Work on pixels of card memory where they lie, by WebAssembly (near.as.ts): fast at once, while V8 has
 * not compiled the loops yet that do the same, and faster afterwards, as these copy and compare shared
 * memory byte by byte or a word at a time. The loops stay for memory of other kinds, and are the oracle.
 */
import { memoryOf } from "../binary/linear.ts";
import { code } from "./near.wasm.ts";

/**
 * Rects as rows: a row begins at a byte address, the next one `step` bytes behind it, or before it if that
 * is below 0; `bytes` is what of a row is meant, all of it whole items. There are one or more rows.
 *
 * INVARIANT: callers have checked that the rows lie within the surfaces or pictures that are meant. What
 * leaves the buffer altogether is a RuntimeError.
 */
export interface Near {
  /** Rows that lie over each other are in such an order that none is written before it is read. */
  copy(
    to: number,
    toStep: number,
    from: number,
    fromStep: number,
    bytes: number,
    rows: number,
  ): void;
  /** Every item becomes the value; it is repeated where items have less than 32 bits. */
  fill(to: number, step: number, bytes: number, rows: number, value: number): void;
  /** Every item becomes (item & keep) ^ flip, both repeated likewise. */
  flip(to: number, step: number, bytes: number, rows: number, keep: number, flip: number): void;
  /** Every item d becomes one ^ (s & sOnly) ^ (d & (dOnly ^ (s & both))); s lies in none that is written. */
  mix(
    to: number,
    toStep: number,
    from: number,
    fromStep: number,
    bytes: number,
    rows: number,
    one: number,
    sOnly: number,
    dOnly: number,
    both: number,
  ): void;
  /** How many rows are the same, from the first on. */
  sameRows: Compare;
  /** How many bytes all rows have the same from the left on. */
  sameLeft: Compare;
  /** The same from the right on. */
  sameRight: Compare;
  /** 32 bits, the same for rows of so many 32-bit pixels that are the same. */
  mark(row: number, pixels: number): number;
}

/** Of 32-bit pixels. */
type Compare = (
  a: number,
  aStep: number,
  b: number,
  bStep: number,
  bytes: number,
  rows: number,
) => number;

interface Exports extends Near {
  readonly limit: WebAssembly.Global;
}

const byMemory = new WeakMap<WebAssembly.Memory, Near>();
const byView = new WeakMap<ArrayBufferView, Near>();
let module: WebAssembly.Module | undefined;

/** For the buffer of this view; null: WebAssembly cannot reach it. */
export function nearOf(view: ArrayBufferView): Near | null {
  const known = byView.get(view);
  if (known) return known;
  const memory = memoryOf(view.buffer);
  if (!memory) return null;
  let near = byMemory.get(memory);
  if (!near) {
    module ??= new WebAssembly.Module(Uint8Array.fromBase64(code));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    // what other threads add behind it is theirs
    (exports as unknown as Exports).limit.value = view.buffer.byteLength;
    byMemory.set(memory, near = exports as unknown as Near);
  }
  byView.set(view, near);
  return near;
}
