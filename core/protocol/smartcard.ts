import { bytes, rest, restOf } from "../binary/bytes.ts";
import { be, type Cell, enumOf, u32 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { lengthOf, struct } from "../binary/struct.ts";
import { channel } from "./channel.ts";

const types = {
  init: 1,
  error: 2,
  readerAdd: 3,
  readerRemove: 4,
  atr: 5,
  cardRemove: 6,
  apdu: 7,
  flush: 8,
  flushComplete: 9,
} as const;

/** vscard_common.h: VSCErrorCode */
export const VscError = {
  success: 0,
  generalError: 1,
  cannotAddMoreReaders: 2,
  cardAlreadyInserted: 3,
} as const;
/** vscard_common.h: "VSCD" as a little-endian number. */
export const VSCARD_MAGIC = 0x44435356;
/** vscard_common.h: VSCARD_VERSION, 0.0.2 */
export const VSCARD_VERSION = 2;
/** vscard_common.h: VSCARD_UNDEFINED_READER_ID */
export const UNDEFINED_READER = 0xffffffff;

/** A card reader's message and the bodies it may carry, in one byte order. */
function vscard(word: Cell<number>) {
  const type = enumOf(word, types);
  const none = struct("Nothing", {});
  const raw = { data: rest };
  return {
    /** vscard_common.h: VSCMsgHeader and its data. */
    message: struct("VscMessage", {
      type,
      readerId: word,
      length: lengthOf(word, "data"),
      data: bytes("length"),
    }),
    /** vscard_common.h: VSCMsgHeader alone: 12 bytes. length: bytes that follow. */
    header: struct("VscMessageHeader", { type, readerId: word, length: word }),
    /** What data holds, by type. */
    bodies: {
      // SPEC: the magic is four letters, so no byte order changes it
      init: struct("VscInit", { magic: u32, version: word, capabilities: restOf(word) }),
      error: struct("VscError", { code: word }),
      /** The reader's name in UTF-8, with or without a NUL. */
      readerAdd: struct("VscReaderAdd", { name: rest }),
      readerRemove: none,
      atr: struct("VscAtr", raw),
      cardRemove: none,
      apdu: struct("VscApdu", raw),
      flush: none,
      flushComplete: none,
    },
  } as const;
}

/** On the SPICE channel: little-endian. */
export const vsc = vscard(u32);
/** On the card reader's character device (QEMU's ccid-card-passthru): network order. */
export const vscDevice = vscard(be.u32);

export type VscMessage = Value<typeof vsc.message>;

/** spice.proto: channel SmartcardChannel */
export const Smartcard = channel({
  name: "smartcard",
  id: 8,
  server: { data: [101, vsc.message] },
  client: { data: [101, vsc.message] },
});
