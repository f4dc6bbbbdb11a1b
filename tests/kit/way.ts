/** A port of this machine, or the path of a Unix socket. */
type Place = number | string;

/**
 * A way to a socket that may lose everything for a while without a word, be cut as if the far end had
 * died, or end nowhere.
 */
export class Way implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #live = new Set<Deno.Conn>();
  /** Resolves when bytes travel again; null: they do. */
  #stalled: PromiseWithResolvers<void> | null = null;
  /** Streams so far. */
  count = 0;
  /** Where it leads; null: nobody answers there. */
  target: Place | null;

  /** at: where it begins; 0: at any port. */
  constructor(target: Place, at: Place = 0) {
    this.target = target;
    this.#listener = typeof at === "string"
      ? Deno.listen({ transport: "unix", path: at })
      : Deno.listen({ hostname: "127.0.0.1", port: at });
    this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Both ends of one stream are there. */
  get whole(): boolean {
    return this.#live.size === 2;
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

  /** Ends every connection that stands; false: there was none. */
  cut(): boolean {
    const { size } = this.#live;
    for (const conn of [...this.#live]) this.#end(conn);
    return size > 0;
  }

  async #accept(): Promise<void> {
    try {
      for await (const near of this.#listener) {
        this.count++;
        this.#live.add(near);
        this.#join(near).catch(() => {});
      }
    } catch { /* it was closed */ }
  }

  async #join(near: Deno.Conn): Promise<void> {
    let far: Deno.Conn | null = null;
    try {
      await this.#stalled?.promise;
      if (this.target === null) return;
      far = await dial(this.target);
      // it may have been cut meanwhile
      if (!this.#live.has(near)) return far.close();
      this.#live.add(far);
      for (const conn of [near, far]) if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay();
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

const dial = (place: Place): Promise<Deno.Conn> =>
  typeof place === "string"
    ? Deno.connect({ transport: "unix", path: place })
    : Deno.connect({ hostname: "127.0.0.1", port: place });
