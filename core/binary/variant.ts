import type { Cell } from "./cell.ts";
import type { Codec, Fields } from "./codec.ts";
import { type Checked, type Shape, struct, type StructValue } from "./struct.ts";

type Tags<H, T extends keyof H> = H[T] extends Cell<infer N> ? N & string : never;
type Simplify<T> = { [K in keyof T]: T[K] };

/** A union: the head's fields, the tag as one name, and that name's arm. */
export type VariantValue<H, T extends keyof H, A> = {
  [K in keyof A]: Simplify<{ [_ in T]: K } & Omit<StructValue<H>, T> & StructValue<A[K]>>;
}[keyof A];

/** A head whose tag picks the fields that follow. A tag without an arm is an error. */
export function variant<
  const H extends Shape,
  const T extends keyof H & string,
  const A extends { [K in Tags<H, T>]?: Shape },
>(
  name: string,
  head: H & Checked<H>,
  tag: T,
  arms: A & { [K in keyof A]: Checked<A[K]> },
): Codec<VariantValue<H, T, A>> {
  const first = struct(name, head as never) as unknown as Codec<Fields>;
  const bodies = new Map<string, Codec<Fields>>();
  for (const key in arms) {
    bodies.set(key, struct(`${name}.${key}`, arms[key] as never) as unknown as Codec<Fields>);
  }
  const armOf = (key: string) => bodies.get(key);
  const keys = [...bodies.keys()];
  return {
    min: first.min + Math.min(...[...bodies.values()].map((b) => b.min)),
    read(r, _, counts) {
      const value = first.read(r, _, counts);
      const arm = armOf(value[tag]) ?? r.fail(`${tag} ${value[tag]} may not stand here`);
      // the head's names keep their places, so that all of one arm have one shape
      return Object.assign(value, arm.read(r, value, counts)) as never;
    },
    write(w, value: Fields, fields) {
      const arm = armOf(value[tag]);
      if (!arm) throw new TypeError(`Cannot write ${name}: ${tag} is ${value[tag]}`);
      first.write(w, value, fields);
      arm.write(w, value, fields);
    },
    sample(random, fields) {
      const value = first.sample(random, fields);
      value[tag] = keys[random.below(keys.length)];
      return Object.assign(value, armOf(value[tag])!.sample(random, value)) as never;
    },
  };
}
