/**
 * Finds the frames in IVF, the container that libvpx made for its own: a head of 32 bytes, then each
 * frame behind 12 bytes of its own. All numbers are little-endian.
 * Source of truth: libvpx ivfdec.c; FFmpeg libavformat/ivfenc.c.
 */
import { WireError } from "../binary/error.ts";

const FILE_HEAD_BYTES = 32, FRAME_HEAD_BYTES = 12;
const MAGIC = "DKIF";

/** Takes IVF in pieces as they come, and gives its frames. */
export class IvfReader {
  readonly #mostBytes: number;
  /** What is awaited: a head, or a frame's bytes. */
  #part: Uint8Array<ArrayBuffer> = new Uint8Array(FILE_HEAD_BYTES);
  #filled = 0;
  #awaits: "file" | "head" | "frame" = "file";

  /** mostBytes: a longer frame is refused. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The frames that are whole with this piece, copied. WireError: it is no IVF, or a frame is empty or too long. */
  push(piece: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < piece.length;) {
      const taken = piece.subarray(at, at + this.#part.length - this.#filled);
      this.#part.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled < this.#part.length) break;
      if (this.#awaits === "frame") frames.push(this.#part);
      this.#next();
    }
    return frames;
  }

  #next(): void {
    const view = new DataView(this.#part.buffer);
    this.#filled = 0;
    if (this.#awaits === "head") {
      const size = view.getUint32(0, true);
      if (size === 0 || size > this.#mostBytes) {
        throw new WireError(`it has ${size} bytes`, 0, "IVF frame");
      }
      this.#awaits = "frame";
      this.#part = new Uint8Array(size);
      return;
    }
    if (this.#awaits === "file") {
      const magic = String.fromCharCode(...this.#part.subarray(0, 4));
      const headBytes = view.getUint16(6, true);
      if (magic !== MAGIC || headBytes !== FILE_HEAD_BYTES) {
        throw new WireError("it does not begin like one", 0, "IVF file");
      }
    }
    this.#awaits = "head";
    this.#part = new Uint8Array(FRAME_HEAD_BYTES);
  }
}
