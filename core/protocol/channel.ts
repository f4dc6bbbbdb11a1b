import type { Codec, Fields } from "../binary/codec.ts";
import { type Checked, type Shape, struct, type StructValue } from "../binary/struct.ts";
import { Base } from "./base.ts";

/** A message: its number, and its fields or the codec of its whole body. */
// deno-lint-ignore no-explicit-any
export type Entry = readonly [id: number, body: Shape | Codec<any>];
export type Table = Record<string, Entry>;

/** The value that a message carries. */
export type BodyOf<E> = E extends readonly [number, infer B]
  ? B extends Codec<infer T> ? T : B extends Shape ? StructValue<B> : never
  : never;

type CheckedTable<T> = {
  [K in keyof T]: T[K] extends readonly [infer I, infer B]
    // deno-lint-ignore no-explicit-any
    ? readonly [I, B extends Codec<any> ? B : Checked<B>]
    : T[K];
};

/** One message of one direction, ready to read and write. */
export interface Message {
  readonly id: number;
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly codec: Codec<any>;
}

/** All messages that one side of a channel may send: by name and by number, the base messages included. */
export interface Direction<T extends Table> {
  readonly table: T;
  readonly byName: { readonly [K in keyof T]: Message };
  readonly byId: ReadonlyMap<number, Message>;
}

export interface Channel<C extends Table = Table, S extends Table = Table> {
  /** The channel's name in spice.proto and in `tls-channel`. */
  readonly name: string;
  /** The channel's type number in the link message. */
  readonly id: number;
  readonly client: Direction<C & typeof Base.client>;
  readonly server: Direction<S & typeof Base.server>;
}

/** An answer for each message of a direction: forgetting one does not compile. */
export type Answers<T extends Table> = { [K in keyof T]: (body: BodyOf<T[K]>) => void };

/** A method for each message of a direction, which sends it. Messages without fields need no argument. */
export type Sender<T extends Table> = {
  [K in keyof T]: keyof BodyOf<T[K]> extends never ? (body?: BodyOf<T[K]>) => void
    : (body: BodyOf<T[K]>) => void;
};

// deno-lint-ignore no-explicit-any
const isCodec = (body: Shape | Codec<any>): body is Codec<any> =>
  typeof (body as Fields).read === "function";

/** Makes a table of messages readable and writable; `channel` names it in errors. */
export function direction<const T extends Table>(channel: string, table: T): Direction<T> {
  const byName: Record<string, Message> = {};
  const byId = new Map<number, Message>();
  for (const [name, [id, body]] of Object.entries(table)) {
    const codec = isCodec(body) ? body : struct(`${channel}.${name}`, body as never);
    if (byId.has(id)) throw new TypeError(`${channel} has message ${id} twice`);
    byId.set(id, byName[name] = { id, name, codec });
  }
  return { table, byName: byName as { [K in keyof T]: Message }, byId };
}

/** Describes a channel; what every channel has (`base.ts`) is added. */
export function channel<const C extends Table, const S extends Table>(
  description: {
    name: string;
    id: number;
    client: C & CheckedTable<C>;
    server: S & CheckedTable<S>;
  },
): Channel<C, S> {
  const { name, id, client, server } = description;
  return {
    name,
    id,
    client: direction(`${name}.client`, { ...Base.client, ...client as C }),
    server: direction(`${name}.server`, { ...Base.server, ...server as S }),
  };
}
