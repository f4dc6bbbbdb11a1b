import { blit } from "./blit.ts";
import { createPixels, type Pixels } from "./pixels.ts";
import { ROP } from "./rop.ts";

/** IMAGE_CACHE_MAX_ITEMS in image-cache.cpp. */
const MOST = 2;
const MOST_PIXELS = 1 << 25;

interface Kept {
  id: bigint;
  pixels: Pixels;
}

/**
 * The last pictures that the guest asked to be cached, by id, as libspice's own renderer keeps
 * them: a guest that later shows something else under such an id sees the first picture again, as
 * it does at clients, whose caches go by the id too.
 */
export class ImageCache {
  /** The most recently used first. */
  #kept: Kept[] = [];

  find(id: bigint): Pixels | undefined {
    const at = this.#kept.findIndex((kept) => kept.id === id);
    if (at > 0) this.#kept.unshift(...this.#kept.splice(at, 1));
    return at < 0 ? undefined : this.#kept[0].pixels;
  }

  /**
   * Copies the pixels, since the guest will have its memory back; not those of a picture larger
   * than an 8K screen. The id is not there yet.
   */
  keep(id: bigint, pixels: Pixels): void {
    const { format, width, height } = pixels;
    if (width * height > MOST_PIXELS) return;
    const old = this.#kept.length < MOST ? undefined : this.#kept.pop()!.pixels;
    const fits = old && old.format === format && old.items.length >= width * height;
    const copy = fits
      ? { ...old, width, height, step: width }
      : createPixels(format, width, height);
    const whole = { top: 0, left: 0, bottom: height, right: width };
    if (width > 0 && height > 0) blit(copy, [whole], pixels, 0, 0, ROP.copy);
    this.#kept.unshift({ id, pixels: copy });
  }

  clear(): void {
    this.#kept = [];
  }
}
