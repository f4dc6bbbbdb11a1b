/** Sections against a table of keys: which keys there are, what their values mean, and which of several said values holds. */
import { didYouMean, type Place, placeText, type Problems } from "./problems.ts";
import type { Section } from "./readconfig.ts";

/** What a section can say. */
export type KeyTable = Readonly<Record<string, Key<unknown>>>;

/** What one key can say. */
export interface Key<T> {
  /** Throws a RangeError that says what is right. */
  readonly read: (text: string) => T;
  /** Every value holds, not only the last. */
  readonly repeats?: true;
  /** The value is not shown to anybody. */
  readonly secret?: true;
}

/** A key with one value. */
export function key<T>(read: (text: string) => T): Key<T> {
  return { read };
}

/** A key that may stand several times. */
export function repeatedKey<T>(read: (text: string) => T): Key<T> {
  return { read, repeats: true };
}

type ValueOf<K> = K extends Key<infer T> ? T : never;

/** A value and where it was said. */
export interface Given<T> {
  readonly value: T;
  readonly place: Place;
  /** Rises with every value of the section. */
  readonly order: number;
}

/** What the sections of one group and name say together. */
export class Settings<T extends KeyTable> {
  readonly #given = new Map<string, Given<unknown>[]>();
  /** The first of the sections; null: there is none. */
  readonly place: Place | null;
  /** What the section calls itself; null: it has no name. */
  readonly id: string | null;

  constructor(sections: readonly Section[], table: T, problems: Problems) {
    this.place = sections.at(0)?.place ?? null;
    this.id = sections.at(0)?.id ?? null;
    let order = 0;
    for (const section of sections) {
      const here = new Map<string, Place>();
      for (const { key: name, value, place } of section.entries) {
        const known = Object.hasOwn(table, name) ? table[name] : undefined;
        if (known === undefined) {
          const hint = didYouMean(name, Object.keys(table));
          problems.error(place, `[${section.group}] has no key "${name}"${hint}`);
          continue;
        }
        const before = here.get(name);
        if (before !== undefined && !known.repeats) {
          problems.warn(
            place,
            `"${name}" stands again; the one at ${placeText(before)} is dropped`,
          );
        }
        here.set(name, place);
        try {
          const given = { value: known.read(value), place, order: order++ };
          this.#given.set(name, known.repeats ? [...this.#all(name), given] : [given]);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          problems.error(place, `${name}: ${error.message}`);
        }
      }
    }
  }

  /** The value that holds; undefined: nothing was said. */
  get<K extends keyof T & string>(name: K): ValueOf<T[K]> | undefined {
    return this.#all(name).at(-1)?.value as ValueOf<T[K]> | undefined;
  }

  /** Every value of a key that repeats, in the order of the files. */
  all<K extends keyof T & string>(name: K): readonly Given<ValueOf<T[K]>>[] {
    return this.#all(name) as Given<ValueOf<T[K]>>[];
  }

  /** Where the value that holds was said, or else the section. */
  placeOf(name: keyof T & string): Place | null {
    return this.#all(name).at(-1)?.place ?? this.place;
  }

  /** Warns about every key that was said although it has no effect. */
  unused(names: readonly (keyof T & string)[], why: string, problems: Problems): void {
    for (const name of names) {
      if (this.#given.has(name)) problems.warn(this.placeOf(name), `${name} has no effect: ${why}`);
    }
  }

  #all(name: string): readonly Given<unknown>[] {
    return this.#given.get(name) ?? [];
  }
}
