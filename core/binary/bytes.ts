import type { Cell } from "./cell.ts";
import type { Codec, Counts, Fields, Refers } from "./codec.ts";
import { type Random, randomBytes } from "./random.ts";

const someBytes = (random: Random) => randomBytes(random, random.below(24));

/** All that is left of the message. */
export const rest: Codec<Uint8Array> = {
  min: 0,
  read: (r) => r.slice(r.remaining),
  write: (w, value) => w.put(value),
  sample: someBytes,
};

/** As many bytes as the sibling says, which is a `lengthOf` this field. */
export function bytes<const N extends string>(count: N): Codec<Uint8Array> & Refers<N> {
  return {
    refersTo: count,
    min: 0,
    read: (r, _, counts) => r.slice(counts[count]),
    write: (w, value) => w.put(value),
    sample: someBytes,
  };
}

/** As many bytes as a rule makes of the siblings; writing another number is our caller's error. */
export function bytesBy(rule: (siblings: Fields) => number): Codec<Uint8Array> {
  return {
    min: 0,
    read: (r, fields) => {
      const n = rule(fields);
      if (!(n >= 0 && n <= r.remaining)) r.fail(`needs ${n} bytes, ${r.remaining} remain`);
      return r.slice(n);
    },
    write: (w, value, fields) => {
      const n = rule(fields);
      if (value.length !== n) {
        throw new RangeError(`Cannot write ${value.length} bytes where ${n} belong`);
      }
      w.put(value);
    },
    sample: (random, fields) => {
      const n = rule(fields);
      return randomBytes(random, n <= 65536 ? n : 0);
    },
  };
}

/** Exactly n bytes. */
export function bytesOf(n: number): Codec<Uint8Array> & { readonly size: number } {
  return {
    size: n,
    min: n,
    read: (r) => r.slice(n),
    write: (w, value) => {
      if (value.length !== n) {
        throw new RangeError(`Cannot write ${value.length} bytes where ${n} belong`);
      }
      w.put(value);
    },
    sample: (random) => randomBytes(random, n),
  };
}

/** Bytes behind a count of their own. */
export function counted(count: Cell<number>): Codec<Uint8Array> {
  return {
    min: count.min,
    read: (r, fields, counts) => r.slice(count.read(r, fields, counts)),
    write: (w, value, fields) => {
      count.write(w, value.length, fields);
      w.put(value);
    },
    sample: someBytes,
  };
}

/** n of the same: n is a count in front, a sibling's name, or a number. */
export function list<T, const N extends string>(count: N, item: Codec<T>): Codec<T[]> & Refers<N>;
export function list<T>(count: Cell<number> | number, item: Codec<T>): Codec<T[]>;
export function list<T>(count: Cell<number> | string | number, item: Codec<T>): Codec<T[]> {
  const length = typeof count === "string"
    ? (_: unknown, __: Fields, counts: Counts) => counts[count]
    : typeof count === "number"
    ? () => count
    : count.read;
  return {
    ...typeof count === "string" ? { refersTo: count } : {},
    min: typeof count === "object" ? count.min : 0,
    read(r, fields, counts) {
      const n = length(r, fields, counts);
      r.expect(n, item.min);
      const all = new Array<T>(n);
      for (let i = 0; i < n; i++) all[i] = item.read(r, fields, counts);
      return all;
    },
    write(w, value, fields) {
      if (typeof count === "object") count.write(w, value.length, fields);
      if (typeof count === "number" && value.length !== count) {
        throw new RangeError(`Cannot write ${value.length} items where ${count} belong`);
      }
      for (let i = 0; i < value.length; i++) item.write(w, value[i], fields);
    },
    sample: (random, fields) =>
      Array.from(
        { length: typeof count === "number" ? count : random.below(4) },
        () => item.sample(random, fields),
      ),
  };
}
