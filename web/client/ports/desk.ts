/// <reference lib="dom" />
/**
 * The engine's side of streams: which are wanted, and the MessagePorts that lead to whoever uses them.
 * A channel is linked only while it is wanted; that it cannot be had ends nothing else.
 */
import type { Line } from "../line.ts";
import type { Port } from "../../../core/protocol/port.ts";
import type { ChannelId } from "../../../core/protocol/main.ts";
import { stream, STREAM_CHANNELS, type StreamHost } from "../channels/stream.ts";
import type { News } from "../orders.ts";
import type { StreamId, StreamKind, StreamNews, StreamOrder } from "./words.ts";

type PortLine = Line<typeof Port.client.table, typeof Port.server.table>;

/** What the desk needs of a session. */
export interface StreamSession {
  /** Links the channel; `ended` is told why it is over. */
  link(stream: StreamId, ended: (error: unknown) => void): Promise<PortLine>;
  readonly base: StreamHost["base"];
}

/** Somebody else may have a channel: it is tried again, at last every minute. */
const AGAIN_MS = 2000, SELDOM_MS = 60_000;
/** With more than this on its way to the guest nobody is told that it is out of our hands. */
const AHEAD_BYTES = 1 << 20;
/** So much may wait for whoever uses the stream. */
const WAITING_BYTES = 1 << 20;

const kinds = Object.keys(STREAM_CHANNELS) as StreamKind[];

export class PortsDesk {
  readonly #tell: (news: News) => void;
  readonly #streams = new Map<string, Stream>();
  #session: StreamSession | null = null;
  #there: readonly StreamId[] = [];

  constructor(tell: (news: News) => void) {
    this.#tell = tell;
  }

  /** Somebody wants this stream; who had it before has it no longer. */
  open(id: StreamId, port: MessagePort): void {
    const key = keyOf(id);
    this.#streams.get(key)?.close();
    const stream: Stream = new Stream(id, port, () => {
      if (this.#streams.get(key) === stream) this.#streams.delete(key);
    });
    this.#streams.set(key, stream);
    if (this.#session && this.#has(id)) stream.begin(this.#session);
  }

  /** A session stands, and its server has these channels. */
  begin(session: StreamSession, list: readonly ChannelId[]): void {
    this.#session = session;
    this.#there = [];
    this.#offer(session, streamsOf(list));
  }

  /** The server of the session that stands has these channels, too. */
  more(list: readonly ChannelId[]): void {
    const fresh = streamsOf(list).filter((id) => !this.#has(id));
    if (this.#session && fresh.length > 0) this.#offer(this.#session, fresh);
  }

  #offer(session: StreamSession, fresh: readonly StreamId[]): void {
    this.#there = [...this.#there, ...fresh];
    this.#tell({ news: "ports", ports: this.#there });
    for (const id of fresh) this.#streams.get(keyOf(id))?.begin(session);
  }

  /** The session is over. */
  end(): void {
    this.#session = null;
    for (const stream of this.#streams.values()) stream.end();
  }

  #has(id: StreamId): boolean {
    return this.#there.some((one) => keyOf(one) === keyOf(id));
  }
}

const streamsOf = (list: readonly ChannelId[]): StreamId[] =>
  list.flatMap(({ type, id }) => {
    const kind = kinds.find((one) => STREAM_CHANNELS[one].id === type);
    return kind === undefined ? [] : [{ kind, id }];
  });

const keyOf = ({ kind, id }: StreamId) => `${kind}:${id}`;

/** One stream that is wanted, over as many channels as it takes. */
class Stream {
  readonly id: StreamId;
  readonly #port: MessagePort;
  readonly #closed: () => void;
  #session: StreamSession | null = null;
  #line: PortLine | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: ReturnType<typeof setTimeout> | undefined;
  /** Bytes that were said and are not told to be sent. */
  #saidBytes = 0;
  /** Bytes that are with whoever uses the stream. */
  #givenBytes = 0;
  #room: (() => void) | null = null;
  #turn = 0;
  /** Vain tries since it stood, and why the user was told that it is gone. */
  #tries = 0;
  #gone: string | null = null;

  constructor(id: StreamId, port: MessagePort, closed: () => void) {
    this.id = id;
    this.#port = port;
    this.#closed = closed;
    port.onmessage = ({ data }: MessageEvent<StreamOrder>) => this.#hear(data);
  }

  begin(session: StreamSession): void {
    this.#session = session;
    this.#tries = 0;
    this.#link(session, ++this.#turn);
  }

  /** The session is over; the next one brings it back. */
  end(): void {
    this.#session = null;
    this.#drop("The connection to the server is gone");
  }

  close(): void {
    this.#session = null;
    this.#drop("Another part of this page has it now");
    this.#port.close();
    this.#closed();
  }

  async #link(session: StreamSession, turn: number): Promise<void> {
    const current = () => turn === this.#turn && session === this.#session;
    const lost = (error: unknown) => {
      if (!current()) return;
      const why = error instanceof Error ? error.message : "The server closed it";
      this.#drop(why);
      this.#timer = setTimeout(() => {
        if (session === this.#session) this.#link(session, ++this.#turn);
      }, Math.min(AGAIN_MS * 2 ** this.#tries++, SELDOM_MS));
    };
    try {
      const line = await session.link(this.id, lost);
      if (!current()) return line.close();
      this.#line = line;
      stream(line, this.id.kind, {
        base: session.base,
        linked: (name, open) => {
          this.#tries = 0;
          this.#gone = null;
          this.#tell({ is: "linked", name, open });
        },
        opened: (open) => this.#tell({ is: "open", open }),
        data: (bytes) => this.#give(bytes),
      });
    } catch (error) {
      lost(error);
    }
  }

  #drop(why: string): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#sending);
    this.#turn++;
    this.#line?.close();
    this.#line = null;
    this.#givenBytes = 0;
    this.#awake();
    // what was for a channel that is gone is void
    this.#sent();
    // what was said once is still so
    if (this.#gone !== why) this.#tell({ is: "gone", why: this.#gone = why });
  }

  #hear(order: StreamOrder): void {
    switch (order.is) {
      case "close":
        return this.close();
      case "took":
        this.#givenBytes = Math.max(0, this.#givenBytes - order.bytes);
        if (this.#givenBytes < WAITING_BYTES) this.#awake();
        return;
      case "data":
        this.#saidBytes += order.bytes.length;
        this.#line?.send.data({ data: order.bytes });
        this.#line?.flush();
        return this.#check();
    }
  }

  /** Says what is out of our hands, now or when it is. */
  #check(): void {
    clearTimeout(this.#sending);
    if ((this.#line?.waitingBytes ?? 0) < AHEAD_BYTES) this.#sent();
    // SPEC: browsers do not tell when a WebSocket has sent what it holds
    else this.#sending = setTimeout(() => this.#check(), 5);
  }

  #sent(): void {
    if (this.#saidBytes > 0) this.#tell({ is: "sent", bytes: this.#saidBytes });
    this.#saidBytes = 0;
  }

  #give(bytes: Uint8Array): Promise<void> | void {
    const copy = bytes.slice();
    this.#givenBytes += copy.length;
    this.#tell({ is: "data", bytes: copy }, [copy.buffer]);
    if (this.#givenBytes < WAITING_BYTES) return;
    return new Promise((room) => this.#room = room);
  }

  #awake(): void {
    this.#room?.();
    this.#room = null;
  }

  #tell(news: StreamNews, transfer: Transferable[] = []): void {
    this.#port.postMessage(news, transfer);
  }
}
