/** The cursor pseudo-encodings become SPICE's alpha cursors. Source of truth: rfbproto.rst; QEMU's vnc_cursor_define. */
import { be } from "../../../core/binary/cell.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import type { Cursor } from "../../../core/protocol/cursor.ts";
import type { Inbox } from "./inbox.ts";
import { Encoding, type RectHead } from "./wire.ts";

/** Larger ones are passed over. */
const MAX_SIDE = 256;

/** Cursors get numbers, by which clients keep them. */
let latest = 0n;

/** No cursor at all. */
export const noCursor: Cursor = { flags: 1, data: new Uint8Array(0) };

/** pixels: b, g, r, a, premultiplied. */
function cursorOf({ x, y, width, height }: RectHead, pixels: Uint8Array): Cursor {
  if (width === 0 || height === 0 || pixels.every((_, i) => (i & 3) !== 3 || pixels[i] === 0)) {
    return noCursor;
  }
  const hotSpotX = Math.min(x, width - 1), hotSpotY = Math.min(y, height - 1);
  return {
    flags: 0,
    header: { unique: ++latest, type: "alpha", width, height, hotSpotX, hotSpotY },
    data: pixels,
  };
}

/**
 * Reads what follows the head of a cursor's rectangle; null: it is too large for a cursor.
 * blueFirst: the server is QEMU, which sends an alpha cursor's bytes as b, g, r, a, not r, g, b, a.
 */
export async function readCursor(
  inbox: Inbox,
  head: RectHead,
  blueFirst: boolean,
): Promise<Cursor | null> {
  const { width, height } = head;
  const small = width <= MAX_SIDE && height <= MAX_SIDE;
  const maskSize = (width + 7 >> 3) * height;
  switch (head.encoding) {
    case Encoding.alphaCursor: {
      const inner = await inbox.get(be.i32);
      if (inner !== Encoding.raw) {
        throw new ProtocolError(`The server sends a cursor in encoding ${inner}, not raw`);
      }
      if (!small) return await inbox.pass(width * height * 4), null;
      const pixels = new Uint8Array(width * height * 4);
      await inbox.into(pixels);
      if (!blueFirst) swapRedAndBlue(pixels);
      return cursorOf(head, pixels);
    }
    case Encoding.cursor: {
      if (!small) return await inbox.pass(width * height * 4 + maskSize), null;
      const pixels = new Uint8Array(width * height * 4), mask = new Uint8Array(maskSize);
      await inbox.into(pixels);
      await inbox.into(mask);
      const rowBytes = width + 7 >> 3;
      for (let y = 0, at = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at += 4) {
          const seen = mask[y * rowBytes + (x >> 3)] >> (7 - (x & 7)) & 1;
          if (seen) pixels[at + 3] = 255;
          else pixels.fill(0, at, at + 4);
        }
      }
      return cursorOf(head, pixels);
    }
    default: {
      // XCursor: two colours and two bitmaps; nothing at all where there is no cursor
      if (width === 0 || height === 0) return noCursor;
      if (!small) return await inbox.pass(6 + 2 * maskSize), null;
      const colours = new Uint8Array(6), bits = new Uint8Array(maskSize);
      const mask = new Uint8Array(maskSize), pixels = new Uint8Array(width * height * 4);
      await inbox.into(colours);
      await inbox.into(bits);
      await inbox.into(mask);
      const rowBytes = width + 7 >> 3;
      for (let y = 0, at = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at += 4) {
          const place = y * rowBytes + (x >> 3), shift = 7 - (x & 7);
          if ((mask[place] >> shift & 1) === 0) continue;
          const from = bits[place] >> shift & 1 ? 0 : 3;
          pixels.set([colours[from + 2], colours[from + 1], colours[from], 255], at);
        }
      }
      return cursorOf(head, pixels);
    }
  }
}

function swapRedAndBlue(pixels: Uint8Array): void {
  for (let at = 0; at < pixels.length; at += 4) {
    const red = pixels[at];
    pixels[at] = pixels[at + 2];
    pixels[at + 2] = red;
  }
}
