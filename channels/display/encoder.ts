import type { Bitmap, Image } from "../../core/protocol/image.ts";
import { graduality } from "./graduality.ts";

/**
 * How a bitmap can be made smaller. glz is not for everybody: it needs the client's dictionary. `jpeg85`
 * is JPEG of quality 85: it is not what it was, and `jpeg` alone loses alpha; `mjpeg` is
 * `jpeg` without its Huffman tables.
 */
export type Codec =
  | "lz4"
  | "quic"
  | "lz"
  | "glz"
  | `jpeg${number}`
  | `jpegAlpha${number}`
  | `mjpeg${number}`;

/** Makes bitmaps smaller, here or elsewhere. */
export interface Encoder {
  /**
   * Calls `done` once, now or later, with the picture without id and flags, or null when it does not
   * shrink. The bitmap's bytes may not change until then.
   */
  encode(bitmap: Bitmap, codec: Codec, done: (image: Image | null) => void): void;
}

/** One picture being encoded for everybody who wants it so. */
export class Encoding {
  /** undefined: not yet. */
  image: Image | null | undefined = undefined;
  readonly #waiting = new Set<() => void>();

  /** Calls once, however often it is asked to. */
  whenDone(call: () => void): void {
    this.#waiting.add(call);
  }

  done(image: Image | null): void {
    if (this.image !== undefined) return;
    this.image = image;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call();
  }
}

/** Encodings by picture: clients that want the same codec share one, as long as the picture lives. */
export class Encodings {
  readonly #byBitmap = new WeakMap<Bitmap, Map<Codec, Encoding>>();
  readonly #graduality = new WeakMap<Bitmap, number>();
  readonly #running = new Set<Encoding>();

  constructor(readonly encoder: Encoder) {}

  /** The picture as the codec makes it; null: that is not smaller; undefined: `whenDone` will be called. */
  get(bitmap: Bitmap, codec: Codec, whenDone: () => void): Image | null | undefined {
    let all = this.#byBitmap.get(bitmap);
    if (!all) this.#byBitmap.set(bitmap, all = new Map());
    let encoding = all.get(codec);
    if (!encoding) all.set(codec, encoding = this.#begin(bitmap, codec));
    if (encoding.image === undefined) encoding.whenDone(whenDone);
    return encoding.image;
  }

  /** How gently it changes; told once for a picture. */
  graduality(bitmap: Bitmap): number {
    let score = this.#graduality.get(bitmap);
    if (score === undefined) this.#graduality.set(bitmap, score = graduality(bitmap));
    return score;
  }

  /** The picture, if it has been encoded so. */
  peek(bitmap: Bitmap, codec: Codec): Image | null | undefined {
    return this.#byBitmap.get(bitmap)?.get(codec)?.image;
  }

  /** What is being encoded is not to be used: its pixels are about to change. */
  abandon(): void {
    for (const encoding of this.#running) encoding.done(null);
    this.#running.clear();
  }

  #begin(bitmap: Bitmap, codec: Codec): Encoding {
    const encoding = new Encoding();
    this.#running.add(encoding);
    this.encoder.encode(bitmap, codec, (image) => {
      this.#running.delete(encoding);
      encoding.done(image);
    });
    return encoding;
  }
}
