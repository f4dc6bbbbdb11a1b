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

/** A picture that the dictionary has, and whose channel has yet to send it. */
export interface GlzPicture {
  readonly image: Image;
  readonly sender: object;
}

let lastDictionary = 0;

/**
 * What all display channels of one client were sent, as a dictionary for what comes.
 *
 * INVARIANT: a picture that was encoded is sent, and in this order, over all channels: the client waits
 * for each, and one that came late could stand behind a message that waits for another channel. Who
 * cannot keep that calls `restart`.
 */
export class GlzEncoder implements Disposable {
  readonly #works: GlzWorks;
  readonly #windowPixels: number;
  /** How many pictures the client was sent. */
  #sent = 0;
  /** Encoded and to be sent, in this order. */
  readonly #unsent: GlzPicture[] = [];
  /** Those who wait for their turn. */
  readonly #waiting = new Set<() => void>();
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
   * deflate: it is packed once more; sender: the channel that it is for.
   */
  encode(
    bitmap: Bitmap,
    deflate: boolean,
    sender: object,
    done: (picture: GlzPicture | null) => void,
  ): void {
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
      const picture = image && { image, sender };
      if (picture) this.#unsent.push(picture), this.#refusals = 0;
      else this.#refusals++, this.restart();
      done(picture);
    });
  }

  /**
   * Whether the picture may be sent: no other channel has an earlier one. never: the dictionary began
   * anew, without it.
   */
  turn(picture: GlzPicture): "now" | "later" | "never" {
    if (!this.#unsent.includes(picture)) return "never";
    const first = this.#unsent.find((each) => each === picture || each.sender !== picture.sender);
    return first === picture ? "now" : "later";
  }

  /** Calls once when another's turn may have come. */
  whenTurn(call: () => void): void {
    this.#waiting.add(call);
  }

  /** The picture is being sent: it was its turn. */
  sent(picture: GlzPicture): void {
    this.#unsent.splice(this.#unsent.indexOf(picture), 1);
    this.#sent++;
    this.#wake();
  }

  /** Begins anew, without what has not been sent. */
  restart(): void {
    this.#works.dropGlz(this.#dictionary);
    this.#dictionary = ++lastDictionary;
    this.#unsent.length = 0;
    this.#firstId = this.#sent;
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call();
  }

  [Symbol.dispose](): void {
    this.#works.dropGlz(this.#dictionary);
  }
}
