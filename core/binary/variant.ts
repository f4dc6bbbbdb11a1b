import type { Cell, Enum } from "./cell.ts";
import type { Codec, Fields } from "./codec.ts";
import { type Checked, type Shape, struct, type StructValue } from "./struct.ts";

type Tags<H, T extends keyof H> = H[T] extends Cell<infer N> ? N & string : never;
type Simplify<T> = { [K in keyof T]: T[K] };

/** A union: the head's fields, the tag as one name, and that name's arm. */
export type VariantValue<H, T extends keyof H, A> = {
  [K in keyof A]: Simplify<{ [_ in T]: K } & Omit<StructValue<H>, T> & StructValue<A[K]>>;
}[keyof A];

/** A union's description, to be read by others than the codec: tests, generators, documentation. */
export interface Variant<H extends Shape, T extends keyof H, A>
  extends Codec<VariantValue<H, T, A>> {
  readonly name: string;
  readonly head: H;
  readonly tag: T;
  readonly arms: A;
}

/**
 * A head whose tag picks the fields that follow. A tag without an arm is an error.
 * The tag is an `enumOf`, and what stands before it has a fixed size.
 */
export function variant<
  const H extends Shape,
  const T extends keyof H & string,
  const A extends { [K in Tags<H, T>]?: Shape },
>(
  name: string,
  head: H & Checked<H>,
  tag: T,
  arms: A & { [K in keyof A]: Checked<A[K]> },
): Variant<H, T, A> {
  const enumeration = (head as Shape)[tag] as unknown as Enum<Record<string, number>>;
  const { number } = enumeration;
  const tagAt = sizeBefore(head as Shape, tag);
  const first = plain(name, head);
  // head and arm are one struct for each tag, so that all values of one arm have one hidden class
  const byName = new Map<string, Codec<Fields>>();
  const byNumber = new Map<number, Codec<Fields>>();
  for (const key in arms) {
    const whole = plain(name, {
      ...head,
      [tag]: { ...enumeration, sample: () => key },
      ...arms[key] as Shape,
    });
    byName.set(key, whole);
    byNumber.set(enumeration.values[key], whole);
  }
  const all = [...byName.values()];
  return {
    name,
    head,
    tag,
    arms,
    min: Math.min(...all.map(({ min }) => min)),
    read(r, fields, counts) {
      const arm = tagAt + number.size <= r.remaining
        ? byNumber.get(number.get(r.view, r.at + tagAt))
        : undefined;
      if (arm === undefined) {
        const { [tag]: seen } = first.read(r, fields, counts);
        return r.fail(`${tag} ${seen} may not stand here`);
      }
      return arm.read(r, fields, counts) as never;
    },
    write(w, value: Fields, fields) {
      const arm = byName.get(value[tag]);
      if (!arm) throw new TypeError(`Cannot write ${name}: ${tag} is ${value[tag]}`);
      arm.write(w, value, fields);
    },
    sample: (random, fields) => all[random.below(all.length)].sample(random, fields) as never,
  };
}

const plain = (name: string, shape: object) =>
  struct(name, shape as never) as unknown as Codec<Fields>;

function sizeBefore(head: Shape, tag: string): number {
  let sum = 0;
  for (const field in head) {
    if (field === tag) break;
    const described = head[field];
    const { size } = "hidden" in described ? described.cell : described;
    if (size === undefined) throw new TypeError(`${field} before ${tag} has no fixed size`);
    sum += size;
  }
  return sum;
}
