/** A client's half of the agent protocol, over a main channel in this process. */
import { decode, encode } from "../../core/binary/codec.ts";
import { AgentMessage, agentMessages } from "../../core/protocol/agent.ts";
import type { ClipboardSelection, ClipboardType, GuestClipboard } from "../../core/guest.ts";

/** A message's name and body. */
// deno-lint-ignore no-explicit-any
export type Said = [name: string, body: any];

/** Agent messages of one layout, to bytes and back. */
export function agentWords(layout: { selection: boolean; grabSerial: boolean }) {
  const { byName, byId } = agentMessages(layout);
  return {
    message(name: keyof typeof byName, body: unknown): Uint8Array {
      const { id, codec } = byName[name];
      return encode(AgentMessage, {
        protocol: 1,
        type: id,
        opaque: 0n,
        data: encode(codec, body),
      });
    },
    /** All messages in these bytes, which end with one. */
    read(bytes: Uint8Array): Said[] {
      const said: Said[] = [];
      for (let at = 0; at < bytes.length;) {
        const { type, data } = decode(AgentMessage, bytes.subarray(at), { rest: true });
        at += 20 + data.length;
        const word = byId.get(type);
        said.push([
          word?.name ?? `${type}`,
          word ? decode(word.codec, data, { rest: true }) : data,
        ]);
      }
      return said;
    },
  };
}

/** In pieces as a channel takes them. */
export function* piecesOf(bytes: Uint8Array, most = 2048): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += most) yield bytes.subarray(at, at + most);
}

/** Selections that a test fills and asks. */
export class FakeClipboard implements GuestClipboard {
  /** What somebody outside has, and how to get it. */
  readonly offers = new Map<
    ClipboardSelection,
    { types: readonly ClipboardType[]; fetch: Parameters<GuestClipboard["offer"]>[2] }
  >();
  readonly has = new Map<string, Uint8Array | Promise<Uint8Array | null>>();
  #listeners: Parameters<GuestClipboard["onOffer"]>[0][] = [];

  offer(...[selection, types, fetch]: Parameters<GuestClipboard["offer"]>): void {
    this.offers.set(selection, { types, fetch });
  }
  release(selection: ClipboardSelection): void {
    this.offers.delete(selection);
  }
  async read(selection: ClipboardSelection, type: ClipboardType): Promise<Uint8Array | null> {
    return await this.has.get(`${selection} ${type}`) ?? null;
  }
  onOffer(listener: Parameters<GuestClipboard["onOffer"]>[0]): void {
    this.#listeners.push(listener);
  }
  /** The guest copies, or lets go. */
  own(selection: ClipboardSelection, types: readonly ClipboardType[]): void {
    for (const listener of this.#listeners) listener(selection, types);
  }
}
