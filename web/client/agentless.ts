/** Main's bytes without what the guest's agent says: its clipboard is nobody's business but this session's. */
import { Deframer } from "../../core/link/deframer.ts";
import { Base } from "../../core/protocol/base.ts";
import { MINI_DATA_HEADER_BYTES } from "../../core/protocol/header.ts";
import { Main } from "../../core/protocol/main.ts";
import { LIMIT_BYTES } from "./line.ts";

// a list carries messages that come one by one besides
const OMITTED = new Set<number>([Main.server.table.agentData[0], Base.server.list[0]]);

/** Takes bytes with mini headers as they come; what may be seen goes on in whole messages. */
export function agentless(onBytes: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  const deframer = new Deframer({ mini: true, limitBytes: LIMIT_BYTES }, (type, body) => {
    if (OMITTED.has(type)) return;
    const bytes = new Uint8Array(MINI_DATA_HEADER_BYTES + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, type, true);
    view.setUint32(2, body.length, true);
    bytes.set(body, MINI_DATA_HEADER_BYTES);
    onBytes(bytes);
  });
  return (bytes) => deframer.push(bytes);
}
