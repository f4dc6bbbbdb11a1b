import { ProtocolError } from "../../../core/binary/error.ts";
import { Scratch } from "../../../core/codecs/zlib/inflater.ts";
import { readCursor } from "./cursor_shape.ts";
import { copyRect, type Decode, hextile, raw } from "./decode_plain.ts";
import { Tight } from "./decode_tight.ts";
import { Zrle } from "./decode_zrle.ts";
import type { Frame } from "./frame.ts";
import type { Inbox } from "./inbox.ts";
import { Encoding, type RectHead } from "./wire.ts";

/** The encodings of pixels of one connection, with what they remember from rectangle to rectangle. */
export class Decoders {
  readonly #byNumber: ReadonlyMap<number, Decode>;
  readonly cursor = readCursor;

  constructor() {
    const scratch = new Scratch(), zrle = new Zrle(scratch), tight = new Tight(scratch);
    this.#byNumber = new Map<number, Decode>([
      [Encoding.raw, raw],
      [Encoding.copyRect, copyRect],
      [Encoding.hextile, hextile],
      [Encoding.zrle, (...all) => zrle.decode(...all)],
      [Encoding.tight, (...all) => tight.decode(...all)],
    ]);
  }

  /** Reads what follows the head of a rectangle of pixels; false: it is none, and nothing was read. */
  async decode(inbox: Inbox, head: RectHead, frame: Frame): Promise<boolean> {
    const decode = this.#byNumber.get(head.encoding);
    if (decode === undefined) return false;
    frame.check(head);
    try {
      await decode(inbox, head, frame);
    } catch (error) {
      // a codec's verdict on bytes that the server sent
      if (!(error instanceof RangeError)) throw error;
      throw new ProtocolError(`The server's pixels make no sense: ${error.message}`);
    }
    return true;
  }
}
