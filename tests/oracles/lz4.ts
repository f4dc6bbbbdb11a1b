/**
 * LZ4, slow and clear: what core/codecs/lz4 must do, byte for byte, on any input.
 * Source of truth: lz4_Block_format.md; the choice of matches is our own.
 */
import type { Lz4Picture } from "../../core/codecs/lz4/mod.ts";

const PRIME = 0xcf1bbcdcb7a56463n;

/** Rows without padding as an image; null: it is not smaller. */
export function encode(data: Uint8Array, topDown: boolean, format: number): Uint8Array | null {
  const block = encodeBlock(data, format === 8 || format === 9 ? 4 : format === 6 ? 2 : 1);
  if (block.length + 6 >= data.length) return null;
  const image = new Uint8Array(6 + block.length);
  image.set([+topDown, format]);
  new DataView(image.buffer).setUint32(2, block.length);
  image.set(block, 6);
  return image;
}

function encodeBlock(data: Uint8Array, step: 1 | 2 | 4): Uint8Array {
  const out: number[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const phase = step === 4 ? 1 : 0;
  const patience = step === 4 ? 4096 : 64;
  const stop = data.length - 5, last = data.length - 12;
  const same = (a: number, b: number, count: number) => {
    for (let i = 0; i < count; i++) if (data[a + i] !== data[b + i]) return false;
    return true;
  };
  const hash = (at: number) => {
    const bytes = BigInt.asUintN(step === 4 ? 48 : 40, view.getBigUint64(at, true));
    const left = step === 4 ? 16n : 24n;
    return Number(BigInt.asUintN(64, (bytes << left) * PRIME) >> 49n);
  };
  const seen = new Map<number, number>();
  let anchor = 0, before: number = step, misses = patience;
  if (last > 0) seen.set(hash(phase), phase);
  for (let at = phase + step; at <= last;) {
    const place = seen.get(hash(at)) ?? -Infinity;
    seen.set(hash(at), at);
    let distance = at - place;
    if (same(at, at - before, 8)) distance = before;
    else if (distance > 65535 || !same(at, place, 4)) {
      at += Math.trunc(misses++ / patience) * step;
      continue;
    }
    before = distance;
    misses = patience;
    let end = at + 4;
    while (end < stop && data[end] === data[end - distance]) end++;
    while (at > anchor && at > distance && data[at - 1] === data[at - 1 - distance]) at--;
    putSequence(out, data.subarray(anchor, at), distance, end - at);
    anchor = end;
    at = phase + Math.ceil((end - phase) / step) * step;
    if (at <= last) {
      const late = at - Math.max(step, 2);
      seen.set(hash(late), late);
    }
  }
  putSequence(out, data.subarray(anchor));
  return Uint8Array.from(out);
}

function putSequence(out: number[], literals: Uint8Array, distance = 0, length = 4): void {
  const count = literals.length, more = length - 4;
  out.push(Math.min(count, 15) << 4 | Math.min(more, 15));
  if (count >= 15) putLength(count - 15, out);
  for (const byte of literals) out.push(byte);
  if (distance === 0) return;
  out.push(distance & 255, distance >> 8);
  if (more >= 15) putLength(more - 15, out);
}

function putLength(length: number, out: number[]): void {
  for (; length >= 255; length -= 255) out.push(255);
  out.push(length);
}

/** RangeError: no such image. */
export function decode(data: Uint8Array, bytesFor: (format: number) => number): Lz4Picture {
  if (data.length < 2) throw new RangeError("header");
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const out: number[] = [];
  const size = bytesFor(data[1]);
  for (let at = 2; at < data.length;) {
    if (data.length - at < 4) throw new RangeError("block's size");
    const bytes = view.getUint32(at);
    at += 4;
    if (bytes > data.length - at) throw new RangeError("block");
    decodeBlock(data.subarray(at, at += bytes), out, size);
  }
  if (out.length !== size) throw new RangeError("size");
  return { topDown: data[0] !== 0, format: data[1], rows: Uint8Array.from(out) };
}

function decodeBlock(block: Uint8Array, out: number[], most: number): void {
  let at = 0;
  const byte = () => {
    if (at >= block.length) throw new RangeError("cut off");
    return block[at++];
  };
  const length = (nibble: number) => {
    let sum = nibble;
    if (nibble === 15) {
      for (let more = 255; more === 255;) sum += more = byte();
    }
    return sum;
  };
  while (at < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (literals > block.length - at || literals > most - out.length) {
      throw new RangeError("literals");
    }
    for (let i = 0; i < literals; i++) out.push(byte());
    if (at === block.length) return;
    const offset = byte() | byte() << 8;
    if (offset === 0 || offset > out.length) throw new RangeError("offset");
    const match = length(token & 15) + 4;
    if (match > most - out.length) throw new RangeError("match");
    for (let i = 0; i < match; i++) out.push(out[out.length - offset]);
  }
}
