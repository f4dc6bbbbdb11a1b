import type { Duplex, Remote } from "../../core/link/duplex.ts";

/** Bytes going one way: at most `capacity` wait, then the writer does. */
class Pipe {
  #ring: Uint8Array;
  #from = 0;
  #count = 0;
  #ended = false;
  #broken = false;
  #reader?: () => void;
  #writer?: () => void;

  constructor(capacity: number) {
    this.#ring = new Uint8Array(capacity);
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#count === 0) {
      if (this.#broken) throw new Error("The stream was closed at this end");
      if (this.#ended) return null;
      await new Promise<void>((wake) => this.#reader = wake);
    }
    if (this.#broken) throw new Error("The stream was closed at this end");
    const n = Math.min(into.length, this.#count, this.#ring.length - this.#from);
    into.set(this.#ring.subarray(this.#from, this.#from + n));
    this.#from = (this.#from + n) % this.#ring.length;
    this.#count -= n;
    this.#wake();
    return n;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (bytes.length === 0) return 0;
    while (this.#count === this.#ring.length && !this.#ended) {
      await new Promise<void>((wake) => this.#writer = wake);
    }
    if (this.#ended) throw new Error("Broken pipe: the other end closed");
    const at = (this.#from + this.#count) % this.#ring.length;
    const n = Math.min(bytes.length, this.#ring.length - this.#count, this.#ring.length - at);
    this.#ring.set(bytes.subarray(0, n), at);
    this.#count += n;
    this.#wake();
    return n;
  }

  /** The writer closed: what is in the pipe can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** The reader closed. */
  break(): void {
    this.#broken = this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    const reader = this.#reader, writer = this.#writer;
    this.#reader = this.#writer = undefined;
    reader?.();
    writer?.();
  }
}

/**
 * Two ends of one stream in this process: what one writes the other reads. Each direction holds
 * at most `capacity` bytes. Reads and writes of a closed end reject; the other end reads what was
 * written, then null, as with a socket.
 */
export function duplexPair(
  { capacity = 65536, remote = {} }: { capacity?: number; remote?: Partial<Remote> } = {},
): [Duplex, Duplex] {
  const there = new Pipe(capacity), back = new Pipe(capacity);
  const who: Remote = {
    address: "memory",
    transport: "memory",
    secure: false,
    webSocket: false,
    ...remote,
  };
  const end = (incoming: Pipe, outgoing: Pipe): Duplex => ({
    remote: who,
    read: (into) => incoming.read(into),
    write: (bytes) => outgoing.write(bytes),
    closeWrite: () => Promise.resolve(outgoing.end()),
    close() {
      incoming.break();
      outgoing.end();
    },
  });
  return [end(back, there), end(there, back)];
}
