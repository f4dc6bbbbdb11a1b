/** The encodings without a memory: RFC 6143, 7.7.1, 7.7.2 and 7.7.4. */
import { ProtocolError } from "../../../core/binary/error.ts";
import { be } from "../../../core/binary/cell.ts";
import type { Box, Frame } from "./frame.ts";
import type { Inbox } from "./inbox.ts";

/** The rectangle was checked to lie in the frame, for each of them. */
export type Decode = (inbox: Inbox, box: Box, frame: Frame) => Promise<void>;

/** Pixels as they are. */
export const raw: Decode = async (inbox, { x, y, width, height }, frame) => {
  const stride = frame.width * 4, size = width * 4;
  if (width === frame.width) {
    return await inbox.into(frame.bytes.subarray(y * stride, (y + height) * stride));
  }
  for (let row = y; row < y + height; row++) {
    if (!inbox.has(size)) await inbox.need(size);
    frame.bytes.set(inbox.slice(size), row * stride + x * 4);
  }
};

/** Pixels that are somewhere else already. */
export const copyRect: Decode = async (inbox, box, frame) => {
  const fromX = await inbox.get(be.u16), fromY = await inbox.get(be.u16);
  frame.check({ ...box, x: fromX, y: fromY });
  frame.copy(fromX, fromY, box);
};

const RAW = 1, BACKGROUND = 2, FOREGROUND = 4, SUBRECTS = 8, COLOURED = 16;
const SIDE = 16;

/** Squares of 16 pixels: raw, or a background and rectangles on it. */
export const hextile: Decode = async (inbox, { x, y, width, height }, frame) => {
  let background = 0, foreground = 0;
  for (let top = y; top < y + height; top += SIDE) {
    const h = Math.min(SIDE, y + height - top);
    for (let left = x; left < x + width; left += SIDE) {
      const w = Math.min(SIDE, x + width - left);
      if (!inbox.has(1)) await inbox.need(1);
      const kind = inbox.byte();
      if (kind & RAW) {
        await raw(inbox, { x: left, y: top, width: w, height: h }, frame);
        continue;
      }
      const head = (kind & BACKGROUND ? 4 : 0) + (kind & FOREGROUND ? 4 : 0) +
        (kind & SUBRECTS ? 1 : 0);
      if (!inbox.has(head)) await inbox.need(head);
      if (kind & BACKGROUND) background = pixel(inbox);
      if (kind & FOREGROUND) foreground = pixel(inbox);
      const count = kind & SUBRECTS ? inbox.byte() : 0;
      frame.fill(left, top, w, h, background);
      const size = count * (kind & COLOURED ? 6 : 2);
      if (!inbox.has(size)) await inbox.need(size);
      for (let i = 0; i < count; i++) {
        const colour = kind & COLOURED ? pixel(inbox) : foreground;
        const place = inbox.byte(), extent = inbox.byte();
        const dx = place >> 4, dy = place & 15, sw = (extent >> 4) + 1, sh = (extent & 15) + 1;
        if (dx + sw > w || dy + sh > h) {
          throw new ProtocolError(`The server's hextile has a part of ${sw}×${sh} at ${dx}, ${dy}`);
        }
        frame.fill(left + dx, top + dy, sw, sh, colour);
      }
    }
  }
};

function pixel(inbox: Inbox): number {
  const value = inbox.view.getUint32(inbox.at, true);
  inbox.at += 4;
  return value;
}
