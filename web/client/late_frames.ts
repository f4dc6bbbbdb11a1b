/**
 * Frames of a stream that wait for the sound that was made with them, in order; on a machine that
 * decodes them too slowly those are left out that others overtake. What is drawn meanwhile
 * does not wait: servers cut what lies over a film out of it, as clients show frames late.
 */
import type { After } from "./after.ts";

/** More than these are not kept waiting. */
const MOST_FRAMES = 64, MOST_BYTES = 16 << 20;
/** A timer is no more exact. */
const SOON_MS = 4;

export interface LateFrame {
  readonly bytes: number;
  /** Milliseconds until it is due; 0: it is. */
  wait(): number;
  /** Resolves when it is drawn. */
  show(): Promise<void>;
  /** The next one is due, too: it is not shown. null: later ones need it. */
  readonly skip: (() => void) | null;
}

export class LateFrames {
  readonly #after: After;
  readonly #waiting: LateFrame[] = [];
  #bytes = 0;
  #cancel = () => {};
  #showing = false;
  /** Whoever brought more than may wait. */
  readonly #held: (() => void)[] = [];

  constructor(after: After) {
    this.#after = after;
  }

  /**
   * Shows it when it is due and all before it were shown. Resolves at once unless that is now, or too much
   * waits for a decoder that is slow: then when there is room, so that the server's frames wait as well.
   */
  async push(frame: LateFrame): Promise<void> {
    if (this.#waiting.length === 0 && !this.#showing && frame.wait() < SOON_MS) {
      return await this.#show(frame);
    }
    this.#waiting.push(frame);
    this.#bytes += frame.bytes;
    if (this.#waiting.length === 1 || this.#full) this.#next();
    if (this.#full) await new Promise<void>((go) => this.#held.push(go));
  }

  /** What waits is not shown any more. */
  close(): void {
    this.#cancel();
    this.#waiting.length = this.#bytes = 0;
    this.#freed();
  }

  #freed(): void {
    if (!this.#full) { for (const go of this.#held.splice(0)) go(); }
  }

  get #full(): boolean {
    return this.#waiting.length > MOST_FRAMES || this.#bytes > MOST_BYTES;
  }

  #next(): void {
    const [first] = this.#waiting;
    this.#cancel();
    if (!first || this.#showing) return;
    const { skip } = first;
    if (skip && this.#waiting.length > 1 && this.#waiting[1].wait() < SOON_MS) {
      this.#take();
      skip();
      return this.#next();
    }
    const wait = this.#full ? 0 : first.wait();
    if (wait >= SOON_MS) return void (this.#cancel = this.#after(wait, () => this.#next()));
    this.#show(this.#take()).catch(() => {});
  }

  #take(): LateFrame {
    const first = this.#waiting.shift()!;
    this.#bytes -= first.bytes;
    this.#freed();
    return first;
  }

  async #show(frame: LateFrame): Promise<void> {
    this.#showing = true;
    try {
      await frame.show();
    } finally {
      this.#showing = false;
      this.#next();
    }
  }
}
