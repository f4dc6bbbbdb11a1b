/** A stream of ours as node:http wants its sockets, and back again when a WebSocket begins. */
import { Duplex as NodeDuplex } from "node:stream";
import type { Duplex } from "../core/link/duplex.ts";
import { writeAll } from "../core/link/exact.ts";

const READ_BYTES = 16 << 10;

/** A socket for `server.emit("connection")`. */
export class NodeSocket extends NodeDuplex {
  readonly #inner: Duplex;
  #reading: Promise<Uint8Array | null> | null = null;
  #detached = false;

  constructor(inner: Duplex) {
    super({ allowHalfOpen: false });
    this.#inner = inner;
  }

  override _read(): void {
    if (this.#detached || this.#reading !== null) return;
    const reading = this.#reading = this.#next();
    reading.then((bytes) => {
      if (this.#detached) return;
      this.#reading = null;
      this.push(bytes);
    }, (error) => this.destroy(error));
  }

  override _write(bytes: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    writeAll(this.#inner, bytes).then(() => done(), done);
  }

  override _writev(
    parts: { chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ): void {
    const bytes = new Uint8Array(parts.reduce((sum, { chunk }) => sum + chunk.length, 0));
    let at = 0;
    for (const { chunk } of parts) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this._write(bytes, "", done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#detached) this.#inner.close();
    done(error);
  }

  /**
   * The stream itself, from where node:http stopped to read it: this socket is over. rest: bytes that
   * were read and belong to whatever comes now.
   */
  detach(rest: Uint8Array): Duplex {
    this.#detached = true;
    const left: Uint8Array[] = rest.length > 0 ? [rest] : [];
    for (let chunk; (chunk = this.read() as Uint8Array | null) !== null;) left.push(chunk);
    this.removeAllListeners();
    this.on("error", () => {});
    return new Rest(this.#inner, left, this.#reading);
  }

  /** Ends when all is written: what node:http does after an answer that closes. */
  destroySoon(): void {
    this.end(() => this.destroy());
  }

  /** For node:http, which asks its sockets for more than streams can do. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }

  async #next(): Promise<Uint8Array | null> {
    const buffer = new Uint8Array(READ_BYTES);
    const n = await this.#inner.read(buffer);
    return n === null ? null : buffer.subarray(0, n);
  }
}

/** A stream whose next bytes were read already, or are being read. */
class Rest implements Duplex {
  readonly #inner: Duplex;
  readonly #left: Uint8Array[];
  #reading: Promise<Uint8Array | null> | null;

  constructor(inner: Duplex, left: Uint8Array[], reading: Promise<Uint8Array | null> | null) {
    this.#inner = inner;
    this.#left = left;
    this.#reading = reading;
    reading?.catch(() => {});
  }

  get remote() {
    return this.#inner.remote;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#left.length === 0 && this.#reading !== null) {
      const bytes = await this.#reading;
      this.#reading = null;
      if (bytes === null) return null;
      this.#left.push(bytes);
    }
    const first = this.#left.at(0);
    if (first === undefined) return this.#inner.read(into);
    const n = Math.min(first.length, into.length);
    into.set(first.subarray(0, n));
    if (n === first.length) this.#left.shift();
    else this.#left[0] = first.subarray(n);
    return n;
  }

  write(bytes: Uint8Array, lastAt?: number): Promise<number> {
    return this.#inner.write(bytes, lastAt);
  }

  close(): void {
    this.#inner.close();
  }
}
