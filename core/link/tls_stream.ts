/** TLS by node:tls over any stream, at either end. */
import { Duplex as NodeDuplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Duplex, Remote } from "./duplex.ts";
import { writeAll } from "./exact.ts";

const READ_BYTES = 64 << 10;
/** What is encrypted at once; bounds the copies of it. */
const WRITE_BYTES = 256 << 10;
/** How long the closing message may take to leave. */
const CLOSE_MS = 250;

/** The same stream inside TLS, as `make` wants it. The handshake goes on while the first read waits. */
export class TlsStream implements Duplex {
  readonly remote: Remote;
  readonly #inner: Duplex;
  readonly #below: NodeDuplex;
  readonly #socket: TLSSocket;
  #error?: Error;
  #wake?: () => void;
  #closing?: ReturnType<typeof setTimeout>;

  constructor(inner: Duplex, make: (below: NodeDuplex) => TLSSocket) {
    this.#inner = inner;
    this.remote = { ...inner.remote, secure: true };
    this.#below = encrypted(inner);
    const socket = this.#socket = make(this.#below);
    const changed = () => this.#wake?.();
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("The connection was closed")));
    socket.on("readable", changed);
    socket.on("end", changed);
  }

  async read(into: Uint8Array): Promise<number | null> {
    const socket = this.#socket;
    for (;;) {
      if (this.#closing !== undefined) throw this.#error!;
      const size = Math.min(into.length, socket.readableLength);
      const bytes: Uint8Array | null = size > 0 ? socket.read(size) : null;
      if (bytes !== null) {
        into.set(bytes);
        return bytes.length;
      }
      if (socket.readableEnded) return null;
      if (this.#error !== undefined) throw this.#error;
      // makes the stream fetch more, or notice its end
      socket.read(0);
      await new Promise<void>((wake) => this.#wake = wake);
    }
  }

  /**
   * SPEC: the last message of a burst gets a record of its own. spice-gtk looks for its next message
   * only while its socket has something to read, and does not see what OpenSSL has taken out of the
   * socket already: of several messages in the last record all but the first would wait, for as long
   * as nothing else comes. While a record is still in the socket, those before it are read to their end.
   */
  write(bytes: Uint8Array, lastAt = 0): Promise<number> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const n = Math.min(lastAt || bytes.length, WRITE_BYTES);
    const part = n === bytes.length ? bytes : bytes.subarray(0, n);
    return new Promise((resolve, reject) =>
      this.#socket.write(part, (error) => error ? reject(error) : resolve(n))
    );
  }

  close(): void {
    if (this.#closing !== undefined) return;
    const broken = this.#error !== undefined;
    this.#error ??= new Error("The connection was closed at this end");
    const end = () => {
      clearTimeout(this.#closing);
      this.#socket.destroy();
      this.#inner.close();
    };
    this.#closing = setTimeout(end, CLOSE_MS);
    this.#wake?.();
    // tells the other end that nothing was cut off, if it takes that
    if (broken) end();
    else this.#socket.end(() => this.#below.end(end));
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
    this.close();
  }
}

/** The stream below as node:tls wants it. */
function encrypted(inner: Duplex): NodeDuplex {
  const buffer = new Uint8Array(READ_BYTES);
  const write = (
    parts: readonly Uint8Array[],
    done: (error?: Error) => void,
  ) => {
    (async () => {
      for (const part of parts) await writeAll(inner, part);
    })().then(() => done(), done);
  };
  return new NodeDuplex({
    read() {
      inner.read(buffer).then(
        (n) => this.push(n === null ? null : buffer.slice(0, n)),
        (error) => this.destroy(error),
      );
    },
    write: (part: Uint8Array, _, done) => write([part], done),
    writev: (parts: { chunk: Uint8Array }[], done) => write(parts.map(({ chunk }) => chunk), done),
    destroy(error, done) {
      inner.close();
      done(error);
    },
  });
}
