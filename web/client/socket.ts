/// <reference lib="dom" />
/** A browser's WebSocket: a stream of bytes while a channel is linked, and calls from then on. */
import type { Duplex, Remote } from "../../core/link/duplex.ts";

/** No WebSocket stands: nothing answers there, or what answers opens none. */
export class Unopened extends Error {
  override name = "Unopened";
}

export class SocketStream implements Duplex {
  readonly remote: Remote;
  readonly #socket: WebSocket;
  /** What came and was not read. */
  #chunks: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | null = null;
  #onBytes: ((bytes: Uint8Array) => void) | null = null;
  #onEnd: (() => void) | null = null;

  private constructor(socket: WebSocket, url: string) {
    this.#socket = socket;
    const { hostname, protocol } = new URL(url);
    this.remote = {
      address: hostname,
      transport: "tcp",
      secure: protocol === "wss:",
      webSocket: true,
    };
    socket.onmessage = ({ data }) => this.#came(new Uint8Array(data as ArrayBuffer));
    socket.onclose = () => this.#over();
  }

  /** Resolves when the WebSocket stands; rejects when the server cannot be reached or refuses it. */
  static open(url: string, signal: AbortSignal): Promise<SocketStream> {
    const socket = new WebSocket(url, "binary");
    socket.binaryType = "arraybuffer";
    const stream = new SocketStream(socket, url);
    return new Promise((resolve, reject) => {
      const fail = () => {
        stream.close();
        reject(new Unopened("The server cannot be reached"));
      };
      if (signal.aborted) return fail();
      signal.addEventListener("abort", fail, { once: true });
      socket.onopen = () => resolve(stream);
      socket.onerror = fail;
    });
  }

  /** Either end has closed it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** From now on bytes come as calls, those that were not read first; `read` is over. */
  flow(onBytes: (bytes: Uint8Array) => void, onEnd: () => void): void {
    this.#onBytes = onBytes;
    this.#onEnd = onEnd;
    const early = this.#chunks;
    this.#chunks = [];
    for (const chunk of early) onBytes(chunk);
    if (this.#ended) onEnd();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const first = this.#chunks[0];
    const n = Math.min(first.length, into.length);
    into.set(first.subarray(0, n));
    if (n === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(n);
    return n;
  }

  write(bytes: Uint8Array): Promise<number> {
    this.send(bytes as Uint8Array<ArrayBuffer>);
    return Promise.resolve(bytes.length);
  }

  /** Hands bytes to the browser, which copies them; after the end it does nothing. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  /** What the browser still holds of it. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(): void {
    this.#socket.close();
    this.#over();
  }

  #came(bytes: Uint8Array): void {
    if (this.#ended) return;
    if (this.#onBytes) return this.#onBytes(bytes);
    this.#chunks.push(bytes);
    this.#awake();
  }

  #over(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#awake();
    this.#onEnd?.();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
