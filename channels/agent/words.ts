import { agentMessages } from "../../core/protocol/agent.ts";

/** Agent messages by name; those of the clipboard as they are without selections. */
export const words = agentMessages({ selection: false, grabSerial: false }).byName;
/** More capabilities than anybody ever had. */
export const MAX_ANNOUNCE_BYTES = 256;
/** With more on its way to the guest, clients wait for their tokens. */
export const AHEAD_BYTES = 1 << 18;

/** spice-gtk's `max-clipboard` unless told otherwise, and which selection and type it is. */
const MAX_CLIPBOARD_BYTES = (100 << 20) + 8;
/** spice-gtk and spice-html5 send 64 KiB of a file at a time. */
const MAX_FILE_DATA_BYTES = 1 << 20;
/** All others say a few numbers, or name a file. */
const MAX_BYTES = 1 << 16;

/** What a message of this type may have behind its header, whoever says it. */
export function mostBytes(type: number): number {
  switch (type) {
    case words.clipboard.id:
      return MAX_CLIPBOARD_BYTES;
    case words.fileXferData.id:
      return MAX_FILE_DATA_BYTES;
    default:
      return MAX_BYTES;
  }
}
