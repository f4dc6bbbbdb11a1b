/** A channel as its client sees it: messages of the server become answers, in order, and are acknowledged. */
import type { Connected } from "../../core/link/connect.ts";
import { Peer } from "../../core/link/peer.ts";
import type { Base, ChannelWait } from "../../core/protocol/base.ts";
import type { Answers, Channel, Sender, Table } from "../../core/protocol/channel.ts";

/** The base messages that are the same for every channel; migrations end the session. */
type Common = "setAck" | "ping" | "waitForChannels" | "list" | "migrateData";

/**
 * What a channel's client answers itself. An answer that returns a promise holds the channel until
 * that resolves; whatever it keeps of its message it must have copied.
 */
export type ClientAnswers<S extends Table> = Omit<Answers<S & typeof Base.server>, Common>;

/** What all channels of one session know of each other. */
export interface LineHost {
  /** Resolves when the other channels have come so far. */
  waitFor(list: readonly ChannelWait[]): Promise<void> | void;
  /** A channel has dealt with one message more. */
  progressed(): void;
  /** Everything that came in one go has been dealt with. */
  settled(): void;
  /** The channel broke, or (null) the server closed it. */
  ended(name: string, error: unknown): void;
}

/** What carries a channel after it was linked. */
export interface LineSocket {
  /** From now on bytes come as calls; the second is for the end. */
  flow(onBytes: (bytes: Uint8Array) => void, onEnd: () => void): void;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Bytes that were handed over and have not left yet; not there: nobody knows. */
  readonly waitingBytes?: number;
  close(): void;
}

/** More than a picture of 8192 × 8192 pixels. */
export const LIMIT_BYTES = 300 << 20;

export class Line<C extends Table, S extends Table> {
  readonly send: Sender<C & typeof Base.client>;
  /** The server's messages that were dealt with, for wait lists. */
  serial = 0n;
  /** Bytes that came, when the last ones did, and the milliseconds that they took. */
  receivedBytes = 0;
  heardMs = 0;
  busyMs = 0;
  sentBytes = 0;
  /** Sees what comes before it is read. */
  tap: ((bytes: Uint8Array) => void) | null = null;
  readonly #name: string;
  readonly #peer: Peer<S & typeof Base.server, C & typeof Base.client>;
  readonly #socket: LineSocket;
  readonly #host: LineHost;
  #answers: Record<string, (body: unknown) => unknown> = {};
  /** Messages that wait for the one before them. The server's ack window bounds them. */
  readonly #waiting: { name: string; body: unknown }[] = [];
  #held = false;
  #window = 0;
  #unacked = 0;
  #over = false;

  constructor(
    channel: Channel<C, S>,
    { mini }: Pick<Connected, "mini">,
    socket: LineSocket,
    host: LineHost,
  ) {
    this.#name = channel.name;
    this.#socket = socket;
    this.#host = host;
    const incoming = channel.server, outgoing = channel.client;
    this.#peer = new Peer({ incoming, outgoing, mini, limitBytes: LIMIT_BYTES });
    this.send = this.#peer.send;
  }

  /** Says who answers, and begins. */
  attend(answers: ClientAnswers<S>): void {
    this.#answers = { ...answers, ...this.#common() } as never;
    const takers: Record<string, (body: unknown) => void> = {};
    for (const name in this.#answers) takers[name] = (body) => this.#take(name, body);
    this.#peer.answer(takers as never);
    this.#socket.flow((bytes) => this.#receive(bytes), () => this.#end(null));
    this.flush();
  }

  /** Bytes that were sent and have not left this machine. */
  get waitingBytes(): number {
    return this.#socket.waitingBytes ?? 0;
  }

  /** Messages that have come and wait for one before them. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A message that has come is not dealt with yet. */
  get busy(): boolean {
    return this.#held || this.#waiting.length > 0;
  }

  /** Sends what was written. */
  flush(): void {
    const { outbox } = this.#peer;
    for (let bytes; (bytes = outbox.take()) !== null; outbox.landed()) {
      this.sentBytes += bytes.length;
      this.#socket.send(bytes);
    }
  }

  close(): void {
    this.#over = true;
    this.#peer.outbox.close();
    this.#socket.close();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#over) return;
    this.receivedBytes += bytes.length;
    const begun = this.heardMs = performance.now();
    try {
      this.tap?.(bytes);
      this.#peer.receive(bytes);
    } catch (error) {
      return this.#end(error);
    }
    this.busyMs += performance.now() - begun;
    this.#settle();
  }

  #take(name: string, body: unknown): void {
    if (this.#held) this.#waiting.push({ name, body: detached(body) });
    else this.#do(name, body);
  }

  #do(name: string, body: unknown): void {
    const later = this.#answers[name](body);
    if (!(later instanceof Promise)) return this.#did();
    this.#held = true;
    later.then(() => this.#go(), (error) => this.#end(error));
  }

  #go(): void {
    this.#held = false;
    if (this.#over) return;
    this.#did();
    try {
      while (!this.#held && this.#waiting.length > 0) {
        const { name, body } = this.#waiting.shift()!;
        this.#do(name, body);
      }
    } catch (error) {
      return this.#end(error);
    }
    this.#settle();
  }

  #did(): void {
    this.serial++;
    this.#host.progressed();
    if (this.#window === 0 || ++this.#unacked < this.#window) return;
    this.#unacked = 0;
    (this.send as Sender<typeof Base.client>).ack();
  }

  #settle(): void {
    this.flush();
    this.#host.settled();
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.close();
    this.#host.ended(this.#name, error);
  }

  #common(): Pick<Answers<typeof Base.server>, Common> {
    const send = this.send as Sender<typeof Base.client>;
    return {
      setAck: ({ generation, window }) => {
        this.#window = window;
        // the message itself is not one of those that are counted
        this.#unacked = -1;
        send.ackSync({ generation });
      },
      ping: ({ id, timestamp }) => send.pong({ id, timestamp }),
      waitForChannels: ({ waitList }) => this.#host.waitFor(waitList),
      // what it carries was delivered one by one
      list: () => {},
      migrateData: () => {},
    };
  }
}

/** The same value, holding no bytes of the buffer that it was read from. */
export function detached<T>(value: T): T {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(detached) as T;
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) copy[name] = detached(inner);
  return copy as T;
}
