/**
 * How much may be under way before the client says that it took some.
 * A channel that never calls `restart` is not limited.
 *
 * The client answers every `window` messages; how many answers we may be ahead is ours to choose.
 * libspice allows two windows, whatever they weigh: forty words of text wait for the far end of a
 * slow line, and forty photographs fill it for seconds. Here small messages may run further ahead,
 * and large ones less: one window always (or the client would never answer), then as long as the
 * bytes under way are few.
 * Source of truth: red-channel-client.cpp, AckData and waiting_for_ack.
 */
export class AckWindow {
  #window = 0;
  #generation = 0;
  #synced = -1;
  #unacked = 0;
  #bytes = 0;
  /** Bytes of each whole window that is under way, oldest first. */
  #windows: number[] = [];
  #windowBytes = 0;
  #inWindow = 0;

  /** Messages and bytes beyond the first window that may be under way. */
  constructor(readonly limits = { messages: 1024, bytes: 1 << 20 }) {}

  /** Begins a new generation; the caller sends `setAck` with what comes back. */
  restart(window: number): { generation: number; window: number } {
    this.#window = window;
    this.#unacked =
      this.#bytes =
      this.#windowBytes =
      this.#inWindow =
        0;
    this.#windows = [];
    return { generation: ++this.#generation, window };
  }

  /** One message went out. */
  sent(bytes: number): void {
    if (this.#window === 0) return;
    this.#unacked++;
    this.#bytes += bytes;
    this.#windowBytes += bytes;
    if (++this.#inWindow < this.#window) return;
    this.#windows.push(this.#windowBytes);
    this.#windowBytes = this.#inWindow = 0;
  }

  /** The client answered `setAck`: from now on its acks count. */
  sync(generation: number): void {
    this.#synced = generation;
  }

  /** The client took `window` messages. Acks of an older generation are not for this count. */
  ack(): void {
    if (this.#synced !== this.#generation) return;
    this.#unacked = Math.max(0, this.#unacked - this.#window);
    this.#bytes = Math.max(0, this.#bytes - (this.#windows.shift() ?? 0));
  }

  /** More may be sent. */
  get open(): boolean {
    return this.#unacked <= this.#window ||
      this.#unacked < this.limits.messages && this.#bytes < this.limits.bytes;
  }
}
