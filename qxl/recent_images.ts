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
  #kept: Bitmap[] = [];

  /** The picture, or the one that this id stands for. */
  settle(bitmap: Bitmap): Bitmap {
    const at = this.#kept.findIndex(({ id }) => id === bitmap.id);
    if (at >= 0) {
      const [kept] = this.#kept.splice(at, 1);
      this.#kept.unshift(kept);
      return { ...kept, flags: bitmap.flags };
    }
    if (bitmap.flags & ImageFlags.cacheMe && bitmap.data.length <= MOST_BYTES) {
      // the guest will have its memory back
      this.#kept.unshift({ ...bitmap, data: bitmap.data.slice() });
      this.#kept.length = Math.min(this.#kept.length, MOST);
    }
    return bitmap;
  }

  clear(): void {
    this.#kept = [];
  }
}
