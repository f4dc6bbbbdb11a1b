/** Unix sockets in front of others, whose streams can be cut as if the far end had died. */
export class Cut implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #live = new Set<Deno.Conn>();
  /** Streams so far. */
  count = 0;

  constructor(readonly path: string, target: string) {
    const listener = this.#listener = Deno.listen({ transport: "unix", path });
    (async () => {
      for await (const near of listener) {
        this.count++;
        this.#live.add(near);
        this.#join(near, target).catch(() => {});
      }
    })().catch(() => {});
  }

  /** Both ends of one stream are there. */
  get whole(): boolean {
    return this.#live.size === 2;
  }

  /** Ends what there is; false: there was nothing. */
  cut(): boolean {
    const { size } = this.#live;
    for (const conn of [...this.#live]) this.#end(conn);
    return size > 0;
  }

  async #join(near: Deno.Conn, path: string): Promise<void> {
    let far: Deno.Conn | null = null;
    try {
      far = await Deno.connect({ transport: "unix", path });
      // it may have been cut meanwhile
      if (!this.#live.has(near)) return far.close();
      this.#live.add(far);
      await Promise.race([
        near.readable.pipeTo(far.writable),
        far.readable.pipeTo(near.writable),
      ]);
    } finally {
      this.#end(near);
      if (far) this.#end(far);
    }
  }

  #end(conn: Deno.Conn): void {
    if (!this.#live.delete(conn)) return;
    try {
      conn.close();
    } catch { /* it has ended by itself */ }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    return Promise.resolve();
  }
}
