import { agentMessages } from "../../core/protocol/agent.ts";

/** Agent messages by name; those of the clipboard as they are without selections. */
export const words = agentMessages({ selection: false, grabSerial: false }).byName;
/** More capabilities than anybody ever had. */
export const MAX_ANNOUNCE_BYTES = 256;
/** With more on its way to the guest, clients wait for their tokens. */
export const AHEAD_BYTES = 1 << 18;
