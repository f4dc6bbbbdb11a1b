import { Interrupt, RELEASE_RING_SIZE } from "./memory.ts";
import type { Interrupts } from "./interrupts.ts";
import { Ring } from "./ring.ts";
import type { VideoMemory } from "./video_memory.ts";

/** QXL_FREE_BUNCH_SIZE in QEMU's qxl.c */
const BUNCH = 32;

/**
 * What the guest gets back: commands are chained through their release_info, and a chain goes
 * onto the ring when it is long enough. Source: interface_release_resource and qxl_push_free_res.
 */
export class Releases {
  readonly #view: DataView;
  readonly #ring: Ring;
  readonly #interrupts: Interrupts;
  /** Of the chain that is being made: how long, and where its last release_info is. */
  #count = 0;
  #last = 0;
  /** While the guest is out of memory everything is collected, then pushed at once. */
  holding = false;

  constructor(memory: VideoMemory, ringAt: number, interrupts: Interrupts) {
    this.#view = memory.view;
    this.#ring = new Ring(memory.words, ringAt, RELEASE_RING_SIZE, 8);
    this.#interrupts = interrupts;
  }

  /** Empty and forgotten: the guest starts anew. */
  reset(): void {
    this.#ring.init();
    this.#view.setBigUint64(this.#ring.next, 0n, true);
    this.#count = 0;
  }

  /** Commands in the chain that the guest cannot see yet. */
  get held(): number {
    return this.#count;
  }

  /** The guest has not taken all that was pushed. */
  get unread(): boolean {
    return this.#ring.length !== 0;
  }

  /** info: byte offset of the command's release_info, which was checked when the command came. */
  add(info: number): void {
    const view = this.#view;
    const low = view.getUint32(info, true), high = view.getUint32(info + 4, true);
    const to = this.#count === 0 ? this.#ring.next : this.#last;
    view.setUint32(to, low, true);
    view.setUint32(to + 4, high, true);
    view.setUint32(info, 0, true);
    view.setUint32(info + 4, 0, true);
    this.#last = info;
    this.#count++;
    if (!this.holding && this.#count >= BUNCH) this.flush();
  }

  /** Gives the guest what there is, if the ring has room. */
  flush(): void {
    // SPEC: one item stays free, as in QEMU: it is the head of the chain being made
    if (this.#count === 0 || this.#ring.length + 1 >= this.#ring.count) return;
    const notify = this.#ring.push();
    this.#view.setBigUint64(this.#ring.next, 0n, true);
    this.#count = 0;
    if (notify) this.#interrupts.raise(Interrupt.display);
  }
}
