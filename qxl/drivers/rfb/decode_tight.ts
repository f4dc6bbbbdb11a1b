/**
 * Tight: a rectangle is one colour, a palette, differences or pixels, in one of four zlib streams, or
 * a JPEG file. Source of truth: rfbproto.rst, Tight Encoding.
 */
import { ProtocolError } from "../../../core/binary/error.ts";
import { decodeJpeg } from "../../../core/codecs/jpeg/mod.ts";
import { Inflater, type Scratch } from "../../../core/codecs/zlib/inflater.ts";
import type { Box, Frame } from "./frame.ts";
import type { Inbox } from "./inbox.ts";

const FILL = 8, JPEG = 9, EXPLICIT_FILTER = 4;
const COPY = 0, PALETTE = 1, GRADIENT = 2;
/** SPEC: fewer bytes are not compressed. */
const LEAST_PACKED = 12;

export class Tight {
  readonly #streams: Inflater[];
  readonly #palette = new Uint32Array(256);

  constructor(scratch: Scratch) {
    this.#streams = Array.from({ length: 4 }, () => new Inflater(scratch));
  }

  async decode(inbox: Inbox, box: Box, frame: Frame): Promise<void> {
    if (!inbox.has(1)) await inbox.need(1);
    const control = inbox.byte(), kind = control >> 4;
    for (let i = 0; i < 4; i++) if (control >> i & 1) this.#streams[i].reset();
    if (kind === FILL) {
      if (!inbox.has(3)) await inbox.need(3);
      const colour = rgb(inbox.slice(3), 0);
      return frame.fill(box.x, box.y, box.width, box.height, colour);
    }
    if (kind === JPEG) return await this.#jpeg(inbox, box, frame);
    if (kind > JPEG) throw new ProtocolError(`The server's Tight has a rectangle of kind ${kind}`);
    let filter = COPY;
    if (kind & EXPLICIT_FILTER) {
      if (!inbox.has(1)) await inbox.need(1);
      filter = inbox.byte();
    }
    const stream = this.#streams[kind & 3];
    if (filter === PALETTE) return await this.#indexed(inbox, box, frame, stream);
    if (filter !== COPY && filter !== GRADIENT) {
      throw new ProtocolError(`The server's Tight has a filter ${filter}`);
    }
    const bytes = await this.#unpacked(inbox, stream, box.width * box.height * 3);
    if (filter === COPY) copied(bytes, box, frame);
    else graded(bytes, box, frame);
  }

  async #indexed(inbox: Inbox, box: Box, frame: Frame, stream: Inflater): Promise<void> {
    if (!inbox.has(1)) await inbox.need(1);
    const colours = inbox.byte() + 1;
    if (!inbox.has(colours * 3)) await inbox.need(colours * 3);
    const given = inbox.slice(colours * 3), palette = this.#palette;
    for (let i = 0; i < colours; i++) palette[i] = rgb(given, i * 3);
    palette.fill(0, colours);
    const { x, y, width, height } = box, { pixels, width: stride } = frame;
    const rowBytes = colours <= 2 ? width + 7 >> 3 : width;
    const bytes = await this.#unpacked(inbox, stream, rowBytes * height);
    for (let row = 0; row < height; row++) {
      const to = (y + row) * stride + x, from = row * rowBytes;
      if (colours <= 2) {
        for (let i = 0; i < width; i++) {
          pixels[to + i] = palette[bytes[from + (i >> 3)] >> (7 - (i & 7)) & 1];
        }
      } else for (let i = 0; i < width; i++) pixels[to + i] = palette[bytes[from + i]];
    }
  }

  /** Exactly `size` bytes. */
  async #unpacked(inbox: Inbox, stream: Inflater, size: number): Promise<Uint8Array> {
    if (size < LEAST_PACKED) {
      if (!inbox.has(size)) await inbox.need(size);
      return inbox.slice(size);
    }
    const packed = new Uint8Array(await compactLength(inbox, size + (size >> 8) + 1024));
    await inbox.into(packed);
    const bytes = stream.next(packed, size);
    if (bytes.length === size) return bytes;
    throw new ProtocolError(`The server's Tight has ${bytes.length} bytes, not ${size}`);
  }

  /** We never ask for it: it loses something. Some servers send it nonetheless. */
  async #jpeg(inbox: Inbox, box: Box, frame: Frame): Promise<void> {
    const { x, y, width, height } = box;
    const file = new Uint8Array(await compactLength(inbox, width * height * 4 + 4096));
    await inbox.into(file);
    const picture = decodeJpeg(file, box);
    for (let row = 0; row < height; row++) {
      const from = row * width * 4;
      frame.bytes.set(
        picture.data.subarray(from, from + width * 4),
        ((y + row) * frame.width + x) * 4,
      );
    }
  }
}

const rgb = (bytes: Uint8Array, at: number) => bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2];

function copied(bytes: Uint8Array, { x, y, width, height }: Box, frame: Frame): void {
  const { pixels, width: stride } = frame;
  let from = 0;
  for (let row = y; row < y + height; row++) {
    for (let to = row * stride + x, end = to + width; to < end; to++, from += 3) {
      pixels[to] = rgb(bytes, from);
    }
  }
}

/** Each pixel as its difference from what its neighbours to the left, above and between foretell. */
function graded(bytes: Uint8Array, { x, y, width, height }: Box, frame: Frame): void {
  const { pixels, width: stride } = frame;
  const above = new Uint8Array(width * 3 + 3), row = new Uint8Array(width * 3 + 3);
  let from = 0;
  for (let i = 0; i < height; i++) {
    for (let at = 3; at < row.length; at++) {
      const foretold = row[at - 3] + above[at] - above[at - 3];
      row[at] = bytes[from++] + (foretold < 0 ? 0 : foretold > 255 ? 255 : foretold);
    }
    const to = (y + i) * stride + x;
    for (let j = 0; j < width; j++) pixels[to + j] = rgb(row, j * 3 + 3);
    above.set(row);
  }
}

/** A length in up to three bytes of 7, 7 and 8 bits. */
async function compactLength(inbox: Inbox, most: number): Promise<number> {
  let length = 0;
  for (let i = 0; i < 3; i++) {
    if (!inbox.has(1)) await inbox.need(1);
    const byte = inbox.byte();
    length |= (i < 2 ? byte & 0x7f : byte) << 7 * i;
    if (i < 2 && (byte & 0x80) === 0) break;
  }
  if (length > most) {
    throw new ProtocolError(
      `The server announces ${length} bytes of Tight where ${most} make sense`,
    );
  }
  return length;
}
