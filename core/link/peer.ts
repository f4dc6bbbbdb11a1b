import { noCounts, noFields } from "../binary/codec.ts";
import { Reader } from "../binary/cursor.ts";
import { ProtocolError, WireError } from "../binary/error.ts";
import type { Answers, Direction, Message, Sender, Table } from "../protocol/channel.ts";
import { DATA_HEADER_BYTES, MINI_DATA_HEADER_BYTES } from "../protocol/header.ts";
import { AckWindow } from "./ack_window.ts";
import { Deframer } from "./deframer.ts";
import { Outbox } from "./outbox.ts";
import type { Pumped } from "./pump.ts";

/**
 * One end of one channel: messages in become calls, calls become messages out.
 * Client and server are the same code seen in a mirror.
 */
export class Peer<In extends Table, Out extends Table> implements Pumped {
  readonly outbox: Outbox;
  readonly acks = new AckWindow();
  /** `peer.send.mark()` writes the message into the outbox at once. After the end it does nothing. */
  readonly send: Sender<Out>;
  /** Messages sent so far; the serial of the latest. */
  serial = 0n;
  /** Messages and bytes that came. */
  readonly received = { messages: 0, bytes: 0 };
  #answers: Answers<In> | null = null;
  readonly #mini: boolean;
  readonly #incoming: Direction<In>;
  readonly #deframer: Deframer;

  constructor(options: {
    incoming: Direction<In>;
    outgoing: Direction<Out>;
    /** Both ends have the capability miniHeader. */
    mini: boolean;
    /** The longest body that is accepted, in bytes. */
    limitBytes?: number;
    outbox?: Outbox;
  }) {
    this.#mini = options.mini;
    this.#incoming = options.incoming;
    this.outbox = options.outbox ?? new Outbox();
    this.#deframer = new Deframer(
      { mini: options.mini, limitBytes: options.limitBytes ?? 1 << 20 },
      (type, body) => this.#deliver(type, body),
    );
    const send: Record<string, (body?: unknown) => void> = {};
    for (const name in options.outgoing.byName) {
      const message = options.outgoing.byName[name];
      send[name] = (body) => this.#write(message, body ?? noFields);
    }
    this.send = send as Sender<Out>;
  }

  /** Says who answers. Bytes that come earlier are an error of ours. */
  answer(answers: Answers<In>): void {
    this.#answers = answers;
  }

  /** Takes bytes as they come and calls the answers. Throws what is wrong with them. */
  receive(bytes: Uint8Array): void {
    this.received.bytes += bytes.length;
    this.#deframer.push(bytes);
  }

  #deliver(type: number, body: Uint8Array): void {
    // an answer ended the channel: what came in the same bytes is not answered any more
    if (this.outbox.closed) return;
    const message = this.#incoming.byId.get(type);
    if (!message) throw new ProtocolError(`message ${type} is not one of this channel's`);
    this.received.messages++;
    let value;
    try {
      value = message.codec.read(new Reader(body), noFields, noCounts);
    } catch (error) {
      throw error instanceof WireError ? error.under(message.name) : error;
    }
    this.#answers![message.name as keyof In](value);
  }

  #write(message: Message, body: unknown): void {
    if (this.outbox.closed) return;
    const w = this.outbox.writer;
    const at = w.at;
    const headerBytes = this.#mini ? MINI_DATA_HEADER_BYTES : DATA_HEADER_BYTES;
    w.take(headerBytes);
    const start = w.begin();
    try {
      message.codec.write(w, body, noFields);
      w.finish();
    } catch (error) {
      w.rewind(at);
      throw error;
    }
    this.serial++;
    if (this.#mini) {
      w.view.setUint16(at, message.id, true);
      w.view.setUint32(at + 2, w.at - start, true);
    } else {
      w.view.setBigUint64(at, this.serial, true);
      w.view.setUint16(at + 8, message.id, true);
      w.view.setUint32(at + 10, w.at - start, true);
      w.view.setUint32(at + 14, 0, true);
    }
    this.acks.sent(w.at - at);
    this.outbox.filled();
  }
}
