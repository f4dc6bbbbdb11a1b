import type { ChannelWait } from "../../core/protocol/base.ts";
import type { ResourceId } from "../../core/protocol/display.ts";

const DISPLAY = 2;
const PIXMAP = 1;
/**
 * What one entry costs us, whatever it costs the client: bounds a cache of tiny images. All of them may
 * be dropped with one message, whose count has 16 bits.
 */
const MAX_ENTRIES = 0xffff;

interface Entry {
  readonly pixels: number;
  /** How it lost something; null: it is exact. */
  lossy: string | null;
  /** The latest message of each display channel that used it. */
  readonly uses: Map<number, bigint>;
}

/**
 * What one client keeps of the images that it was sent: we decide, it obeys. All display channels
 * of the client share it, so what one drops another must be done with: hence the wait lists.
 * Source of truth: dcc-send.cpp and pixmap-cache.cpp; facts of spice-gtk: it waits for an image
 * that is not in its cache, so a wrong reference hangs the channel for good.
 */
export class PixmapCache {
  readonly #entries = new Map<bigint, Entry>();
  readonly #limit: number;
  /** The latest message of each display channel that dropped something. */
  readonly #drops = new Map<number, bigint>();
  #pixels = 0;
  #everLossy = false;

  /** limitPixels: what the client's INIT says; nonsense counts as nothing. */
  constructor(limitPixels: bigint) {
    this.#limit = limitPixels > 0n && limitPixels <= 1n << 40n ? Number(limitPixels) : 0;
  }

  get pixels(): number {
    return this.#pixels;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The client has it, as things stand. */
  has(id: bigint): boolean {
    return this.#entries.has(id);
  }

  /** How the client's has lost something; null: it has not, or is not there. */
  lossy(id: bigint): string | null {
    return this.#entries.get(id)?.lossy ?? null;
  }

  /** The client has it, exact or in this way lossy. */
  serves(id: bigint, lossy: string | null): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && (entry.lossy === null || entry.lossy === lossy);
  }

  /**
   * The message being written will use what the client has; comes back with how to ask for it. One that
   * was lossy once may be so still where another channel's messages are ahead of its replacement.
   */
  hit(id: bigint, plan: CachePlan): "fromCache" | "fromCacheLossless" {
    const entry = this.#entries.get(id)!;
    // most recently used stands last
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    plan.use(entry.uses);
    return entry.lossy === null && this.#everLossy ? "fromCacheLossless" : "fromCache";
  }

  /** The message being written carries the exact one in the place of a lossy one. */
  replace(id: bigint, plan: CachePlan): void {
    this.hit(id, plan);
    this.#entries.get(id)!.lossy = null;
  }

  /** The message being written carries it, to be kept; false: it does not fit. lossy: how it lost something. */
  add(id: bigint, pixels: number, plan: CachePlan, lossy: string | null = null): boolean {
    if (pixels > this.#limit || this.#limit === 0) return false;
    while (this.#pixels + pixels > this.#limit || this.#entries.size >= MAX_ENTRIES) {
      if (!this.#evict(plan)) return false;
    }
    const uses = new Map<number, bigint>();
    this.#entries.set(id, { pixels, uses, lossy });
    this.#everLossy ||= lossy !== null;
    this.#pixels += pixels;
    // what another channel dropped must be gone: the room is not there before, and the same image
    // may be among it, which would be dropped after it was kept
    plan.await(this.#drops);
    plan.use(uses);
    return true;
  }

  /** For the plan: its message with this serial dropped something. */
  dropped(channelId: number, serial: bigint): void {
    this.#drops.set(channelId, serial);
  }

  #evict(plan: CachePlan): boolean {
    for (const [id, entry] of this.#entries) {
      // INVARIANT: nothing that the message being written refers to is dropped before it
      if (plan.uses(entry.uses)) return false;
      this.#entries.delete(id);
      this.#pixels -= entry.pixels;
      plan.drop(id, entry.uses);
      return true;
    }
    return false;
  }
}

/** What must be said around one message because of the images in it. One for each channel, used again. */
export class CachePlan {
  #used: Map<number, bigint>[] = [];
  #dropped: ResourceId[] = [];
  #waits = new Map<number, bigint>();
  /** Waited for by earlier messages. */
  readonly #waited = new Map<number, bigint>();

  /** channelId: of the display channel that this message is for. */
  constructor(readonly channelId: number, readonly cache: PixmapCache) {}

  use(uses: Map<number, bigint>): void {
    this.await(uses);
    this.#used.push(uses);
  }

  uses(uses: Map<number, bigint>): boolean {
    return this.#used.includes(uses);
  }

  drop(id: bigint, uses: Map<number, bigint>): void {
    this.await(uses);
    this.#dropped.push({ type: PIXMAP, id });
  }

  /** Other channels' messages that the client must have handled first. */
  await(messages: ReadonlyMap<number, bigint>): void {
    for (const [channelId, serial] of messages) {
      if (channelId === this.channelId || serial <= (this.#waited.get(channelId) ?? 0n)) continue;
      this.#waited.set(channelId, serial);
      this.#waits.set(channelId, serial);
    }
  }

  /** To be said before the message: whom to wait for, which images to drop. */
  before(): { waits: ChannelWait[]; drops: ResourceId[] } | null {
    if (this.#waits.size === 0 && this.#dropped.length === 0) return null;
    const waits = [...this.#waits].map(([channelId, messageSerial]) => ({
      channelType: DISPLAY,
      channelId,
      messageSerial,
    }));
    return { waits, drops: this.#dropped };
  }

  /** The message went out with this serial. */
  sent(serial: bigint): void {
    for (const uses of this.#used) uses.set(this.channelId, serial);
    if (this.#dropped.length > 0) this.cache.dropped(this.channelId, serial);
    this.clear();
  }

  clear(): void {
    if (this.#used.length > 0) this.#used = [];
    if (this.#dropped.length > 0) this.#dropped = [];
    if (this.#waits.size > 0) this.#waits.clear();
  }
}
