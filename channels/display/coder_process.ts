import { MOST_LEAD } from "../../core/binary/words.ts";
import { IvfReader } from "../../core/codecs/ivf.ts";
import { takeRows } from "../../core/codecs/rows.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import type { Program } from "../spawn.ts";
import type { FrameMaker } from "./coder.ts";

/** A frame that is encoded has no more bytes. */
const MOST_BYTES = 4 << 20;

/** A process where it is fed: the pixels of pictures in, IVF out. Of that nothing but its lengths is believed. */
export class CoderProcess implements FrameMaker {
  onFrame: ((frame: Uint8Array<ArrayBuffer>) => void) | null = null;
  onEnd: ((reason: string, never: boolean) => void) | null = null;
  readonly #program: Program;
  readonly #reader = new IvfReader(MOST_BYTES);
  /** Pictures whose frames are due. */
  #due = 0;

  constructor(program: Program) {
    this.#program = program;
    program.onBytes = (bytes) => this.#hear(bytes);
    program.onEnd = (reason) => this.onEnd?.(reason, false);
  }

  /** The picture has been read when this returns. */
  give(picture: Bitmap, taken: () => void): void {
    const pixels = pixelsOf(picture);
    taken();
    this.#due++;
    this.#program.write(pixels);
  }

  close(): void {
    this.onFrame = this.onEnd = null;
    this.#program.close();
  }

  #hear(bytes: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(bytes)) {
        if (this.#due-- === 0) return this.#end("it made a frame of nothing");
        this.onFrame?.(frame);
      }
    } catch (error) {
      this.#end(`${error}`);
    }
  }

  #end(reason: string): void {
    const end = this.onEnd;
    this.close();
    end?.(reason, false);
  }
}

/** The picture's rows of 32 bits a pixel, the topmost first, one behind the other. */
function pixelsOf({ data, width, height, stride, bitmapFlags }: Bitmap): Uint8Array<ArrayBuffer> {
  const row = width * 4, bytes = row * height;
  const room = new Uint8Array(bytes + MOST_LEAD);
  const first = takeRows({ data, height, stride }, row, room, 0);
  const pixels = room.subarray(first, first + bytes);
  if ((bitmapFlags & BitmapFlags.topDown) === 0) {
    for (let top = 0, bottom = bytes - row; top < bottom; top += row, bottom -= row) {
      const upper = pixels.slice(top, top + row);
      pixels.copyWithin(top, bottom, bottom + row);
      pixels.set(upper, bottom);
    }
  }
  return pixels;
}
