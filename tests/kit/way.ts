/** A way to a port that may lose everything for a while without a word, be cut, or end nowhere. */
export class Way implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #live = new Set<Deno.Conn>();
  /** Resolves when bytes travel again; null: they do. */
  #stalled: PromiseWithResolvers<void> | null = null;
  /** Where it leads; null: nobody answers there. */
  target: number | null;

  constructor(target: number) {
    this.target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** From now on nothing arrives, and nothing is closed. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers();
  }

  /** What was held back arrives, and what comes after it. */
  resume(): void {
    this.#stalled?.resolve();
    this.#stalled = null;
  }

  /** Ends every connection that stands. */
  cut(): void {
    for (const conn of [...this.#live]) this.#end(conn);
  }

  async #accept(): Promise<void> {
    try {
      for await (const near of this.#listener) {
        this.#live.add(near);
        this.#join(near).catch(() => {});
      }
    } catch { /* it was closed */ }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    let far: Deno.TcpConn | null = null;
    try {
      await this.#stalled?.promise;
      if (this.target === null) return;
      far = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      if (!this.#live.has(near)) return far.close();
      this.#live.add(far);
      near.setNoDelay(true);
      far.setNoDelay(true);
      await Promise.race([this.#carry(near, far), this.#carry(far, near)]);
    } finally {
      this.#end(near);
      if (far) this.#end(far);
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(1 << 16);
    for (let n; (n = await from.read(buffer)) !== null;) {
      await this.#stalled?.promise;
      for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
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
    this.resume();
    this.cut();
    return Promise.resolve();
  }
}
