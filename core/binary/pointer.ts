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
    min: 4,
    read(r, fields, counts) {
      const offset = u32.get(r.view, r.take(4));
      if (offset === 0) return null;
      const back = r.enter(offset);
      const value = target.read(r, fields, counts);
      r.leave(back);
      return value;
    },
    write(w, value, fields) {
      if (value === null) u32.write(w, 0, fields);
      else w.point(target, value, fields);
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
  return {
    ...refersOf(target),
    min: 4,
    read(r, fields, counts) {
      const offset = u32.get(r.view, r.take(4));
      if (offset === 0) r.fail("pointer is null");
      const back = r.enter(offset);
      const value = target.read(r, fields, counts);
      r.leave(back);
      return value;
    },
    write: (w, value, fields) => w.point(target, value, fields),
    sample: (random, fields) => target.sample(random, fields),
  };
}

const refersOf = (target: object): object =>
  "refersTo" in target ? { refersTo: target.refersTo } : {};
