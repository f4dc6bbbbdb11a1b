/** Messages as files: what real programs said, kept for tests. See tests/data/wire/README.md. */
import { bytes, list } from "../../core/binary/bytes.ts";
import { enumOf, u16, u32, u8 } from "../../core/binary/cell.ts";
import { decode, encode, type Value } from "../../core/binary/codec.ts";
import { lengthOf, struct } from "../../core/binary/struct.ts";
import type { Message } from "../../core/protocol/channel.ts";
import { channelById } from "../../core/protocol/channels.ts";

/** One message: on which channel, whose, its number and its body. */
export const WireRecord = struct("WireRecord", {
  channel: u8,
  from: enumOf(u8, { client: 0, server: 1 }),
  type: u16,
  size: lengthOf(u32, "body"),
  body: bytes("size"),
});
export type WireRecord = Value<typeof WireRecord>;

const WireRecords = list(u32, WireRecord);

export const readRecords = (file: URL): WireRecord[] =>
  decode(WireRecords, Deno.readFileSync(file));

export const writeRecords = (file: URL, records: WireRecord[]): void =>
  Deno.writeFileSync(file, encode(WireRecords, records));

/** The description of a recorded message. */
export function messageOf({ channel, from, type }: WireRecord): Message {
  const message = channelById.get(channel)?.[from].byId.get(type);
  if (!message) throw new Error(`no message ${type} from the ${from} on channel ${channel}`);
  return message;
}

/** "display.server.drawCopy" */
export const nameOf = (record: WireRecord): string =>
  `${channelById.get(record.channel)!.name}.${record.from}.${messageOf(record).name}`;
