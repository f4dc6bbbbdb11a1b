/** ffmpeg as coders see it: takes pictures and gives frames in IVF, at once or when it is told to. Its frames are JPEG, so that a Viewer can look at them. */
import type { Program } from "../../channels/spawn.ts";
import { encodeJpeg } from "../../core/codecs/jpeg/mod.ts";

/** What an IVF file begins with. */
export function ivfHead(): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(32);
  head.set(new TextEncoder().encode("DKIF"));
  head[6] = 32;
  return head;
}

/** A frame as it stands in one. */
export function ivfFrame(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(12 + data.length);
  new DataView(frame.buffer).setUint32(0, data.length, true);
  frame.set(data, 12);
  return frame;
}

export class FakeFfmpeg implements Program {
  onBytes: ((bytes: Uint8Array) => void) | null = null;
  onEnd: ((reason: string) => void) | null = null;
  closed = false;
  /** The pictures that it was given. */
  readonly pictures: Uint8Array[] = [];
  /** It keeps what it makes until `give`. */
  slow = false;
  #said = false;
  #given = 0;

  constructor(readonly args: readonly string[]) {}

  /** What follows a word of its command line. */
  option(name: string): string {
    return this.args[this.args.indexOf(name) + 1];
  }

  write(bytes: Uint8Array<ArrayBuffer>): void {
    this.pictures.push(bytes);
    if (!this.slow) this.give();
  }

  /** Says the frames that are due. */
  give(): void {
    const [width, height] = this.option("-video_size").split("x").map(Number);
    for (; this.#given < this.pictures.length; this.#given++) {
      if (this.closed) return;
      const data = pixelsOf(this.pictures[this.#given], width, height);
      const rows = { format: "bit32", width, height, stride: width * 4, topDown: true } as const;
      if (!this.#said) this.onBytes?.(ivfHead());
      this.#said = true;
      this.onBytes?.(ivfFrame(encodeJpeg({ ...rows, data }, 90)));
    }
  }

  close(): void {
    this.closed = true;
  }
}

/** Planes of BT.601 as pixels of 32 bits. */
function pixelsOf(planes: Uint8Array, width: number, height: number): Uint8Array {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const halfWidth = (width + 1) >> 1, half = halfWidth * ((height + 1) >> 1);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const difference = width * height + (y >> 1) * halfWidth + (x >> 1);
      const luma = (planes[y * width + x] - 16) * 255 / 219;
      const blue = (planes[difference] - 128) * 255 / 224;
      const red = (planes[difference + half] - 128) * 255 / 224;
      pixels[at] = luma + 1.772 * blue;
      pixels[at + 1] = luma - 0.344136 * blue - 0.714136 * red;
      pixels[at + 2] = luma + 1.402 * red;
    }
  }
  return new Uint8Array(pixels.buffer);
}
