/// <reference lib="dom" />
/** The guest's connections to the shared folder: each asks, and is answered, in its order. */
import { type Answer, headOf, said } from "./answers.ts";
import { frame, FrameReader, MOST_FRAME_BYTES } from "./frames.ts";
import { HttpError, Inbox, readRequest, type Request } from "./http.ts";

/** More at a time are closed at once: a file manager has a handful. */
const MOST_CONNECTIONS = 64;

export interface ConnectionsHost {
  answer(request: Request): Promise<Answer>;
  /** Resolves when there is room for more; null: the way is gone. */
  send(bytes: Uint8Array): Promise<number | null>;
  /** A request was answered. */
  served?(method: string, target: string, status: number): void;
}

export class Connections {
  readonly #host: ConnectionsHost;
  #all = new Map<bigint, Inbox>();
  /** Connections that are answered, those among them that are closed already. */
  #serving = 0;
  #reader = this.#newReader();
  /** What holds the stream: connections whose bytes nobody takes yet. */
  #holding: Promise<void>[] = [];

  constructor(host: ConnectionsHost) {
    this.#host = host;
  }

  /** Bytes of the stream; resolves when more may come. */
  async push(bytes: Uint8Array): Promise<void> {
    this.#reader.push(bytes);
    await Promise.all(this.#holding.splice(0));
  }

  /** The stream begins anew. */
  reset(): void {
    for (const inbox of this.#all.values()) inbox.end();
    this.#all = new Map();
    this.#reader = this.#newReader();
  }

  #newReader(): FrameReader {
    return new FrameReader((client, data) => this.#came(client, data));
  }

  #came(client: bigint, data: Uint8Array): void {
    const known = this.#all.get(client);
    if (data.length === 0) {
      this.#all.delete(client);
      return known?.end();
    }
    if (!known && this.#serving >= MOST_CONNECTIONS) {
      this.#holding.push(this.#host.send(frame(client, new Uint8Array())).then(() => {}));
      return;
    }
    const inbox = known ?? new Inbox();
    if (!known) {
      this.#all.set(client, inbox);
      this.#serving++;
      this.#serve(client, inbox).finally(() => this.#serving--);
    }
    const room = inbox.push(data);
    if (room) this.#holding.push(room);
  }

  async #serve(client: bigint, inbox: Inbox): Promise<void> {
    const all = this.#all;
    const send = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += MOST_FRAME_BYTES) {
        if (all.get(client) !== inbox) throw new Gone();
        const piece = bytes.subarray(at, at + MOST_FRAME_BYTES);
        if (await this.#host.send(frame(client, piece)) === null) throw new Gone();
      }
    };
    try {
      while (await this.#one(inbox, send));
    } catch (error) {
      if (error instanceof HttpError) {
        const answer = said(error.status, error.message);
        await send(headOf(answer, false)).then(() => bodyOf(answer, send)).catch(() => {});
      }
    }
    inbox.end();
    // it may have closed itself, and another may have its number
    if (all.get(client) !== inbox) return;
    all.delete(client);
    if (all === this.#all) await this.#host.send(frame(client, new Uint8Array()));
  }

  /** false: no more comes on this connection. */
  async #one(inbox: Inbox, send: (bytes: Uint8Array) => Promise<void>): Promise<boolean> {
    const proceed = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");
    const request = await readRequest(inbox, () => void send(proceed).catch(() => {}));
    if (!request) return false;
    const answer = await this.#host.answer(request);
    const { method, target, body, keepAlive } = request;
    await send(headOf(answer, keepAlive));
    await bodyOf(answer, send);
    this.#host.served?.(method, target, answer.status);
    // what was not wanted of it stands before the next request
    if (!body.locked) {
      await body.cancel().catch(() => {
        // it was answered already
        throw new Gone();
      });
    }
    return keepAlive;
  }
}

async function bodyOf({ body, head, status }: Answer, send: (bytes: Uint8Array) => Promise<void>) {
  if (!body || head || status === 204 || status === 304) return;
  for await (const piece of body.stream()) await send(piece);
}

/** Whoever asked is not there any more. */
class Gone extends Error {}
