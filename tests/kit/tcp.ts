import net from "node:net";
import type { Duplex, Remote } from "../../core/link/duplex.ts";

/** A TCP connection that can do what only bad clients do. */
export interface TestTcp extends Duplex {
  /** Ends it with RST instead of an orderly close. */
  reset(): void;
}

/** Connects to a port; from: another of this machine's addresses (127.0.0.2 and so on). */
export async function connectTcp(
  port: number,
  from?: string,
  host = "127.0.0.1",
): Promise<TestTcp> {
  const socket = net.connect({ port, host, localAddress: from });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return new NodeTcp(socket);
}

class NodeTcp implements TestTcp {
  readonly remote: Remote = {
    address: "127.0.0.1",
    transport: "tcp",
    secure: false,
    webSocket: false,
  };
  /** What came and was not taken; nothing more is taken from the socket meanwhile. */
  #left = new Uint8Array(0);
  #ended = false;
  #error: Error | null = null;
  #wake = () => {};

  constructor(readonly socket: net.Socket) {
    socket.pause();
    socket.setNoDelay(true);
    socket.on("data", (bytes: Uint8Array<ArrayBuffer>) => {
      socket.pause();
      this.#left = this.#left.length === 0 ? bytes : new Uint8Array([...this.#left, ...bytes]);
      this.#wake();
    });
    socket.on("end", () => this.#end(null));
    socket.on("close", () => this.#end(null));
    socket.on("error", (error: Error) => this.#end(error));
  }

  #end(error: Error | null): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#left.length === 0) {
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      this.socket.resume();
      await new Promise<void>((wake) => this.#wake = wake);
    }
    const n = Math.min(into.length, this.#left.length);
    into.set(this.#left.subarray(0, n));
    this.#left = this.#left.subarray(n);
    return n;
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#error ?? new Error("The connection has ended"));
      this.socket.write(bytes.slice(), (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  close(): void {
    this.socket.destroy();
    this.#end(null);
  }

  reset(): void {
    this.socket.resetAndDestroy();
    this.#end(null);
  }
}
