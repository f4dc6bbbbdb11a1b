import { noCounts, noFields } from "../../core/binary/codec.ts";
import { Reader } from "../../core/binary/cursor.ts";
import { Display } from "../../core/protocol/display.ts";

/** A message that a display channel's client was sent. */
export interface Dumped {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  /** With its header. */
  readonly bytes: number;
}

/** The messages of a file that consumer.c wrote with -D: mini headers and bodies, one after another. */
export function dumped(file: Uint8Array): Dumped[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const all: Dumped[] = [];
  for (let at = 0; at + 6 <= file.length;) {
    const id = view.getUint16(at, true), size = view.getUint32(at + 2, true);
    const message = Display.server.byId.get(id);
    if (!message) throw new Error(`message ${id} is not the display channel's`);
    const body = message.codec.read(
      new Reader(file.subarray(at + 6, at + 6 + size)),
      noFields,
      noCounts,
    );
    all.push({ name: message.name, body, bytes: size + 6 });
    at += 6 + size;
  }
  return all;
}
