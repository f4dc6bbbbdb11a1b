import { formats as glzFormats } from "../../core/codecs/glz/header.ts";
import type { Bitmap, Image } from "../../core/protocol/image.ts";
import type { DictionaryPlan } from "./encode_job.ts";

/**
 * Pixels of a dictionary, whatever more the client would keep: about 4.4 bytes each, for every client. Of
 * pictures that are sent again and again only the news come here, so it reaches far back.
 */
const MOST_PIXELS = 2 << 20;
/** After so many refusals in a row there is no memory, and no use in trying. */
const MOST_REFUSALS = 3;
/** Below it a dictionary is not worth its hash table. */
const LEAST_PIXELS = 1 << 12;

/** Encodes with dictionaries, each always in the same place and in order. */
export interface GlzWorks {
  /** Calls `done` once, with null when the picture was not kept in the dictionary. */
  encodeGlz(bitmap: Bitmap, plan: DictionaryPlan, done: (image: Image | null) => void): void;
  dropGlz(dictionary: number): void;
}

let lastDictionary = 0;

/**
 * What all display channels of one client were sent, as a dictionary for what comes.
 *
 * INVARIANT: a picture that was encoded is sent, and in this order: the client waits for each. Who
 * cannot keep that calls `restart`.
 */
export class GlzEncoder implements Disposable {
  readonly #works: GlzWorks;
  readonly #windowPixels: number;
  /** Pictures that were encoded, and so are sent. */
  #encoded = 0;
  #firstId = 0;
  /** Pictures in a row that no dictionary was to be had for. */
  #refusals = 0;
  #dictionary = ++lastDictionary;

  private constructor(works: GlzWorks, windowPixels: number) {
    this.#works = works;
    this.#windowPixels = windowPixels;
  }

  /** windowPixels: what the client says that it keeps; null: too little to be of use. */
  static open(works: GlzWorks, windowPixels: number): GlzEncoder | null {
    const pixels = Math.min(windowPixels, MOST_PIXELS);
    return pixels >= LEAST_PIXELS ? new GlzEncoder(works, pixels) : null;
  }

  /** The dictionary takes pictures of this kind and size. */
  takes({ format, width, height, x, y }: Bitmap): boolean {
    return this.#refusals < MOST_REFUSALS && format in glzFormats && x === width && y === height &&
      width * height <= this.#windowPixels;
  }

  /**
   * Calls `done` once; null: the picture is not in the dictionary, and travels in another way.
   * deflate: it is packed once more.
   */
  encode(bitmap: Bitmap, deflate: boolean, done: (image: Image | null) => void): void {
    const dictionary = this.#dictionary;
    const plan = {
      n: dictionary,
      windowPixels: this.#windowPixels,
      firstId: this.#firstId,
      deflate,
    };
    this.#works.encodeGlz(bitmap, plan, (image) => {
      // what an earlier dictionary made refers to what the client never gets
      if (dictionary !== this.#dictionary) return done(null);
      if (image) this.#encoded++, this.#refusals = 0;
      else this.#refusals++, this.restart();
      done(image);
    });
  }

  /** Begins anew: pictures that are being encoded will not be sent. */
  restart(): void {
    this.#works.dropGlz(this.#dictionary);
    this.#dictionary = ++lastDictionary;
    this.#firstId = this.#encoded;
  }

  [Symbol.dispose](): void {
    this.#works.dropGlz(this.#dictionary);
  }
}
