import { pastWord } from "../core/binary/words.ts";
import { type Bitmap, ImageFlags } from "../core/protocol/image.ts";

/** IMAGE_CACHE_MAX_ITEMS in image-cache.cpp. */
const MOST = 2;
const MOST_BYTES = 32 << 20;

/**
 * The last pictures that the guest asked to be cached, by id, as libspice's renderer keeps them: a
 * guest that soon shows something else under such an id sees the first picture again. Caches of
 * clients go by the id too, and so does every other part of this server when the border between
 * guest memory and drawings settles here what an id means.
 */
export class RecentImages {
  /** The most recently used first. */
  readonly #kept: Kept[] = [];
  /** What the last one to leave was copied to, if nobody else has seen it: memory is not asked for anew. */
  #spare: Uint8Array | null = null;

  /** The picture, or the one that this id stands for. */
  settle(bitmap: Bitmap): Bitmap {
    const at = this.#kept.findIndex(({ bitmap: { id } }) => id === bitmap.id);
    if (at >= 0) {
      const [kept] = this.#kept.splice(at, 1);
      this.#kept.unshift(kept);
      kept.lent = true;
      return { ...kept.bitmap, flags: bitmap.flags };
    }
    if (bitmap.flags & ImageFlags.cacheMe && bitmap.data.length <= MOST_BYTES) {
      // the guest will have its memory back
      this.#kept.unshift({ bitmap: { ...bitmap, data: this.#copy(bitmap.data) }, lent: false });
      if (this.#kept.length > MOST) this.#leave(this.#kept.pop()!);
    }
    return bitmap;
  }

  clear(): void {
    this.#kept.length = 0;
    this.#spare = null;
  }

  #copy(data: Uint8Array): Uint8Array {
    const at = pastWord(data), size = at + data.length;
    let room = this.#spare;
    // much larger than what is in it, it would be held for nothing
    if (room === null || room.length < size || room.length > 2 * size) room = new Uint8Array(size);
    else this.#spare = null;
    const copy = room.subarray(at, size);
    copy.set(data);
    return copy;
  }

  #leave({ bitmap: { data }, lent }: Kept): void {
    if (!lent) this.#spare = new Uint8Array(data.buffer);
  }
}

interface Kept {
  readonly bitmap: Bitmap;
  /** Others have its bytes: they stay as they are. */
  lent: boolean;
}
