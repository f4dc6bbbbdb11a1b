import { IvfReader } from "../../core/codecs/ivf.ts";
import { planesOf } from "../../core/codecs/yuv/mod.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import type { Program } from "../spawn.ts";
import { type FrameMaker, matrixOf } from "./coder.ts";

/** A frame that is encoded has no more bytes. */
const MOST_BYTES = 4 << 20;

/**
 * A process where it is fed: planes of pictures in, IVF out. Of that nothing but its lengths is believed.
 * Planes have three eighths of the pixels' bytes, and go through a pipe of 64 KiB, each a turn of two processes.
 */
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
    const topDown = (picture.bitmapFlags & BitmapFlags.topDown) !== 0;
    let planes;
    try {
      planes = planesOf({ ...picture, topDown }, matrixOf(picture.height));
    } catch (error) {
      // no picture of a guest's may end the thread that encodes for all
      return this.#end(`${error}`);
    } finally {
      taken();
    }
    this.#due++;
    this.#program.write(planes);
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
