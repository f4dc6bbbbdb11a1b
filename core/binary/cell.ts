import type { Codec } from "./codec.ts";
import type { Reader, Writer } from "./cursor.ts";
import { WireError } from "./error.ts";
import type { Random } from "./random.ts";

/**
 * One value of fixed size: read in passing (`read`, `write`) or in place (`get`, `set`).
 * `get` throws WireError, counted from the view's first byte, for bytes that mean nothing.
 */
export interface Cell<T> extends Codec<T> {
  readonly size: number;
  get(view: DataView, at: number): T;
  set(view: DataView, at: number, value: T): void;
}

/** Whether a codec can be read in place. */
export const isCell = <T>(codec: Codec<T>): codec is Cell<T> => "get" in codec;

/** Makes a cell of the two ways between its bytes and its value. */
export function cell<T>(
  size: number,
  get: (view: DataView, at: number) => T,
  set: (view: DataView, at: number, value: T) => void,
  sample: (random: Random) => T,
): Cell<T> {
  return {
    size,
    min: size,
    get,
    set,
    read: (r: Reader) => get(r.view, r.take(size)),
    write: (w: Writer, value: T) => {
      const at = w.take(size);
      set(w.view, at, value);
    },
    sample,
  };
}

/** Small numbers, edges and anything, about equally often. */
function whole(min: number, max: number) {
  const edges = [0, 1, min, max, max - 1, Math.floor(max / 2) + 1];
  return (random: Random) => {
    const kind = random.below(4);
    if (kind === 0) return edges[random.below(edges.length)];
    if (kind === 1) return Math.min(max, random.below(64));
    return min + random.below(max - min + 1);
  };
}

const big = (random: Random, signed: boolean) => {
  const value = BigInt(random.below(2 ** 32)) << 32n | BigInt(random.below(2 ** 32));
  return random.below(3) === 0 ? value & 0xffn : signed ? BigInt.asIntN(64, value) : value;
};

export const u8: Cell<number> = cell(
  1,
  (v, at) => v.getUint8(at),
  (v, at, x) => v.setUint8(at, x),
  whole(0, 0xff),
);
export const i8: Cell<number> = cell(
  1,
  (v, at) => v.getInt8(at),
  (v, at, x) => v.setInt8(at, x),
  whole(-0x80, 0x7f),
);

function numbers(little: boolean) {
  return {
    u16: cell<number>(
      2,
      (v, at) => v.getUint16(at, little),
      (v, at, x) => v.setUint16(at, x, little),
      whole(0, 0xffff),
    ),
    i16: cell<number>(
      2,
      (v, at) => v.getInt16(at, little),
      (v, at, x) => v.setInt16(at, x, little),
      whole(-0x8000, 0x7fff),
    ),
    u32: cell<number>(
      4,
      (v, at) => v.getUint32(at, little),
      (v, at, x) => v.setUint32(at, x, little),
      whole(0, 0xffffffff),
    ),
    i32: cell<number>(
      4,
      (v, at) => v.getInt32(at, little),
      (v, at, x) => v.setInt32(at, x, little),
      whole(-0x80000000, 0x7fffffff),
    ),
    u64: cell<bigint>(
      8,
      (v, at) => v.getBigUint64(at, little),
      (v, at, x) => v.setBigUint64(at, x, little),
      (random) => big(random, false),
    ),
    i64: cell<bigint>(
      8,
      (v, at) => v.getBigInt64(at, little),
      (v, at, x) => v.setBigInt64(at, x, little),
      (random) => big(random, true),
    ),
  };
}

/** Little-endian, as SPICE has them. */
export const { u16, i16, u32, i32, u64, i64 } = numbers(true);
/** Network order, as RFB and the card reader's socket have them. */
export const be = numbers(false);

/** The same cell whose samples stay below a limit: for fields that a `bytesBy` multiplies. */
export function small<C extends Cell<number>>(base: C, limit: number): C {
  return { ...base, sample: (random: Random) => random.below(limit) };
}

/** Fixed point with 4 fractional bits in an i32; the value is the real number. */
export const fixed28_4: Cell<number> = cell(
  4,
  (v, at) => v.getInt32(at, true) / 16,
  (v, at, x) => v.setInt32(at, Math.round(x * 16), true),
  (random) => (random.below(0x20000) - 0x10000) / 16,
);

/** A number that stands for a name: `values` says which, `number` is the bare cell. */
export interface Enum<M extends Record<string, number>> extends Cell<keyof M & string> {
  readonly values: M;
  readonly number: Cell<number>;
}

/**
 * A number that stands for a name. A number without a name is an error, with what was seen, or reads as
 * `otherwise`: where a newer peer may know more names and nothing depends on it.
 */
export function enumOf<const M extends Record<string, number>>(
  base: Cell<number>,
  members: M,
  otherwise?: keyof M & string,
): Enum<M> {
  type Name = keyof M & string;
  const names = new Map<number, Name>();
  for (const name in members) names.set(members[name], name as Name);
  const numbers = new Map<string, number>(Object.entries(members));
  const all = [...names.values()];
  const unknown = (n: number) => `${n} is none of ${all.join(", ")}`;
  return {
    ...cell<Name>(
      base.size,
      (view, at) => {
        const n = base.get(view, at);
        const name = names.get(n) ?? otherwise;
        if (name === undefined) throw new WireError(unknown(n), at);
        return name;
      },
      (view, at, name) => {
        const n = numbers.get(name);
        if (n === undefined) throw new TypeError(`"${name}" is none of ${all.join(", ")}`);
        base.set(view, at, n);
      },
      (random) => all[random.below(all.length)],
    ),
    read: (r) => {
      const at = r.take(base.size);
      const n = base.get(r.view, at);
      const name = names.get(n) ?? otherwise;
      if (name === undefined) throw new WireError(unknown(n), at - r.start);
      return name;
    },
    values: members,
    number: base,
  };
}

/** A number whose bits have names: `flagsOf(u8, { cacheMe: 0 }).cacheMe === 1`. Unknown bits are kept. */
export function flagsOf<const M extends Record<string, number>>(
  base: Cell<number>,
  bits: M,
): Cell<number> & { readonly [K in keyof M]: number } {
  const masks: Record<string, number> = {};
  for (const name in bits) masks[name] = 2 ** bits[name];
  const all = Object.values(masks);
  const sample = (random: Random) =>
    all.reduce((sum, mask) => random.below(3) === 0 ? sum + mask : sum, 0);
  return { ...base, sample, ...masks as { [K in keyof M]: number } };
}
