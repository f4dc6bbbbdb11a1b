/** A WebSocket of the runtime's as a stream of bytes: messages mean nothing, their payload is the stream. */
import type { Duplex, Remote } from "../../core/link/duplex.ts";

/** More than this waits for the network: the writer waits too. */
const MOST_WAITING_BYTES = 1 << 18;
/** SPEC: nothing tells when a WebSocket has sent, so it is asked so often. */
const ASK_MS = 2;
/** A client that sends faster than it is read. */
const MOST_UNREAD_BYTES = 1 << 20;

export class WebSocketDuplex implements Duplex {
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #ended = false;
  #wake: (() => void) | null = null;

  readonly remote: Remote = {
    address: "127.0.0.1",
    transport: "tcp",
    secure: false,
    webSocket: true,
  };

  constructor(readonly socket: WebSocket) {
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return this.#refuse(1003, "text means nothing here");
      this.#unreadBytes += data.byteLength;
      if (this.#unreadBytes > MOST_UNREAD_BYTES) return this.#refuse(1009, "too much at once");
      if (data.byteLength > 0) this.#unread.push(new Uint8Array(data));
      this.#awake();
    };
    socket.onclose = socket.onerror = () => this.#end();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#unread.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const [first] = this.#unread;
    const n = Math.min(first.length, into.length);
    into.set(first.subarray(0, n));
    if (n === first.length) this.#unread.shift();
    else this.#unread[0] = first.subarray(n);
    this.#unreadBytes -= n;
    return n;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.socket.bufferedAmount > MOST_WAITING_BYTES && !this.#ended) {
      await new Promise((wake) => setTimeout(wake, ASK_MS));
    }
    if (this.socket.readyState !== WebSocket.OPEN) throw new Error("The WebSocket is closed");
    this.socket.send(bytes as Uint8Array<ArrayBuffer>);
    return bytes.length;
  }

  close(): void {
    if (this.#ended) return;
    this.#end();
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(1000);
  }

  #refuse(code: number, why: string): void {
    this.#end();
    this.socket.close(code, why);
  }

  #end(): void {
    this.#ended = true;
    this.#awake();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
