import { Writer } from "../binary/cursor.ts";
import { ProtocolError } from "../binary/error.ts";

/** So much is kept for ever. */
const KEPT_BYTES = 2 << 20;

/**
 * Bytes on their way to a socket: messages are written into one buffer while the other flies,
 * so that many small messages leave in one write and nothing is awaited for a message.
 */
export class Outbox {
  #filling = new Writer(1 << 14);
  #spare = new Writer(1 << 14);
  #flying = false;
  #closed = false;
  #wake: (() => void) | null = null;
  /** What waited when the latest message was begun. */
  #waited = 0;
  /** Where the latest message begins in what is being filled, and in what was taken. */
  #latestAt = 0;
  #takenLatestAt = 0;
  readonly #closings: (() => void)[] = [];
  #failure: ProtocolError | null = null;
  #fail!: (error: ProtocolError) => void;
  /** Rejects when more waits than may: the pump's affair, so that no sender suffers from a slow peer. */
  readonly overflown: Promise<never>;
  /** Bytes that ever left. */
  sentBytes = 0;
  /** Called when the socket has taken everything: the moment to write more. */
  onRoom: (() => void) | null = null;

  /** limitBytes: how much may wait before one more message means that the peer does not read. */
  constructor(readonly limitBytes = 32 << 20) {
    this.overflown = new Promise((_, reject) => this.#fail = reject);
    this.overflown.catch(() => {});
  }

  /** The buffer to write the next message into; call `filled` afterwards. */
  get writer(): Writer {
    return this.#filling;
  }

  /** Bytes that no write has taken yet. */
  get waitingBytes(): number {
    return this.#filling.at;
  }

  /** Bytes that were ever written here. */
  get writtenBytes(): number {
    return this.sentBytes + (this.#flying ? this.#spare.at : 0) + this.#filling.at;
  }

  /** Everything written so far has left. */
  get empty(): boolean {
    return this.#filling.at === 0 && !this.#flying;
  }

  /** Says that the writer has one message more; wakes the pump. */
  filled(): void {
    if (this.#waited > this.limitBytes) return this.#overflow();
    this.#latestAt = this.#waited;
    this.#waited = this.#filling.at;
    this.#awake();
  }

  #overflow(): void {
    this.#failure = new ProtocolError(
      `the peer does not read: ${this.#waited} bytes wait, ${this.limitBytes} may`,
    );
    this.#filling = new Writer(0);
    this.#fail(this.#failure);
    this.close();
  }

  /** What is to be written next, or null; `landed` must follow before the next `take`. */
  take(): Uint8Array<ArrayBuffer> | null {
    if (this.#failure) throw this.#failure;
    if (this.#filling.at === 0) return null;
    const full = this.#filling;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#flying = true;
    this.#takenLatestAt = this.#latestAt;
    this.#waited = this.#latestAt = 0;
    return full.written();
  }

  /** Where the last message begins in the bytes that were taken. */
  get lastAt(): number {
    return this.#takenLatestAt;
  }

  /** The taken bytes left. */
  landed(): void {
    this.#flying = false;
    this.sentBytes += this.#spare.at;
    // huge pictures that follow one another share their memory; it goes with the first that left it empty
    const { at, bytes: { length } } = this.#spare;
    if (length > KEPT_BYTES && at * 4 < length) this.#spare = new Writer(1 << 14);
    else this.#spare.rewind(0);
    if (this.#filling.at === 0) this.onRoom?.();
  }

  /** Nothing more is to be written; what waits still leaves. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#awake();
    for (const call of this.#closings) call();
    this.#closings.length = 0;
  }

  /** Calls once when the box is closed, as every box is when its channel ends. */
  whenClosed(call: () => void): void {
    if (this.#closed) call();
    else this.#closings.push(call);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when there is something to take, or the box was closed. One waiter at a time. */
  ready(): Promise<void> {
    if (this.#filling.at > 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#wake = resolve);
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
