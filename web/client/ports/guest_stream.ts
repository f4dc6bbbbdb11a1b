/// <reference lib="dom" />
/** A stream with the guest as the page uses it: bytes in and out, no more of them than either end takes. */
import type { StreamNews, StreamOrder } from "./words.ts";

export interface StreamUser {
  /** The channel stands. name: the port's own; "" for USB. */
  linked(name: string, open: boolean): void;
  /** The far end came or went: what was half said is void. */
  opened(open: boolean): void;
  /** Bytes of the guest; more come when the promise resolves. The array is the user's. */
  data(bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  /** The channel is over; it is tried again by itself. */
  gone(why: string): void;
}

/** With more than this under way `write` waits. */
const AHEAD_BYTES = 1 << 20;
/** As much as a message may have, and little enough for the engine's other work in between. */
const PIECE_BYTES = 64 << 10;

export class GuestStream {
  readonly #port: MessagePort;
  #underWay = 0;
  #linked = false;
  #over = false;
  #waiting: (() => void)[] = [];

  /** port: as Viewer.stream gives it. */
  constructor(port: MessagePort, user: StreamUser) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<StreamNews>) => this.#hear(data, user);
  }

  /** Resolves when the bytes are under way, and few others with them; null: the stream is gone, and they with it. */
  async write(bytes: Uint8Array): Promise<number | null> {
    for (let at = 0; at < bytes.length;) {
      while (this.#underWay >= AHEAD_BYTES) await new Promise<void>((go) => this.#waiting.push(go));
      if (!this.#linked || this.#over) return null;
      const piece = bytes.slice(at, at + PIECE_BYTES);
      at += piece.length;
      this.#underWay += piece.length;
      this.#say({ is: "data", bytes: piece }, [piece.buffer]);
    }
    return bytes.length;
  }

  /** May be called again. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#say({ is: "close" });
    this.#gone();
  }

  async #hear(news: StreamNews, user: StreamUser): Promise<void> {
    if (this.#over) return;
    switch (news.is) {
      case "linked":
        this.#linked = true;
        return user.linked(news.name, news.open);
      case "open":
        return user.opened(news.open);
      case "sent":
        this.#underWay = Math.max(0, this.#underWay - news.bytes);
        return this.#awake();
      case "gone":
        this.#gone();
        return user.gone(news.why);
      case "data": {
        const { length } = news.bytes;
        try {
          await user.data(news.bytes);
        } finally {
          this.#say({ is: "took", bytes: length });
        }
      }
    }
  }

  #gone(): void {
    this.#linked = false;
    this.#underWay = 0;
    this.#awake();
  }

  #awake(): void {
    if (this.#underWay >= AHEAD_BYTES) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  #say(order: StreamOrder, transfer: Transferable[] = []): void {
    this.#port.postMessage(order, transfer);
  }
}
