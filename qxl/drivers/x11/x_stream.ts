/** A socket as the package wants it. What Node makes of a web stream takes several turns of the loop for each read and write. */
import { Duplex } from "node:stream";

/** The part of a connection that it needs. */
export interface XSocket {
  /** null: the other end closed. Rejects when the connection breaks. */
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

const READ_BYTES = 1 << 16;

export class XStream extends Duplex {
  readonly #socket: XSocket;
  #over = false;

  constructor(socket: XSocket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
  }

  override _read(): void {
    // a buffer of its own: the package keeps views of it
    const into = new Uint8Array(READ_BYTES);
    this.#socket.read(into).then(
      (n) => this.push(n === null ? null : into.subarray(0, n)),
      (error) => this.#over ? this.push(null) : this.destroy(error),
    );
  }

  override _write(bytes: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#write(bytes).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#close();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close();
    done(error);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close();
  }
}
