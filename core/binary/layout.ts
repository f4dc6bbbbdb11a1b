import type { Cell } from "./cell.ts";

/**
 * Bytes that stay: a fixed shape that is looked at where it lies and never decoded, because
 * whoever shares the memory may write at any moment. Everything is packed.
 * INVARIANT: a user reads a field once into a constant, checks the constant and uses it.
 */
export interface Layout<P extends Parts> {
  readonly kind: "layout";
  readonly parts: P;
  /** In bytes. */
  readonly size: number;
  /** The byte offset of every cell, however deep: `Drawable.at.bbox.left`. */
  readonly at: Offsets<P>;
  /** The shape lying at `base`: reading a property reads the memory, setting one writes it. */
  over(view: DataView, base: number): Live<P>;
}

/** n bytes without a meaning here. */
export interface Gap {
  readonly kind: "gap";
  readonly size: number;
}

/** n of the same, one after another. */
export interface Row<T extends Part> {
  readonly kind: "row";
  readonly part: T;
  readonly count: number;
  readonly size: number;
}

// deno-lint-ignore no-explicit-any
export type Part = Cell<any> | Layout<any> | Row<any> | Gap;
export type Parts = Record<string, Part>;

type Offset<T> = T extends Layout<infer P> ? Offsets<P>
  : T extends Row<infer R> ? readonly Offset<R>[]
  : number;
/** Where each part begins; a gap's offset is its first byte. */
export type Offsets<P> = { readonly [K in keyof P]: Offset<P[K]> };

type Lives<T> = T extends Layout<infer P> ? Live<P>
  : T extends Row<infer R> ? Lives<R>[]
  : T extends Cell<infer V> ? V
  : Uint8Array;
/** The memory under names. A gap is a view of its bytes. */
export type Live<P> = { -readonly [K in keyof P]: Lives<P[K]> };

export const reserved = (size: number): Gap => ({ kind: "gap", size });

export const row = <T extends Part>(part: T, count: number): Row<T> => ({
  kind: "row",
  part,
  count,
  size: part.size * count,
});

/** One part behind another, in this order. */
export function layout<const P extends Parts>(parts: P): Layout<P> {
  let size = 0;
  return describe(parts, (part) => {
    const start = size;
    size += part.size;
    return start;
  });
}

/** Parts that share their first byte: C's union. */
export const union = <const P extends Parts>(parts: P): Layout<P> => describe(parts, () => 0);

function describe<P extends Parts>(parts: P, place: (part: Part) => number): Layout<P> {
  const starts = Object.keys(parts).map((name) => [name, parts[name], place(parts[name])] as const);
  const offsets = (base: number) =>
    Object.fromEntries(starts.map(([name, part, start]) => [name, offsetOf(part, base + start)]));
  const over = (view: DataView, base: number) => {
    const live = {};
    for (const [name, part, start] of starts) show(live, name, part, view, base + start);
    return live as Live<P>;
  };
  return {
    kind: "layout",
    parts,
    size: Math.max(0, ...starts.map(([, part, start]) => start + part.size)),
    at: offsets(0) as Offsets<P>,
    over,
    ...{ offsets },
  };
}

function offsetOf(part: Part, base: number): unknown {
  if ("get" in part || part.kind === "gap") return base;
  if (part.kind === "layout") {
    return (part as unknown as { offsets(base: number): unknown }).offsets(base);
  }
  return Array.from(
    { length: part.count },
    (_, i) => offsetOf(part.part, base + i * part.part.size),
  );
}

/** Puts one part of the memory on an object, under a name. */
function show(on: object, name: string | number, part: Part, view: DataView, at: number): void {
  if ("get" in part) {
    const cell = part;
    Object.defineProperty(on, name, {
      enumerable: true,
      get: () => cell.get(view, at),
      set: (value) => cell.set(view, at, value),
    });
    return;
  }
  Object.defineProperty(on, name, { enumerable: true, value: inside(part, view, at) });
}

function inside(part: Exclude<Part, Cell<unknown>>, view: DataView, at: number): unknown {
  if (part.kind === "gap") return new Uint8Array(view.buffer, view.byteOffset + at, part.size);
  if (part.kind === "layout") return part.over(view, at);
  const items: unknown[] = [];
  for (let i = 0; i < part.count; i++) show(items, i, part.part, view, at + i * part.part.size);
  return items;
}
