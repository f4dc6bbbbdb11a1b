import { Reader, Writer } from "./cursor.ts";
import type { Random } from "./random.ts";

// deno-lint-ignore no-explicit-any
export type Fields = Record<string, any>;
export type Counts = Record<string, number>;

/** How one value becomes bytes and back, and what a random one looks like. */
export interface Codec<T> {
  /** Fewest bytes a value takes; bounds a list's count before anything is allocated. */
  readonly min: number;
  /** Bytes of every value, if all take the same; a pointer has none, since its target counts too. */
  readonly size?: number;
  /** fields: the siblings read so far; counts: the lengths among them. */
  read(r: Reader, fields: Fields, counts: Counts): T;
  /** fields: the value this one is part of. */
  write(w: Writer, value: T, fields: Fields): void;
  sample(random: Random, fields: Fields): T;
}

/** The type of a codec's values: `type Rect = Value<typeof Rect>`. */
export type Value<C> = C extends Codec<infer T> ? T : never;

/** A codec that reads a sibling called N; `struct` refuses it where there is none. */
export interface Refers<N extends string> {
  readonly refersTo: N;
}

export const noFields: Fields = Object.freeze({});
export const noCounts: Counts = Object.freeze({});

/** Reads one whole value from bytes; bytes left over are an error unless `rest` is allowed. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, options: { rest?: boolean } = {}): T {
  const r = new Reader(bytes);
  const value = codec.read(r, noFields, noCounts);
  // a pointer's target lies behind the cursor, so only what has one size can be judged
  if (!options.rest && codec.size !== undefined && r.remaining > 0) {
    r.fail(`${r.remaining} bytes too many`);
  }
  return value;
}

/** Writes one value into bytes of its own. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const w = new Writer(codec.size ?? 256);
  w.begin();
  codec.write(w, value, noFields);
  w.finish();
  return w.written();
}
