import { pastWord } from "../core/binary/words.ts";
import type { BorrowedDrawing } from "../core/guest.ts";
import { type Bitmap, ImageFlags } from "../core/protocol/image.ts";

/** IMAGE_CACHE_MAX_ITEMS in image-cache.cpp. */
const MOST = 2;
const MOST_BYTES = 32 << 20;

/**
 * The last pictures that the guest asked to be cached, by id, as libspice's renderer keeps them: a
 * guest that soon shows something else under such an id sees the first picture again. Caches of
 * clients go by the id too, and so does every other part of this server when the border between
 * guest memory and drawings settles here what an id means.
 *
 * Their pixels stay where the guest has them, on loan, and are copied when one is shown again or the
 * guest needs its memory: of a film, whose pictures are all others, none is.
 */
export class RecentImages {
  /** The most recently used first. */
  readonly #kept: Kept[] = [];
  /** What the last one to leave was copied to, if nobody else has seen it: memory is not asked for anew. */
  #spare: Uint8Array | null = null;
  /** Of the command that is being read. */
  #fresh: Kept[] = [];

  /** mostLent: larger pictures are not left on loan. */
  constructor(readonly mostLent: number) {}

  /** The picture, or the one that this id stands for. `hold` is to follow, when its command has been read. */
  settle(bitmap: Bitmap): Bitmap {
    const at = this.#kept.findIndex(({ bitmap: { id } }) => id === bitmap.id);
    if (at >= 0) {
      const [kept] = this.#kept.splice(at, 1);
      this.#kept.unshift(kept);
      if (kept.loan !== null) this.#own(kept);
      kept.seen = true;
      return { ...kept.bitmap, flags: bitmap.flags };
    }
    if (bitmap.flags & ImageFlags.cacheMe && bitmap.data.length <= MOST_BYTES) {
      const kept = { bitmap, seen: false, loan: null };
      this.#fresh.push(kept);
      this.#kept.unshift(kept);
      if (this.#kept.length > MOST) this.#leave(this.#kept.pop()!);
    }
    return bitmap;
  }

  /** The command whose pictures were settled; null: it is refused, and its memory the guest's again. */
  hold(command: BorrowedDrawing | null): void {
    if (this.#fresh.length === 0) return;
    for (const kept of this.#fresh) {
      if (!this.#kept.includes(kept)) continue;
      if (command !== null && kept.bitmap.data.length <= this.mostLent) {
        command.retain();
        kept.loan = command;
      } else this.#own(kept);
    }
    this.#fresh = [];
  }

  /** The guest needs its memory. */
  letGo(): void {
    for (const kept of this.#kept) if (kept.loan !== null) this.#own(kept);
  }

  clear(): void {
    for (const { loan } of this.#kept.splice(0)) loan?.release();
    this.#fresh = [];
    this.#spare = null;
  }

  /** Its pixels are copied: what the guest has there may change. */
  #own(kept: Kept): void {
    kept.bitmap = { ...kept.bitmap, data: this.#copy(kept.bitmap.data) };
    kept.seen = false;
    kept.loan?.release();
    kept.loan = null;
    kept.copied = true;
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

  #leave({ bitmap: { data }, seen, loan, copied }: Kept): void {
    loan?.release();
    if (copied && !seen) this.#spare = new Uint8Array(data.buffer);
  }
}

interface Kept {
  bitmap: Bitmap;
  /** Others have its bytes: they stay as they are. */
  seen: boolean;
  /** Whose pixels they are; null: our own, or of the command that is being read. */
  loan: BorrowedDrawing | null;
  /** They are our own. */
  copied?: boolean;
}
