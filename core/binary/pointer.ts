import { u32 } from "./cell.ts";
import type { Codec, Refers } from "./codec.ts";

/** A u32 offset from the message's start to a value that lies elsewhere in it; 0 is null. */
export function ptr<T, const N extends string>(
  target: Codec<T> & Refers<N>,
): Codec<T | null> & Refers<N>;
export function ptr<T>(target: Codec<T>): Codec<T | null>;
export function ptr<T>(target: Codec<T>): Codec<T | null> {
  return {
    ...refersOf(target),
    size: 4,
    min: 4,
    read(r, fields, counts) {
      const offset = u32.read(r, fields, counts);
      return offset === 0 ? null : r.within(offset, () => target.read(r, fields, counts));
    },
    write(w, value, fields) {
      if (value === null) u32.write(w, 0, fields);
      else w.defer(() => target.write(w, value, fields));
    },
    sample: (random, fields) => random.below(4) === 0 ? null : target.sample(random, fields),
  };
}

/** A pointer that may not be null: spice.proto's `@nonnull`. */
export function ref<T, const N extends string>(
  target: Codec<T> & Refers<N>,
): Codec<T> & Refers<N>;
export function ref<T>(target: Codec<T>): Codec<T>;
export function ref<T>(target: Codec<T>): Codec<T> {
  const inner = ptr(target);
  return {
    ...refersOf(target),
    size: 4,
    min: 4,
    read: (r, fields, counts) => inner.read(r, fields, counts) ?? r.fail("pointer is null"),
    write: inner.write,
    sample: (random, fields) => target.sample(random, fields),
  };
}

/** As many pointers as the sibling says, each to one item: spice.proto's `@ptr_array`. */
export function ptrList<T, const N extends string>(
  count: N,
  item: Codec<T>,
): Codec<T[]> & Refers<N> {
  const one = ref(item);
  return {
    refersTo: count,
    min: 0,
    read(r, fields, counts) {
      const n = counts[count];
      r.expect(n, 4);
      return Array.from({ length: n }, () => one.read(r, fields, counts));
    },
    write(w, value, fields) {
      for (const v of value) one.write(w, v, fields);
    },
    sample: (random, fields) =>
      Array.from({ length: random.below(4) }, () => item.sample(random, fields)),
  };
}

const refersOf = (target: object): object =>
  "refersTo" in target ? { refersTo: target.refersTo } : {};
