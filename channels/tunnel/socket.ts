/**
 * One socket of a tunnel, at either end: bytes of a stream become messages, messages bytes of a
 * stream. Whoever wants to send needs tokens, one for a message; they come back when the stream has
 * taken the bytes, so at most a window of them waits anywhere.
 */
import { ProtocolError } from "../../core/binary/error.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import type { TunnelEnd } from "../../core/protocol/tunnel.ts";

/** The longest piece of data in one message. */
export const DATA_BYTES = 64 << 10;
/** Messages of data that may be under way in one direction of one socket: with DATA_BYTES, 1 MiB. */
export const WINDOW = 16;

/** What a socket says to its other end. */
export interface SocketWords {
  data(bytes: Uint8Array): void;
  fin(): void;
  token(count: number): void;
  /** Said once. */
  close(reason: TunnelEnd): void;
  /** Resolves when the channel has room for more data; null: it has. */
  room(): Promise<void> | null;
}

/** Calls with what became of a socket when it is over on both sides. */
export type OnOver = (socket: TunnelSocket) => void;

export class TunnelSocket {
  /** Bytes that the stream gave, and that it took. */
  sentBytes = 0;
  receivedBytes = 0;
  /** How it ended, as whoever saw it first said; null: it has not. */
  reason: TunnelEnd | null = null;
  readonly #words: SocketWords;
  readonly #onOver: OnOver;
  #stream: Duplex | null = null;
  /** What may be sent. */
  #tokens = 0;
  #wake = () => {};
  /** What came and waits for the stream. */
  #queue: Uint8Array[] = [];
  /** Bytes of the piece that the stream is taking. */
  #taking = 0;
  #lingering = false;
  #wakeWriter = () => {};
  /** Tokens that the other end has, and those that are not given back yet. */
  #granted = WINDOW;
  #owed = 0;
  #finSent = false;
  #finCame = false;
  /** All that came is in the stream, its end too. */
  #delivered = false;
  #closeSent = false;
  #closeCame = false;
  #over = false;

  /** Called when what it lingered for is delivered, or dropped. */
  onDelivered = () => {};

  constructor(words: SocketWords, onOver: OnOver) {
    this.#words = words;
    this.#onOver = onOver;
  }

