import type { Cell } from "./cell.ts";
import { type Codec, type Counts, type Fields, noCounts, type Refers } from "./codec.ts";
import { WireError } from "./error.ts";
import { runsOf, type Step, stepsOf } from "./steps.ts";

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

/** Present or not by what both ends agreed on before: a capability. */
export function given<T>(present: boolean, codec: Codec<T>): Optional<T> {
  return {
    optional: true,
    min: present ? codec.min : 0,
    read: (r, fields, counts) => present ? codec.read(r, fields, counts) : undefined,
    write(w, value, fields) {
      if (!present) return;
      if (value === undefined) throw new TypeError("a field is missing that both ends agreed on");
      codec.write(w, value, fields);
    },
    sample: (random, fields) => present ? codec.sample(random, fields) : undefined,
  };
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

/** One field after another, in this order. A struct of cells alone is a cell itself. */
export function struct<const F extends Shape>(name: string, shape: F & Checked<F>): Struct<F> {
  const steps = stepsOf(shape);
  const runs = runsOf(steps);
  const hasCounts = steps.some((step) => step.length !== null);
  // copied from one template, all values of a struct have one hidden class; assign is 3× as fast as spread
  const template: Fields = {};
  for (const { name, length, codec } of steps) {
    if (length === null && !("optional" in codec)) template[name] = undefined;
  }
  const sizes = steps.map(({ codec }) => codec.size);
  const size = sizes.every((s) => s !== undefined) ? sizes.reduce((a, b) => a + b, 0) : undefined;

  const codec: Struct<F> = {
    name,
    shape,
    size,
    min: steps.reduce((sum, { codec }) => sum + codec.min, 0),
    read(r) {
      const out: Fields = Object.assign({}, template);
      const counts: Counts = hasCounts ? {} : noCounts;
      let i = 0;
      let inPlace = false;
      try {
        while (i < steps.length) {
          const run = runs[i];
          if (run !== null && run.size <= r.remaining) {
            const at = r.take(run.size);
            const view = r.view;
            inPlace = true;
            for (; i < run.end; i++) {
              const step = steps[i];
              const value = step.cell!.get(view, at + step.offset);
              if (step.length === null) out[step.name] = value;
              else counts[step.name] = value;
            }
            inPlace = false;
          } else {
            const step = steps[i];
            const value = step.codec.read(r, out, counts);
            if (step.length !== null) counts[step.name] = value;
            else if (value !== undefined) out[step.name] = value;
            i++;
          }
        }
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        throw (inPlace ? error.countedFrom(r.start) : error).under(steps[i].name);
      }
      return out as StructValue<F>;
    },
    write(w, value: Fields) {
      let i = 0;
      while (i < steps.length) {
        const run = runs[i];
        if (run !== null) {
          const at = w.take(run.size);
          const view = w.view;
          for (; i < run.end; i++) {
            const step = steps[i];
            step.cell!.set(
              view,
              at + step.offset,
              step.length === null ? value[step.name] : countOf(step.length, value),
            );
          }
        } else {
          const step = steps[i++];
          step.codec.write(w, value[step.name], value);
        }
      }
    },
    sample(random) {
      const out: Fields = {};
      for (const { name, codec, length } of steps) {
        if (length !== null) continue;
        const value = codec.sample(random, out);
        if (value !== undefined) out[name] = value;
      }
      return out as StructValue<F>;
    },
  };
  const allCells = steps.every(({ cell, length }) => cell !== null && length === null);
  return allCells ? Object.assign(codec, inPlace(steps, template)) : codec;
}

/** `get` and `set` of a struct that has cells alone. */
function inPlace(steps: Step[], template: Fields) {
  return {
    get(view: DataView, at: number) {
      const out: Fields = Object.assign({}, template);
      let i = 0;
      try {
        for (; i < steps.length; i++) {
          const step = steps[i];
          out[step.name] = step.cell!.get(view, at + step.offset);
        }
      } catch (error) {
        throw error instanceof WireError ? error.under(steps[i].name) : error;
      }
      return out;
    },
    set(view: DataView, at: number, value: Fields) {
      for (let i = 0; i < steps.length; i++) {
        const step = steps[i];
        step.cell!.set(view, at + step.offset, value[step.name]);
      }
    },
  };
}

function countOf({ refersTo, adjust }: Length<string>, fields: Fields): number {
  const items = fields[refersTo];
  return items == null ? 0 : items.length + adjust;
}
