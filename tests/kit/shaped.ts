/** A narrow and long way to a port of this machine, for any number of connections together. */

export interface Way {
  /** Each direction's, for all connections together. */
  readonly bitsPerSecond: number;
  /** Each direction's. */
  readonly delayMs: number;
  /** Bytes that may wait at the narrow place; beyond, the sender waits. */
  readonly queueBytes: number;
}

export interface Shaped {
  readonly port: number;
  close(): void;
}

/** One direction. */
class Lane {
  #freeMs = 0;
  #waiting = 0;
  #wake: (() => void)[] = [];

  constructor(readonly way: Way) {}

  /** Takes bytes when there is room; resolves to the moment at which they arrive. */
  async enter(bytes: number): Promise<number> {
    while (this.#waiting >= this.way.queueBytes) {
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
    this.#waiting += bytes;
    const now = performance.now();
    this.#freeMs = Math.max(this.#freeMs, now) + bytes * 8000 / this.way.bitsPerSecond;
    setTimeout(() => {
      this.#waiting -= bytes;
      for (const wake of this.#wake.splice(0)) wake();
    }, this.#freeMs - now);
    return this.#freeMs + this.way.delayMs;
  }
}

/** Listens on a port of this machine, and leads to another. */
export function shaped(port: number, way: Way): Shaped {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const up = new Lane(way), down = new Lane(way);
  const connections = new Set<Deno.Conn>();
  (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      near.setNoDelay(true);
      far.setNoDelay(true);
      for (const each of [near, far]) connections.add(each);
      carry(near, far, up);
      carry(far, near, down);
    }
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    close() {
      listener.close();
      for (const each of connections) close(each);
    },
  };
}

async function carry(from: Deno.Conn, to: Deno.Conn, lane: Lane): Promise<void> {
  // what a packet holds, a few of them together
  const buffer = new Uint8Array(6000);
  let last: Promise<unknown> = Promise.resolve();
  try {
    for (let n; (n = await from.read(buffer)) !== null;) {
      const bytes = buffer.slice(0, n);
      const atMs = await lane.enter(n);
      last = last.then(async () => {
        const early = atMs - performance.now();
        if (early > 0) await new Promise((wake) => setTimeout(wake, early));
        for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
      });
      last.catch(() => close(from));
    }
    await last;
  } catch {
    // either end is gone
  }
  close(from);
  close(to);
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // it was closed before
  }
}
