/**
 * How PulseAudio's commands and samples share a stream: frames, each with a head of 20 bytes.
 * Source of truth: pulseaudio src/pulsecore/pstream.c.
 */
import { be } from "../binary/cell.ts";
import { ProtocolError } from "../binary/error.ts";
import { struct } from "../binary/struct.ts";

/** channel: a stream's index, or CONTROL; offset and the low byte of flags: where samples belong, 0 is behind the last. */
export const FrameHead = struct("FrameHead", {
  length: be.u32,
  channel: be.u32,
  offset: be.i64,
  flags: be.u32,
});
export const FRAME_HEAD_BYTES = 20;

/** The frame is a command. */
export const CONTROL = 0xffffffff;

/** The frame is not here, but in memory that both ends share. */
const SHARED = 0xff000000;
/** PulseAudio takes 16 MiB; its commands and what it sends of a stream at once are some KiB. */
const MOST_BYTES = 1 << 20;

/** Finds the frames in pieces of a stream. */
export class Frames {
  readonly #take: (channel: number, payload: Uint8Array) => void;
  readonly #head = new Uint8Array(FRAME_HEAD_BYTES);
  readonly #view = new DataView(this.#head.buffer);
  #payload: Uint8Array | null = null;
  #channel = 0;
  /** Bytes that are there of the head, or of the payload. */
  #filled = 0;

  /** take: payload is the taker's. What it throws, `push` throws. */
  constructor(take: (channel: number, payload: Uint8Array) => void) {
    this.#take = take;
  }

  /** ProtocolError: no frame begins so. The stream is over then. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const into = this.#payload ?? this.#head;
      const part = Math.min(into.length - this.#filled, bytes.length - at);
      into.set(bytes.subarray(at, at + part), this.#filled);
      at += part;
      this.#filled += part;
      if (this.#filled < into.length) return;
      this.#filled = 0;
      const payload = this.#payload;
      if (payload === null) this.#begin();
      else {
        this.#payload = null;
        this.#take(this.#channel, payload);
      }
    }
  }

  #begin(): void {
    const length = this.#view.getUint32(0), flags = this.#view.getUint32(16);
    if ((flags & SHARED) !== 0) {
      throw new ProtocolError("The sound server sends shared memory, which was not agreed on");
    }
    if (length === 0 || length > MOST_BYTES) {
      throw new ProtocolError(`The sound server sends a frame of ${length} bytes`);
    }
    this.#channel = this.#view.getUint32(4);
    this.#payload = new Uint8Array(length);
  }
}
