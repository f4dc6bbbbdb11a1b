/** What a client says first: which pixels it wants, and what else it understands. */
import type { Outgoing } from "./outgoing.ts";
import * as wire from "./wire.ts";

const { Encoding } = wire;

/** From a server on this machine: pixels as they are cost less than packed ones. */
export const nearEncodings: readonly number[] = [
  Encoding.copyRect,
  Encoding.raw,
  Encoding.zrle,
  Encoding.tight,
  Encoding.hextile,
];
/** From another. JPEG is never asked for: what is lost there cannot be had back. */
export const farEncodings: readonly number[] = [
  Encoding.copyRect,
  Encoding.tight,
  Encoding.zrle,
  Encoding.hextile,
  Encoding.raw,
];
const pseudoEncodings = [
  Encoding.desktopSize,
  Encoding.extendedDesktopSize,
  Encoding.lastRect,
  Encoding.desktopName,
  Encoding.alphaCursor,
  Encoding.cursor,
  Encoding.xCursor,
  Encoding.pointerPosition,
  Encoding.vmwareCursorPosition,
  Encoding.pointerType,
  Encoding.extendedKeys,
  Encoding.extendedMouseButtons,
  Encoding.ledState,
  Encoding.extendedClipboard,
];

/** encodings: what pixels may come as, the best first; what else is understood may be among them. */
export function introduce(outgoing: Outgoing, encodings: readonly number[]): void {
  const padding = 0;
  outgoing.say(wire.SetPixelFormat, { type: 0, padding, padding2: 0, pixelFormat: wire.bgrx });
  outgoing.say(wire.SetEncodings, {
    type: 2,
    padding,
    encodings: [...encodings, ...pseudoEncodings],
  });
}
