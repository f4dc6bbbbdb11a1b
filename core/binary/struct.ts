import type { Cell } from "./cell.ts";
import { type Codec, type Counts, type Fields, noCounts, type Refers } from "./codec.ts";
import type { Reader } from "./cursor.ts";
import { WireError } from "./error.ts";

/** A count that is derived when writing and vanishes from the value. */
export interface Length<N extends string> extends Refers<N> {
  readonly hidden: true;
  readonly cell: Cell<number>;
  readonly adjust: number;
}

/** A field that is there only when a sibling's flag says so. */
export interface Optional<T> extends Codec<T | undefined> {
  readonly optional: true;
}

/**
 * The number of items of a sibling; `adjust` is added when written (a terminating NUL: 1).
 * A sibling that is null counts 0.
 */
export function lengthOf<const N extends string>(
  cell: Cell<number>,
  field: N,
  adjust = 0,
): Length<N> {
  return { hidden: true, refersTo: field, cell, adjust };
}

function gated<T, const N extends string>(
  flags: N,
  wanted: (value: number) => boolean,
  codec: Codec<T>,
): Optional<T> & Refers<N> {
  return {
    optional: true,
    refersTo: flags,
    min: 0,
    read: (r, fields, counts) => wanted(fields[flags]) ? codec.read(r, fields, counts) : undefined,
    write(w, value, fields) {
      if (!wanted(fields[flags])) return;
      if (value === undefined) throw new TypeError(`${flags} promises a field that is missing`);
      codec.write(w, value, fields);
    },
    sample: (random, fields) => wanted(fields[flags]) ? codec.sample(random, fields) : undefined,
  };
}

/** Present when the sibling has this flag. */
export function when<T, const N extends string>(
  flags: N,
  flag: number,
  codec: Codec<T>,
): Optional<T> & Refers<N> {
  return gated(flags, (value) => (value & flag) !== 0, codec);
}

/** Present when the sibling has this flag not. */
export function unless<T, const N extends string>(
  flags: N,
  flag: number,
  codec: Codec<T>,
): Optional<T> & Refers<N> {
  return gated(flags, (value) => (value & flag) === 0, codec);
}

// deno-lint-ignore no-explicit-any
export type Shape = Record<string, Codec<any> | Length<string>>;

type HiddenKeys<F> = { [K in keyof F]: F[K] extends Length<string> ? K : never }[keyof F];
type OptionalKeys<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F];
type Plain<F, K extends keyof F> = F[K] extends Codec<infer T> ? T : never;
type Simplify<T> = { [K in keyof T]: T[K] };

/** What a shape's fields make together: lengths gone, gated fields optional. */
export type StructValue<F> = Simplify<
  & { [K in Exclude<keyof F, HiddenKeys<F> | OptionalKeys<F>>]: Plain<F, K> }
  & { [K in OptionalKeys<F>]?: Exclude<Plain<F, K>, undefined> }
>;

/** Refuses, at compile time, a field that refers to a sibling which is not there. */
export type Checked<F> = {
  [K in keyof F]: F[K] extends Refers<infer N> ? N extends keyof F ? F[K]
    : { error: `there is no sibling called ${N}` }
    : F[K];
};

export interface Struct<F extends Shape> extends Codec<StructValue<F>> {
  readonly name: string;
  readonly shape: F;
}

// deno-lint-ignore no-explicit-any
const isLength = (c: Codec<any> | Length<string>): c is Length<string> => "hidden" in c;

/** One field after another, in this order. */
export function struct<const F extends Shape>(name: string, shape: F & Checked<F>): Struct<F> {
  const fields = Object.keys(shape);
  const codecs = fields.map((field) => {
    // deno-lint-ignore no-explicit-any
    const codec = (shape as Shape)[field] as Codec<any> | Length<string>;
    return isLength(codec) ? lengthCodec(codec) : codec;
  });
  const hidden = fields.map((field) => isLength((shape as Shape)[field]));
  const hasCounts = hidden.some((h) => h);
  const template: Fields = {};
  fields.forEach((field, i) =>
    hidden[i] || "optional" in codecs[i] || (template[field] = undefined)
  );
  const sizes = codecs.map((c) => c.size);
  const size = sizes.every((s) => s !== undefined) ? sizes.reduce((a, b) => a + b, 0) : undefined;

  return {
    name,
    shape,
    size,
    min: codecs.reduce((sum, c) => sum + c.min, 0),
    read(r: Reader) {
      const out: Fields = { ...template };
      const counts: Counts = hasCounts ? {} : noCounts;
      let i = 0;
      try {
        for (; i < codecs.length; i++) {
          const value = codecs[i].read(r, out, counts);
          if (hidden[i]) counts[fields[i]] = value;
          else if (value !== undefined) out[fields[i]] = value;
        }
      } catch (error) {
        throw error instanceof WireError ? error.under(fields[i]) : error;
      }
      return out as StructValue<F>;
    },
    write(w, value: Fields) {
      for (let i = 0; i < codecs.length; i++) codecs[i].write(w, value[fields[i]], value);
    },
    sample(random) {
      const out: Fields = {};
      for (let i = 0; i < codecs.length; i++) {
        if (hidden[i]) continue;
        const value = codecs[i].sample(random, out);
        if (value !== undefined) out[fields[i]] = value;
      }
      return out as StructValue<F>;
    },
  };
}

function lengthCodec(length: Length<string>): Codec<number> {
  const { cell, refersTo, adjust } = length;
  return {
    size: cell.size,
    min: cell.size,
    read: cell.read,
    write: (w, _, fields) => {
      const items = fields[refersTo];
      cell.write(w, items === null ? 0 : items.length + adjust, fields);
    },
    sample: () => 0,
  };
}
