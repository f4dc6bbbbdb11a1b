/** Holds back who would go on: shut and opened by one side, waited at by the other. */
export class Gate {
  #shut: { promise: Promise<void>; open(): void } | null = null;

  /** What to wait for; null: it is open. */
  get closed(): Promise<void> | null {
    return this.#shut?.promise ?? null;
  }

  /** May be called again. */
  shut(): void {
    if (this.#shut) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#shut = { promise, open: resolve };
  }

  /** May be called again. */
  open(): void {
    this.#shut?.open();
    this.#shut = null;
  }
}
