import { Allocator } from "./allocator.ts";
import type { Card } from "./device.ts";
import { Port } from "./ports.ts";
import type { Ring } from "./ring.ts";

/** Card memory that one thing has. */
export interface Piece {
  readonly allocator: Allocator;
  readonly slot: number;
  /** In the slot, and in its BAR. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface DriverMemoryOptions {
  /** Where in the RAM BAR the driver's part begins, and where the header is. */
  readonly start: number;
  readonly header: number;
  readonly mainSlot: number;
  readonly surfaceSlot: number;
  /** What the card gives back. */
  readonly releases: Ring;
}

/** The driver's book of card memory: what is taken, and what the card has given back. */
export class DriverMemory {
  readonly #card: Card;
  readonly #view: DataView;
  readonly #ram: Allocator;
  readonly #vram: Allocator;
  readonly #mainSlot: number;
  readonly #surfaceSlot: number;
  readonly #releases: Ring;
  /** What else ends when a command comes back, by its release id. */
  readonly #whenFreed = new Map<number, () => void>();

  constructor(card: Card, options: DriverMemoryOptions) {
    this.#card = card;
    const { ram, vram } = card;
    this.#view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
    this.#ram = new Allocator(options.start, options.header);
    this.#vram = new Allocator(0, vram.length);
    this.#mainSlot = options.mainSlot;
    this.#surfaceSlot = options.surfaceSlot;
    this.#releases = options.releases;
  }

  /** Frees the piece when the command at `at` comes back. */
  freeWith(at: number, { allocator, offset }: Piece): void {
    this.#whenFreed.set(at, () => allocator.free(offset));
  }

  /** RAM for a command. RangeError: there is none. */
  take(size: number): number {
    if (this.#releases.length !== 0) this.#reclaim();
    const at = this.#or(() => this.#ram.take(size));
    if (at < 0) throw new RangeError(`Card memory has no ${size} bytes left: make ramSize larger`);
    return at;
  }

  /** For a surface: in VRAM, in RAM, and only then where the card must give something back first. */
  surface(size: number): Piece {
    const { ram, vram } = this.#card;
    const places = [
      { allocator: this.#vram, bar: vram, slot: this.#surfaceSlot },
      { allocator: this.#ram, bar: ram, slot: this.#mainSlot },
    ];
    this.#reclaim();
    for (const pressing of [false, true]) {
      for (const { allocator, bar, slot } of places) {
        const take = () => allocator.take(size);
        const offset = pressing ? this.#or(take) : take();
        if (offset < 0) continue;
        return { allocator, slot, offset, bytes: bar.subarray(offset, offset + size) };
      }
    }
    throw new RangeError(`Card memory has no ${size} bytes left: make vramSize larger`);
  }

  /** Tries again as long as the card gives something back. */
  #or(take: () => number): number {
    for (let at = take(), port = Port.flushRelease;; at = take(), port = Port.notifyOom) {
      if (at >= 0) return at;
      this.#card.ioWrite(port, 0);
      if (!this.#reclaim() && port === Port.notifyOom) return -1;
    }
  }

  /** Frees what the card has given back. False: that was nothing. */
  #reclaim(): boolean {
    const view = this.#view;
    if (this.#releases.length === 0) return false;
    while (this.#releases.length !== 0) {
      let id = view.getUint32(this.#releases.first, true);
      this.#releases.pop();
      while (id !== 0) {
        const next = view.getUint32(id, true);
        this.#ram.free(id);
        const more = this.#whenFreed.size > 0 && this.#whenFreed.get(id);
        if (more) {
          this.#whenFreed.delete(id);
          more();
        }
        id = next;
      }
    }
    return true;
  }
}
