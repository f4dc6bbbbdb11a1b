/**
 * What stands in front of every message after the link stage, and messages within messages.
 * Source of truth: protocol.h, SpiceDataHeader … SpiceSubMessageList.
 */
import { bytes, list } from "../binary/bytes.ts";
import { u16, u32, u64 } from "../binary/cell.ts";
import { noCounts, noFields, type Value } from "../binary/codec.ts";
import { Reader } from "../binary/cursor.ts";
import { ref } from "../binary/pointer.ts";
import { lengthOf, struct } from "../binary/struct.ts";

/**
 * protocol.h: SpiceDataHeader, 18 bytes. size: bytes of the body that follows;
 * subList: where in the body a `SubMessageList` begins, 0: there is none.
 */
export const DataHeader = struct("DataHeader", { serial: u64, type: u16, size: u32, subList: u32 });
export type DataHeader = Value<typeof DataHeader>;
export const DATA_HEADER_BYTES = 18;

/** protocol.h: SpiceMiniDataHeader, 6 bytes: where both ends have the capability miniHeader. */
export const MiniDataHeader = struct("MiniDataHeader", { type: u16, size: u32 });
export type MiniDataHeader = Value<typeof MiniDataHeader>;
export const MINI_DATA_HEADER_BYTES = 6;

/** protocol.h: SpiceSubMessage and its body, whose own pointers count from the body's start. */
export const SubMessage = struct("SubMessage", {
  type: u16,
  size: lengthOf(u32, "body"),
  body: bytes("size"),
});
export type SubMessage = Value<typeof SubMessage>;

/**
 * protocol.h: SpiceSubMessageList: the body of `list` (message 8), or what a full header's subList
 * points to. Its offsets count from the start of the enclosing message's body.
 */
export const SubMessageList = struct("SubMessageList", {
  subMessages: list(u16, ref(SubMessage)),
});
export type SubMessageList = Value<typeof SubMessageList>;

/**
 * The messages within one message, to be handled in this order and before it.
 * subList is the header's; 0 reads the body of `list`. Throws WireError; bodies are views.
 */
export function subMessages(body: Uint8Array, subList = 0): SubMessage[] {
  const reader = new Reader(body);
  return reader.within(subList, () => SubMessageList.read(reader, noFields, noCounts)).subMessages;
}
