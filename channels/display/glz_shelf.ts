import { GlzDictionary, type GlzFormat } from "../../core/codecs/glz/mod.ts";
import { deflateGlz } from "../../core/codecs/zlib/deflate.ts";
import { type Bitmap, BitmapFlags, type Image } from "../../core/protocol/image.ts";
import type { DictionaryPlan } from "./encode_job.ts";

/** The dictionaries of one thread, by number. */
export class GlzShelf {
  readonly #dictionaries = new Map<number, GlzDictionary>();

  /**
   * The bitmap with a dictionary's help, and kept in it. null: it does not fit, or there is no memory
   * for the dictionary.
   */
  encode(bitmap: Bitmap, plan: DictionaryPlan): Image | null {
    const dictionary = this.#dictionaries.get(plan.n) ?? this.#make(plan);
    if (!dictionary) return null;
    const { width, height, stride, data } = bitmap;
    if (!dictionary.fits(width * height)) return null;
    const format = bitmap.format as GlzFormat;
    const topDown = (bitmap.bitmapFlags & BitmapFlags.topDown) !== 0;
    let bytes: Uint8Array;
    try {
      ({ bytes } = dictionary.encode({ format, width, height, stride, topDown, data }));
    } catch (error) {
      // no picture of a guest's may end the thread that encodes for all
      if (error instanceof RangeError) return null;
      throw error;
    }
    const head = { id: 0n, flags: 0, width, height };
    const packed = plan.deflate ? deflateGlz(bytes) : null;
    return packed
      ? { ...head, type: "zlibGlzRgb", glzDataSize: bytes.length, data: packed }
      : { ...head, type: "glzRgb", data: bytes.slice() };
  }

  /** null: there is no memory for one more. */
  #make({ n, windowPixels, firstId }: DictionaryPlan): GlzDictionary | null {
    try {
      const dictionary = new GlzDictionary(windowPixels, firstId);
      this.#dictionaries.set(n, dictionary);
      return dictionary;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  drop(n: number): void {
    this.#dictionaries.get(n)?.[Symbol.dispose]();
    this.#dictionaries.delete(n);
  }
}
