/** The rings that guest and card share. Source: ipc_ring.h. */

// the header that every ring has, in 32-bit words
const NUM_ITEMS = 0, PROD = 1, NOTIFY_ON_PROD = 2, CONS = 3, NOTIFY_ON_CONS = 4;
const HEADER_BYTES = 20;

/**
 * One ring, for either end. Indices are free-running u32; the other end may write anything at any
 * moment, so the number of items is ours and never read back.
 */
export class Ring {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #items: number;

  /** at: byte offset of the ring in words; count: a power of two. */
  constructor(words: Int32Array, at: number, readonly count: number, readonly itemBytes: number) {
    this.#words = words;
    this.#at = at >> 2;
    this.#items = at + HEADER_BYTES;
  }

  /** SPICE_RING_INIT */
  init(): void {
    this.#set(NUM_ITEMS, this.count);
    this.#set(PROD, 0);
    this.#set(CONS, 0);
    this.#set(NOTIFY_ON_PROD, 1);
    this.#set(NOTIFY_ON_CONS, 0);
  }

  #get(field: number): number {
    return Atomics.load(this.#words, this.#at + field) >>> 0;
  }

  #set(field: number, value: number): void {
    Atomics.store(this.#words, this.#at + field, value | 0);
  }

  /** Items that wait: 0 is empty, `count` is full, more is nonsense that the other end wrote. */
  get length(): number {
    return (this.#get(PROD) - this.#get(CONS)) >>> 0;
  }

  /** SPICE_RING_PROD_ITEM: byte offset of the item to fill before `push`. */
  get next(): number {
    return this.#items + (this.#get(PROD) & (this.count - 1)) * this.itemBytes;
  }

  /** SPICE_RING_CONS_ITEM: byte offset of the item to take before `pop`. */
  get first(): number {
    return this.#items + (this.#get(CONS) & (this.count - 1)) * this.itemBytes;
  }

  /** SPICE_RING_PUSH. True: the consumer wants to be told. */
  push(): boolean {
    const prod = Atomics.add(this.#words, this.#at + PROD, 1) + 1;
    return prod >>> 0 === this.#get(NOTIFY_ON_PROD);
  }

  /** SPICE_RING_POP. True: the producer wants to be told. */
  pop(): boolean {
    const cons = Atomics.add(this.#words, this.#at + CONS, 1) + 1;
    return cons >>> 0 === this.#get(NOTIFY_ON_CONS);
  }

  /** SPICE_RING_PROD_WAIT: asks to be told of the next pop. True: still full. */
  waitForRoom(): boolean {
    if (this.length < this.count) return false;
    this.#set(NOTIFY_ON_CONS, this.#get(CONS) + 1);
    return this.length >= this.count;
  }

  /** SPICE_RING_CONS_WAIT: asks to be told of the next push. True: still empty. */
  waitForItems(): boolean {
    if (this.length > 0) return false;
    this.#set(NOTIFY_ON_PROD, this.#get(PROD) + 1);
    return this.length === 0;
  }
}
