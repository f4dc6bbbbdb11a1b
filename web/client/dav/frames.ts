/**
 * The guest's connections in the stream of `org.spice-space.webdav.0`: frames apart, and together.
 * Source of truth: spice-gtk, channel-webdav.c; phodav, spice-webdavd.c.
 */
import { encode } from "../../../core/binary/codec.ts";
import { WebdavFrame } from "../../../core/protocol/webdav.ts";

const HEAD_BYTES = 10;
/** The longest that a frame can say. */
export const MOST_FRAME_BYTES = 0xffff;

/** Finds frames in pieces of a stream; an empty one says that its connection is over. */
export class FrameReader {
  readonly #onFrame: (client: bigint, data: Uint8Array) => void;
  #head = new Uint8Array(HEAD_BYTES);
  #headBytes = 0;
  #data: Uint8Array | null = null;
  #dataBytes = 0;

  /** The data are the listener's to keep. */
  constructor(onFrame: (client: bigint, data: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const into = this.#data ?? this.#head;
      const held = this.#data ? this.#dataBytes : this.#headBytes;
      const n = Math.min(into.length - held, bytes.length - at);
      into.set(bytes.subarray(at, at + n), held);
      at += n;
      if (this.#data) this.#dataBytes += n;
      else this.#headBytes += n;
      if (held + n < into.length) return;
      if (!this.#data) {
        const size = new DataView(this.#head.buffer).getUint16(8, true);
        this.#data = new Uint8Array(size);
        this.#dataBytes = 0;
        if (size > 0) continue;
      }
      this.#end();
    }
  }

  #end(): void {
    const client = new DataView(this.#head.buffer).getBigInt64(0, true);
    const data = this.#data!;
    this.#data = null;
    this.#headBytes = 0;
    this.#onFrame(client, data);
  }
}

/** data: at most MOST_FRAME_BYTES. */
export const frame = (client: bigint, data: Uint8Array): Uint8Array =>
  encode(WebdavFrame, { client, data });
