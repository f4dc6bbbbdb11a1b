/** The card's one interrupt line. Source: qxl_send_events and qxl_update_irq in QEMU's qxl.c. */
export class Interrupts {
  readonly #words: Int32Array;
  readonly #pending: number;
  readonly #mask: number;
  readonly #listeners: ((level: boolean) => void)[] = [];
  #level = false;

  /** pending, mask: byte offsets of QXLRam.int_pending and int_mask. */
  constructor(words: Int32Array, pending: number, mask: number) {
    this.#words = words;
    this.#pending = pending >> 2;
    this.#mask = mask >> 2;
  }

  /** Whether the line is up. */
  get level(): boolean {
    return this.#level;
  }

  get mask(): number {
    return Atomics.load(this.#words, this.#mask) >>> 0;
  }

  /** Called when the line goes up or down. */
  onLevel(listener: (level: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** events: Interrupt bits. Those already pending raise nothing anew. */
  raise(events: number): void {
    const before = Atomics.or(this.#words, this.#pending, events);
    if ((before & events) !== events) this.update();
  }

  /** Looks at pending and mask again: the guest has changed one of them. */
  update(): void {
    const pending = Atomics.load(this.#words, this.#pending);
    const level = (pending & Atomics.load(this.#words, this.#mask)) !== 0;
    if (level === this.#level) return;
    this.#level = level;
    for (const listener of this.#listeners) listener(level);
  }
}
