/**
 * How many messages may be under way before the client says that it took some.
 * A channel that never calls `restart` is not limited.
 * Source of truth: red-channel-client.cpp, AckData and waiting_for_ack.
 */
export class AckWindow {
  #window = 0;
  #generation = 0;
  #synced = -1;
  #unacked = 0;

  /** Begins a new generation; the caller sends `setAck` with what comes back. */
  restart(window: number): { generation: number; window: number } {
    this.#window = window;
    this.#unacked = 0;
    return { generation: ++this.#generation, window };
  }

  /** One message went out. */
  sent(): void {
    this.#unacked++;
  }

  /** The client answered `setAck`: from now on its acks count. */
  sync(generation: number): void {
    this.#synced = generation;
  }

  /** The client took `window` messages. Acks of an older generation are not for this count. */
  ack(): void {
    if (this.#synced === this.#generation) {
      this.#unacked = Math.max(0, this.#unacked - this.#window);
    }
  }

  /** More may be sent: up to two windows are under way. */
  get open(): boolean {
    return this.#window === 0 || this.#unacked <= this.#window * 2;
  }
}
