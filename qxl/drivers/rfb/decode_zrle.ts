/** ZRLE: squares of 64 pixels, as runs or palettes, in one zlib stream. Source of truth: RFC 6143, 7.7.6. */
import { be } from "../../../core/binary/cell.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import { Inflater, type Scratch } from "../../../core/codecs/zlib/inflater.ts";
import type { Box, Frame } from "./frame.ts";
import type { Inbox } from "./inbox.ts";

const SIDE = 64;
/** The longest that a pixel may take (a run of one), and a square beside its pixels. */
const PIXEL_BYTES = 4, SQUARE_BYTES = 1 + 127 * 3;

export class Zrle {
  readonly #stream: Inflater;
  readonly #palette = new Uint32Array(128);
  /** The bytes of a rectangle's squares, and where the next is. */
  #bytes = new Uint8Array(0);
  #at = 0;

  constructor(scratch: Scratch) {
    this.#stream = new Inflater(scratch);
  }

  async decode(inbox: Inbox, box: Box, frame: Frame): Promise<void> {
    const { x, y, width, height } = box;
    const squares = Math.ceil(width / SIDE) * Math.ceil(height / SIDE);
    const most = width * height * PIXEL_BYTES + squares * SQUARE_BYTES;
    const size = await inbox.get(be.u32);
    // what cannot be compressed becomes a little longer
    if (size > most + (most >> 8) + 1024) {
      throw new ProtocolError(`The server announces ${size} bytes of ZRLE for ${width}×${height}`);
    }
    const packed = new Uint8Array(size);
    await inbox.into(packed);
    this.#bytes = this.#stream.next(packed, most) as Uint8Array<ArrayBuffer>;
    this.#at = 0;
    for (let top = y; top < y + height; top += SIDE) {
      for (let left = x; left < x + width; left += SIDE) {
        const w = Math.min(SIDE, x + width - left), h = Math.min(SIDE, y + height - top);
        this.#square(frame, left, top, w, h);
      }
    }
  }

  #square(frame: Frame, x: number, y: number, width: number, height: number): void {
    const kind = this.#byte();
    const coded = kind & 0x7f, runs = (kind & 0x80) !== 0;
    if (kind === 1) return frame.fill(x, y, width, height, this.#pixel());
    if (kind === 0) return this.#raw(frame, x, y, width, height);
    if (runs && coded === 1 || !runs && coded > 16) {
      throw new ProtocolError(`The server's ZRLE has a square of kind ${kind}`);
    }
    for (let i = 0; i < coded; i++) this.#palette[i] = this.#pixel();
    if (!runs) this.#packed(frame, x, y, width, height, coded);
    else this.#runs(frame, x, y, width, height, coded);
  }

  #raw({ pixels, width: stride }: Frame, x: number, y: number, width: number, height: number) {
    const size = width * height * 3, bytes = this.#bytes;
    let from = this.#at;
    if (from + size > bytes.length) throw this.#short();
    for (let row = y; row < y + height; row++) {
      for (let to = row * stride + x, end = to + width; to < end; from += 3) {
        pixels[to++] = bytes[from] | bytes[from + 1] << 8 | bytes[from + 2] << 16;
      }
    }
    this.#at = from;
  }

  /** Indices of 1, 2 or 4 bits; each row begins with a byte. */
  #packed(frame: Frame, x: number, y: number, width: number, height: number, colours: number) {
    const bits = colours <= 2 ? 1 : colours <= 4 ? 2 : 4, mask = (1 << bits) - 1;
    const { pixels, width: stride } = frame;
    for (let row = y; row < y + height; row++) {
      let held = 0, left = 0;
      for (let to = row * stride + x, end = to + width; to < end; to++) {
        if (left === 0) held = this.#byte(), left = 8;
        left -= bits;
        pixels[to] = this.#palette[held >> left & mask];
      }
    }
  }

  /** Runs through the square, row after row. colours: how many the palette has; 0: there is none. */
  #runs(frame: Frame, x: number, y: number, width: number, height: number, colours: number): void {
    const { pixels, width: stride } = frame, area = width * height;
    for (let done = 0; done < area;) {
      let colour, length = 1;
      if (colours === 0) {
        colour = this.#pixel();
        length = this.#length();
      } else {
        const index = this.#byte();
        colour = this.#palette[index & 0x7f];
        if (index & 0x80) length = this.#length();
      }
      if (length > area - done) throw new ProtocolError(`The server's ZRLE has a run of ${length}`);
      for (const end = done + length; done < end;) {
        const column = done % width, step = Math.min(width - column, end - done);
        const at = (y + (done - column) / width) * stride + x + column;
        pixels.fill(colour, at, at + step);
        done += step;
      }
    }
  }

  #length(): number {
    let length = 1, byte;
    do length += byte = this.#byte(); while (byte === 255);
    return length;
  }

  #pixel(): number {
    const at = this.#at, bytes = this.#bytes;
    if (at + 3 > bytes.length) throw this.#short();
    this.#at = at + 3;
    return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw this.#short();
    return this.#bytes[this.#at++];
  }

  #short(): ProtocolError {
    return new ProtocolError(`The server's ZRLE ends after ${this.#bytes.length} bytes`);
  }
}
