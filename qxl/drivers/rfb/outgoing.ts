import { type Codec, noFields } from "../../../core/binary/codec.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { Outbox } from "../../../core/link/outbox.ts";

/** A server that reads nothing of so much is gone. */
const LIMIT_BYTES = 4 << 20;

/** What we say to a server: nothing is awaited for a message. */
export class Outgoing {
  readonly #outbox = new Outbox(LIMIT_BYTES);

  say<T>(codec: Codec<T>, message: T, ...more: Uint8Array[]): void {
    if (this.#outbox.closed) return;
    const { writer } = this.#outbox;
    codec.write(writer, message, noFields);
    for (const bytes of more) writer.put(bytes);
    this.#outbox.filled();
  }

  /** Bytes that no write has taken yet. */
  get waitingBytes(): number {
    return this.#outbox.waitingBytes;
  }

  /** Carries it to the stream until closed; rejects when the stream breaks, or does not take it. */
  run(duplex: Duplex): Promise<void> {
    // a write that hangs does not come back to say so
    return Promise.race([this.#carry(duplex), this.#outbox.overflown]);
  }

  async #carry(duplex: Duplex): Promise<void> {
    const outbox = this.#outbox;
    for (;;) {
      const bytes = outbox.take();
      if (bytes === null) {
        if (outbox.closed) return;
        await outbox.ready();
        continue;
      }
      for (let at = 0; at < bytes.length;) at += await duplex.write(bytes.subarray(at));
      outbox.landed();
    }
  }

  close(): void {
    this.#outbox.close();
  }
}
