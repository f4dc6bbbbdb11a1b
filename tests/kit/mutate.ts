import type { Random } from "../../core/binary/random.ts";

/** Numbers that lengths, counts and pointers go wrong at. */
const words = [
  0,
  1,
  0x7fffffff,
  0x80000000,
  0xfffffffe,
  0xffffffff,
  0x10000,
  0x00ffffff,
  0x40000001,
];
const halves = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff];

/**
 * Writes a damaged copy of `seed` into `into` and returns how many bytes it has: 1 to 4 of bits flipped,
 * ends cut off, rubbish behind, counts and pointers set to edges or to each other, pieces of `other` put in.
 */
export function mutate(
  random: Random,
  seed: Uint8Array,
  other: Uint8Array,
  into: Uint8Array,
): number {
  let n = Math.min(seed.length, into.length);
  into.set(n === seed.length ? seed : seed.subarray(0, n));
  for (let left = 1 + random.below(4); left > 0; left--) n = once(random, n, other, into);
  return n;
}

function once(random: Random, n: number, other: Uint8Array, into: Uint8Array): number {
  const kind = random.below(10);
  if (n === 0 && kind !== 9) return extend(random, n, into);
  const at = random.below(Math.max(1, n));
  switch (kind) {
    case 0:
    case 1:
      into[at] ^= 1 << random.below(8);
      return n;
    case 2:
      into[at] = random.below(256);
      return n;
    case 3:
      return random.below(n + 1);
    case 4:
      return extend(random, n, into);
    case 5:
    case 6:
      put(into, at, n, 4, words[random.below(words.length)]);
      return n;
    case 7:
      put(into, at, n, 2, halves[random.below(halves.length)]);
      return n;
    case 8:
      return alias(random, at, n, into);
    default:
      return splice(random, n, other, into);
  }
}

function put(into: Uint8Array, at: number, n: number, size: number, value: number): void {
  for (let i = 0; i < size && at + i < n; i++) into[at + i] = value >>> (8 * i);
}

/** A word becomes an offset of this message, or a copy of another word of it. */
function alias(random: Random, at: number, n: number, into: Uint8Array): number {
  if (random.below(2) === 0) put(into, at, n, 4, random.below(n + 2));
  else {
    const from = random.below(n);
    for (let i = 0; i < 4 && at + i < n && from + i < n; i++) into[at + i] = into[from + i];
  }
  return n;
}

function extend(random: Random, n: number, into: Uint8Array): number {
  const more = Math.min(into.length - n, 1 + random.below(32));
  for (let i = 0; i < more; i++) into[n + i] = random.below(256);
  return n + more;
}

/** The beginning of this and the end of the other. */
function splice(random: Random, n: number, other: Uint8Array, into: Uint8Array): number {
  const head = random.below(n + 1);
  const from = random.below(other.length + 1);
  const tail = Math.min(other.length - from, into.length - head);
  for (let i = 0; i < tail; i++) into[head + i] = other[from + i];
  return head + tail;
}
