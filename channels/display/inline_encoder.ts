import type { Bitmap, Image } from "../../core/protocol/image.ts";
import { encodeBitmap } from "./encode_bitmap.ts";
import type { DictionaryPlan } from "./encode_job.ts";
import type { Codec, Encoder } from "./encoder.ts";
import type { GlzWorks } from "./glz_encoder.ts";
import { GlzShelf } from "./glz_shelf.ts";

/** Encodes where it is called. */
export class InlineEncoder implements Encoder, GlzWorks {
  readonly #shelf = new GlzShelf();

  encode(bitmap: Bitmap, codec: Codec, done: (image: Image | null) => void): void {
    done(encodeBitmap(bitmap, codec));
  }

  encodeGlz(bitmap: Bitmap, plan: DictionaryPlan, done: (image: Image | null) => void): void {
    done(this.#shelf.encode(bitmap, plan));
  }

  dropGlz(dictionary: number): void {
    this.#shelf.drop(dictionary);
  }
}
