/** TLS by node:tls over any stream, at either end. */
import { Duplex as NodeDuplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Duplex, Remote } from "./duplex.ts";
import { writeAll } from "./exact.ts";

/** What is taken from below at once: at first, and where it comes fast. */
const READ_BYTES = 16 << 10, MOST_READ_BYTES = 128 << 10;
/** What is encrypted at once; bounds the copies of it. */
const WRITE_BYTES = 256 << 10;
/** How long the closing message may take to leave. */
const CLOSE_MS = 250;

/** The same stream inside TLS, as `make` wants it. The handshake goes on while the first read waits. */
export class TlsStream implements Duplex {
  readonly remote: Remote;
  readonly #inner: Duplex;
  readonly #below: Below;
  readonly #socket: TLSSocket;
  /** What came and was not read yet. */
  readonly #came: Uint8Array[] = [];
  #ended = false;
  #closed = false;
  #error?: Error;
  #wake?: () => void;
  #closing?: ReturnType<typeof setTimeout>;

  constructor(inner: Duplex, make: (below: NodeDuplex) => TLSSocket) {
    this.#inner = inner;
    this.remote = { ...inner.remote, secure: true };
    // INVARIANT: nothing is taken from below while something waits here, nor after the other end said
    // that this was all. node:tls decrypts and keeps whatever it is given, however much
    this.#below = new Below(
      inner,
      () => !this.#ended && (this.#closed || this.#came.length === 0),
      (error) => this.#end(error),
    );
    const socket = this.#socket = make(this.#below.stream);
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("The connection was closed")));
    socket.on("data", (bytes: Uint8Array) => {
      if (this.#closed) return;
      this.#came.push(bytes);
      this.#wake?.();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const bytes = this.#came[0];
      if (bytes !== undefined) {
        const n = Math.min(into.length, bytes.length);
        into.set(n === bytes.length ? bytes : bytes.subarray(0, n));
        if (n === bytes.length) this.#came.shift();
        else this.#came[0] = bytes.subarray(n);
        this.#below.pull();
        return n;
      }
      if (this.#ended && !this.#closed) return null;
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((wake) => this.#wake = wake);
    }
  }

  /**
   * SPEC: the last message of a burst gets a record of its own. spice-gtk looks for its next message
   * only while its socket has something to read, and does not see what OpenSSL has taken out of the
   * socket already: of several messages in the last record all but the first would wait, for as long
   * as nothing else comes. While a record is still in the socket, those before it are read to their end.
   */
  async write(bytes: Uint8Array, lastAt = 0): Promise<number> {
    if (this.#error !== undefined) throw this.#error;
    const n = Math.min(lastAt || bytes.length, WRITE_BYTES);
    const part = n === bytes.length ? bytes : bytes.subarray(0, n);
    await new Promise<void>((resolve, reject) =>
      this.#socket.write(part, (error) => error ? reject(error) : resolve())
    );
    await this.#below.written;
    return n;
  }

  close(): void {
    this.#closed = true;
    this.#came.length = 0;
    // what is left in a socket that is closed would reset it, and take what was written last along
    this.#below.pull();
    this.#end(new Error("The connection was closed at this end"));
  }

  /** What came before it broke is still read. */
  #end(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
    if (this.#closing !== undefined) return;
    const end = () => {
      clearTimeout(this.#closing);
      this.#socket.destroy();
      this.#inner.close();
    };
    this.#closing = setTimeout(end, CLOSE_MS);
    // tells the other end that nothing was cut off, if it takes that
    if (this.#closed) this.#socket.end(() => this.#below.stream.end(end));
    else end();
  }
}

/** The stream below as node:tls wants it. */
class Below {
  readonly stream: NodeDuplex;
  /** Resolves when what was handed down is in the stream below; rejects with what kept it out. */
  written = Promise.resolve();
  readonly #inner: Duplex;
  readonly #wanted: () => boolean;
  readonly #broke: (error: Error) => void;
  #buffer = new Uint8Array(READ_BYTES);
  #asked = false;

  /**
   * wanted: whether to take more of the inner stream; `pull` says that the answer may be another.
   * broke: the inner stream broke.
   */
  constructor(inner: Duplex, wanted: () => boolean, broke: (error: Error) => void) {
    this.#inner = inner;
    this.#wanted = wanted;
    this.#broke = broke;
    this.stream = new NodeDuplex({
      read: () => {
        this.#asked = true;
        this.pull();
      },
      // SPEC: is called done at once, as node:tls encrypts the next 48 KiB of a write only then.
      // TlsStream awaits `written` before it takes another write, and so bounds what waits
      write: (part: Uint8Array, _, done) => {
        this.written = this.written.then(() => writeAll(inner, part));
        this.written.catch(broke);
        done();
      },
      final: (done) => {
        this.written.then(() => done(), done);
      },
      destroy(error, done) {
        inner.close();
        done(error);
      },
    });
  }

  pull(): void {
    if (!this.#asked || !this.#wanted()) return;
    this.#asked = false;
    const buffer = this.#buffer;
    this.#inner.read(buffer).then((n) => {
      if (n === null) return this.stream.push(null);
      const more = n === buffer.length && n < MOST_READ_BYTES;
      // node:tls copies at once what it is pushed, unless it does not listen
      if (more || !this.stream.readableFlowing) {
        this.#buffer = new Uint8Array(more ? n * 2 : buffer.length);
      }
      this.stream.push(buffer.subarray(0, n));
    }, this.#broke);
  }
}
