/** All sockets that one tunnel channel carries, at either end of it. */
import { ProtocolError } from "../../core/binary/error.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Gate } from "../../core/link/gate.ts";
import type { Outbox } from "../../core/link/outbox.ts";
import type { TunnelEnd } from "../../core/protocol/tunnel.ts";
import { TunnelSocket, WINDOW } from "./socket.ts";

/** With more on its way to a peer, streams wait. */
const AHEAD_BYTES = 1 << 20;
/** Broken sockets whose streams still take what came; each may hold 1 MiB. Beyond that the oldest is dropped. */
const MOST_LINGERING = 16;
/** With which a socket may begin. */
const MOST_TOKENS = WINDOW * 64;

/** What a channel says of its sockets, whichever side it is. */
export interface CarriageWords {
  socketData(body: { connectionId: number; data: Uint8Array }): void;
  socketFin(body: { connectionId: number }): void;
  socketToken(body: { connectionId: number; numTokens: number }): void;
  /** socketClose is the server's word for it, socketClosed the client's. */
  close(body: { connectionId: number; reason: TunnelEnd }): void;
}

/** A socket that is not over. */
export interface Carried {
  readonly socket: TunnelSocket;
  /** Whose it is. */
  readonly serviceId: number;
}

export class Carriage {
  readonly #words: CarriageWords;
  readonly #outbox: Outbox;
  readonly #sockets = new Map<number, Carried>();
  readonly #lingering = new Set<TunnelSocket>();
  readonly #gate = new Gate();

  /** outbox: where the words go. It is told when there is room by `room`. */
  constructor(words: CarriageWords, outbox: Outbox) {
    this.#words = words;
    this.#outbox = outbox;
  }

  get size(): number {
    return this.#sockets.size;
  }

  has(connectionId: number): boolean {
    return this.#sockets.has(connectionId);
  }

  /** Begins a socket; it has no stream yet. */
  open(connectionId: number, serviceId: number, onOver: (socket: TunnelSocket) => void): Carried {
    const words = this.#words;
    const socket = new TunnelSocket({
      data: (data) => words.socketData({ connectionId, data }),
      fin: () => words.socketFin({ connectionId }),
      token: (numTokens) => words.socketToken({ connectionId, numTokens }),
      close: (reason) => words.close({ connectionId, reason }),
      room: () => this.#room(),
    }, (over) => {
      this.#sockets.delete(connectionId);
      if (over.lingers) this.#linger(over);
      onOver(over);
    });
    const carried = { socket, serviceId };
    this.#sockets.set(connectionId, carried);
    return carried;
  }

  /** The socket of this number. ProtocolError: there is none. */
  of(connectionId: number): TunnelSocket {
    const carried = this.#sockets.get(connectionId);
    if (!carried) throw new ProtocolError(`there is no socket ${connectionId}`);
    return carried.socket;
  }

  /** What both sides answer alike. */
  readonly answers = {
    socketData: ({ connectionId, data }: { connectionId: number; data: Uint8Array }) =>
      this.of(connectionId).data(data),
    socketFin: ({ connectionId }: { connectionId: number }) => this.of(connectionId).fin(),
    socketToken: ({ connectionId, numTokens }: { connectionId: number; numTokens: number }) =>
      this.of(connectionId).token(numTokens),
  };

  closed(connectionId: number, reason: TunnelEnd): void {
    this.of(connectionId).closed(reason);
  }

  /** Ends the sockets of a service. */
  endService(serviceId: number, reason: TunnelEnd): void {
    for (const carried of [...this.#sockets.values()]) {
      if (carried.serviceId === serviceId) carried.socket.end(reason);
    }
  }

  /** The peer has taken what waited. */
  readonly room = (): void => this.#gate.open();

  /** The channel is gone. */
  abandon(reason: TunnelEnd): void {
    for (const { socket } of [...this.#sockets.values()]) socket.abandon(reason);
    for (const socket of [...this.#lingering]) socket.drop();
    this.#gate.open();
  }

  #linger(socket: TunnelSocket): void {
    this.#lingering.add(socket);
    socket.onDelivered = () => this.#lingering.delete(socket);
    const [oldest] = this.#lingering;
    if (this.#lingering.size > MOST_LINGERING) oldest.drop();
  }

  #room(): Promise<void> | null {
    if (this.#outbox.waitingBytes > AHEAD_BYTES) this.#gate.shut();
    return this.#gate.closed;
  }
}

/** Both ends have a stream: bytes begin to flow. ProtocolError: so many tokens nobody gives; the stream is closed. */
export function begin({ socket }: Carried, stream: Duplex, tokens: number): void {
  if (tokens > MOST_TOKENS) {
    stream.close();
    throw new ProtocolError(`${tokens} tokens came for a socket, ${MOST_TOKENS} is the most`);
  }
  socket.start(stream, tokens);
}
