import { type Cell, isCell } from "./cell.ts";
import type { Codec, Counts, Fields, Refers } from "./codec.ts";
import type { Reader, Writer } from "./cursor.ts";
import { WireError } from "./error.ts";
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
    write: (w, value, fields) => putExactly(w, value, rule(fields)),
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
    write: (w, value) => putExactly(w, value, n),
    sample: (random) => randomBytes(random, n),
  };
}

function putExactly(w: Writer, value: Uint8Array, n: number): void {
  if (value.length !== n) {
    throw new RangeError(`Cannot write ${value.length} bytes where ${n} belong`);
  }
  w.put(value);
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

type Rule = (siblings: Fields) => number;

/** n of the same: n is a count in front, a sibling's name, a number, or a rule made of the siblings. */
export function list<T, const N extends string>(count: N, item: Codec<T>): Codec<T[]> & Refers<N>;
export function list<T>(count: Cell<number> | number | Rule, item: Codec<T>): Codec<T[]>;
export function list<T>(
  count: Cell<number> | string | number | Rule,
  item: Codec<T>,
): Codec<T[]> {
  const length = lengthBy(count);
  const known = typeof count === "number"
    ? () => count
    : typeof count === "function"
    ? count
    : undefined;
  return {
    ...typeof count === "string" ? { refersTo: count } : {},
    min: typeof count === "object" ? count.min : typeof count === "number" ? count * item.min : 0,
    read(r, fields, counts) {
      const n = length(r, fields, counts);
      r.expect(n, item.min);
      return readItems(r, n, item, fields, counts);
    },
    write(w, value, fields) {
      if (typeof count === "object") count.write(w, value.length, fields);
      if (known !== undefined && value.length !== known(fields)) {
        throw new RangeError(`Cannot write ${value.length} items where ${known(fields)} belong`);
      }
      for (let i = 0; i < value.length; i++) item.write(w, value[i], fields);
    },
    sample: (random, fields) =>
      Array.from(
        { length: known === undefined ? random.below(4) : known(fields) },
        () => item.sample(random, fields),
      ),
  };
}

/** As many of the same as fill the rest of the message. */
export function restOf<T>(item: Codec<T> & { readonly size: number }): Codec<T[]> {
  return {
    min: 0,
    read(r, fields, counts) {
      const n = r.remaining / item.size;
      if (!Number.isInteger(n)) r.fail(`${r.remaining} bytes are no whole number of items`);
      return readItems(r, n, item, fields, counts);
    },
    write(w, value, fields) {
      for (let i = 0; i < value.length; i++) item.write(w, value[i], fields);
    },
    sample: (random, fields) =>
      Array.from({ length: random.below(4) }, () => item.sample(random, fields)),
  };
}

function lengthBy(count: Cell<number> | string | number | Rule) {
  switch (typeof count) {
    case "string":
      return (_: Reader, __: Fields, counts: Counts) => counts[count];
    case "number":
      return () => count;
    case "function":
      return (_: Reader, fields: Fields) => count(fields);
    default:
      return count.read;
  }
}

function readItems<T>(r: Reader, n: number, item: Codec<T>, fields: Fields, counts: Counts): T[] {
  const all = new Array<T>(n);
  const cell = isCell(item);
  let i = 0;
  try {
    if (cell) {
      const { size } = item;
      const at = r.take(n * size);
      for (; i < n; i++) all[i] = item.get(r.view, at + i * size);
    } else {
      for (; i < n; i++) all[i] = item.read(r, fields, counts);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw (cell ? error.countedFrom(r.start) : error).under(`[${i}]`);
  }
  return all;
}