  /** Both ends are there: carries bytes until it is over. tokens: what the other end grants. */
  start(stream: Duplex, tokens: number): void {
    if (this.#closeSent) return stream.close();
    this.#stream = stream;
    this.token(tokens);
    this.#read(stream);
    this.#write(stream);
  }

  /** The other end says data. ProtocolError: it had no right to. */
  data(bytes: Uint8Array): void {
    if (this.#finCame) throw new ProtocolError("data came after a socket's end");
    if (bytes.length > DATA_BYTES) {
      throw new ProtocolError(`${bytes.length} bytes came at once, ${DATA_BYTES} is the most`);
    }
    if (this.#granted === 0) throw new ProtocolError("data came that no token was given for");
    this.#granted--;
    if (this.#closeSent) return;
    // bodies are views of a buffer that is used again
    this.#queue.push(bytes.slice());
    this.#wakeWriter();
  }

  /** The other end says that it has nothing more to send. */
  fin(): void {
    if (this.#finCame) throw new ProtocolError("a socket's end came twice");
    this.#finCame = true;
    this.#wakeWriter();
  }

  /** The other end takes so many more. */
  token(count: number): void {
    this.#tokens += count;
    if (this.#tokens > MOST_TOKENS) {
      throw new ProtocolError(`a socket has ${this.#tokens} tokens, ${MOST_TOKENS} is the most`);
    }
    this.#wake();
  }

  /** The other end is through with it. */
  closed(reason: TunnelEnd): void {
    if (this.#closeCame) throw new ProtocolError("a socket was closed twice");
    this.#closeCame = true;
    if (
      reason !== "ok" && !this.#closeSent && this.#stream !== null &&
      this.#queue.length + this.#taking > 0
    ) {
      return this.#linger(reason);
    }
    if (reason !== "ok" || this.#closeSent) return this.end(reason);
    if (!this.#finCame || !this.#finSent) {
      throw new ProtocolError("a socket was closed before both directions ended");
    }
    // what came last is still on its way into the stream
  }

  /** Ends it here; the other end is told. May be called again. */
  end(reason: TunnelEnd): void {
    this.reason ??= reason;
    if (!this.#closeSent) {
      this.#closeSent = true;
      this.#words.close(this.reason);
      this.#letGo();
    }
    if (this.#closeCame) this.#finish();
  }

  /** It is over, and its stream still takes what came before that. */
  get lingers(): boolean {
    return this.#lingering;
  }

  /** What the stream has not taken is not for it any more. */
  drop(): void {
    if (this.#lingering) this.#letGo();
  }

  /**
   * The other end broke it. As with TCP, what came before is still read here: the stream is given it
   * and then closed. Nobody waits for that.
   */
  #linger(reason: TunnelEnd): void {
    this.reason ??= reason;
    this.#lingering = this.#closeSent = true;
    this.receivedBytes += this.#queue.reduce((sum, { length }) => sum + length, this.#taking);
    this.#words.close(this.reason);
    this.#wake();
    this.#wakeWriter();
    this.#finish();
  }

  /** The channel is gone, and nobody can be told. */
  abandon(reason: TunnelEnd): void {
    this.reason ??= reason;
    this.#closeSent = this.#closeCame = true;
    this.#letGo();
    this.#finish();
  }

  async #read(stream: Duplex): Promise<void> {
    const buffer = new Uint8Array(DATA_BYTES);
    try {
      for (;;) {
        while (this.#tokens === 0 && !this.#closeSent) {
          await new Promise<void>((wake) => this.#wake = wake);
        }
        for (let full; !this.#closeSent && (full = this.#words.room());) await full;
        if (this.#closeSent) return;
        const n = await stream.read(buffer);
        if (this.#closeSent) return;
        if (n === null) break;
        this.#tokens--;
        this.sentBytes += n;
        this.#words.data(buffer.subarray(0, n));
      }
      this.#finSent = true;
      this.#words.fin();
      this.#maybeThrough();
    } catch {
      this.end("reset");
    }
  }

  async #write(stream: Duplex): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#queue.shift();
        if (bytes === undefined) {
          this.#giveBack(1);
          if (this.#lingering) return this.#letGo();
          if (this.#closeSent) return;
          if (this.#finCame) break;
          await new Promise<void>((wake) => this.#wakeWriter = wake);
          continue;
        }
        this.#taking = bytes.length;
        for (let at = 0; at < bytes.length;) {
          at += await stream.write(at === 0 ? bytes : bytes.subarray(at));
        }
        this.#taking = 0;
        if (this.#lingering) continue;
        if (this.#closeSent) return;
        this.receivedBytes += bytes.length;
        this.#owed++;
        this.#giveBack(WINDOW / 4);
      }
      await stream.closeWrite?.();
      this.#delivered = true;
      this.#maybeThrough();
    } catch {
      this.drop();
      this.end("reset");
    }
  }

  #giveBack(least: number): void {
    if (this.#owed < least || this.#closeSent || this.#finCame) return;
    this.#granted += this.#owed;
    this.#words.token(this.#owed);
    this.#owed = 0;
  }

  #maybeThrough(): void {
    if (this.#finSent && this.#delivered) this.end("ok");
  }

  #letGo(): void {
    this.#queue = [];
    this.#wake();
    this.#wakeWriter();
    this.#stream?.close();
    if (!this.#lingering) return;
    this.#lingering = false;
    this.onDelivered();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver(this);
  }
}

/** More was never granted by anybody. */
const MOST_TOKENS = 1 << 16;
