/**
 * Tunnels into a client's network, the server's side: what connects to a tunnel's socket here goes
 * through the client that agreed to carry it, and out to the target there.
 */
import { ProtocolError } from "../../core/binary/error.ts";
import { bytesOfText } from "../../core/binary/text.ts";
import type { Cancel } from "../../core/clock.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { Peer } from "../../core/link/peer.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { Tunnel as TunnelChannel, type TunnelEnd } from "../../core/protocol/tunnel.ts";
import { baseAnswers } from "../base.ts";
import type { Client } from "../client.ts";
import type { Linked } from "../link_stage.ts";
import type { Conversation, Service } from "../service.ts";
import { begin, Carriage, type CarriageWords, type Carried } from "./carriage.ts";
import { DATA_BYTES, WINDOW } from "./socket.ts";
import type { Carrier, Tunnel } from "./tunnel.ts";

/** Connections that one client carries at a time. Each may have 1 MiB on its way, in each direction. */
export const MAX_SOCKETS = 128;
/** Streams stop at 1 MiB; beyond that there are only words of a few bytes. */
const OUTBOX_BYTES = 16 << 20;
/** So long a client may take to reach a target. */
const ANSWER_MS = 30_000;
/** So long it may take to hear that a connection is over, behind all that is on its way, and to say so. */
const CLOSE_MS = 300_000;
/** The longest message of a client's, besides its head. */
const MAX_MESSAGE_BYTES = DATA_BYTES + 64;

/** Every tunnel goes through one channel of each client. */
export class TunnelService implements Service {
  readonly name = "tunnel";
  readonly type = TunnelChannel.id;
  readonly id = 0;
  readonly capabilities = Capabilities.of();

  constructor(readonly tunnels: readonly Tunnel[]) {}

  open(client: Client, linked: Linked): Conversation {
    return new TunnelConversation(this.tunnels, client, linked);
  }
}

/** A connection whose target has not answered yet, or has. */
interface Socket extends Carried {
  /** Nothing is read from it before the target has been reached; null: it was, or nobody waits any more. */
  waiting: Duplex | null;
  /** The client has said whether the target was reached. */
  answered: boolean;
  /** The client's time to answer, at first to the opening and then to the end, is not over yet. */
  patience: Cancel;
}

class TunnelConversation implements Conversation, Carrier {
  readonly client: number;
  readonly #tunnels: ReadonlyMap<number, Tunnel>;
  readonly #client: Client;
  readonly #peer;
  readonly #carriage: Carriage;
  readonly #sockets = new Map<number, Socket>();
  /** Tunnels that the client ever agreed to carry. */
  readonly #agreed = new Set<number>();
  #latestId = 0;

  constructor(tunnels: readonly Tunnel[], client: Client, linked: Linked) {
    this.#client = client;
    this.client = client.connectionId;
    this.#tunnels = new Map(tunnels.map((tunnel) => [tunnel.id, tunnel]));
    const peer = this.#peer = new Peer({
      incoming: TunnelChannel.client,
      outgoing: TunnelChannel.server,
      mini: linked.mini,
      limitBytes: MAX_MESSAGE_BYTES,
      outbox: new Outbox(OUTBOX_BYTES),
    });
    const { socketData, socketFin, socketToken, socketClose } = peer.send;
    const close: CarriageWords["close"] = (body) => {
      socketClose(body);
      this.#expectClosed(body.connectionId);
    };
    this.#carriage = new Carriage({ socketData, socketFin, socketToken, close }, peer.outbox);
    const { answers } = this.#carriage;
    peer.outbox.onRoom = this.#carriage.room;
    peer.answer({
      ...baseAnswers(client, peer),
      ...answers,
      socketData: (body) => {
        this.#stirred();
        answers.socketData(body);
      },
      socketToken: (body) => {
        this.#stirred();
        answers.socketToken(body);
      },
      serviceAdd: ({ id }) => {
        const tunnel = this.#tunnel(id);
        if (this.#agreed.has(id)) throw new ProtocolError(`service ${id} is added twice`);
        this.#agreed.add(id);
        tunnel.agree(this);
      },
      serviceRemove: ({ id }) => {
        this.#tunnel(id).leave(this);
        for (const [connectionId, { serviceId }] of this.#sockets) {
          if (serviceId === id) this.#letGo(connectionId);
        }
        this.#carriage.endService(id, "forbidden");
      },
      socketOpenAck: ({ connectionId, tokens }) => this.#reached(connectionId, tokens),
      socketOpenNack: ({ connectionId, reason }) => this.#unreached(connectionId, reason),
      socketClosed: ({ connectionId, reason }) => this.#carriage.closed(connectionId, reason),
    });
    peer.send.init({ maxNumOfSockets: MAX_SOCKETS, maxSocketDataSize: DATA_BYTES });
    const offers = tunnels.map(({ id, options: { name, target: { host, port } } }) => {
      client.log.info("tunnel-offered", { client: this.client, tunnel: name });
      return { id, port, name: bytesOfText(name), host: bytesOfText(host) };
    });
    peer.send.serviceOffers({ offers });
  }

  get serial(): bigint {
    return this.#peer.serial;
  }

  get outbox(): Outbox {
    return this.#peer.outbox;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    for (const tunnel of this.#tunnels.values()) tunnel.leave(this);
    this.#carriage.abandon("reset");
  }

  chosen({ id }: Tunnel, carries: boolean): void {
    this.#peer.send.serviceState({ id, state: carries ? "carried" : "taken" });
  }

  take(tunnel: Tunnel, stream: Duplex): void {
    if (this.#carriage.size >= MAX_SOCKETS) {
      return tunnel.refuse(stream, `${MAX_SOCKETS} connections are open`);
    }
    const { log, clock } = this.#client;
    this.#stirred();
    const connectionId = this.#freeId();
    const { name } = tunnel.options;
    const who = { tunnel: name, client: this.client, socket: connectionId };
    log.info("tunnel-open", { ...who, from: stream.remote.address, target: tunnel.target });
    const carried = this.#carriage.open(connectionId, tunnel.id, (socket) => {
      this.#letGo(connectionId);
      this.#sockets.delete(connectionId);
      tunnel.over(socket);
      const { reason, sentBytes, receivedBytes } = socket;
      log.info("tunnel-close", { ...who, reason, sentBytes, receivedBytes });
    });
    tunnel.began(carried.socket);
    const patience = clock.after(ANSWER_MS, () => {
      this.#letGo(connectionId);
      carried.socket.end("timeout");
    });
    this.#sockets.set(connectionId, { ...carried, waiting: stream, answered: false, patience });
    this.#peer.send.socketOpen({ connectionId, serviceId: tunnel.id, tokens: WINDOW });
  }

  /** Whose printer prints is no idle person. */
  #stirred(): void {
    this.#client.inputAtMs = this.#client.clock.now();
  }

  /** A client that never says that a connection is over would keep its place for ever. */
  #expectClosed(connectionId: number): void {
    const socket = this.#sockets.get(connectionId);
    if (!socket) return;
    socket.patience();
    socket.patience = this.#client.clock.after(CLOSE_MS, () => this.#peer.outbox.close());
  }

  #reached(connectionId: number, tokens: number): void {
    const socket = this.#opening(connectionId);
    const stream = socket.waiting;
    socket.waiting = null;
    socket.patience();
    // it may have been given up meanwhile
    if (stream) begin(socket, stream, tokens);
  }

  #unreached(connectionId: number, reason: TunnelEnd): void {
    // SPEC: nothing was opened, so nobody is told that it closes
    this.#opening(connectionId).socket.abandon(reason);
  }

  /** A connection whose target has not been reached ends. */
  #letGo(connectionId: number): void {
    const socket = this.#sockets.get(connectionId);
    socket?.patience();
    socket?.waiting?.close();
    if (socket) socket.waiting = null;
  }

  /** ProtocolError: nobody asked. */
  #opening(connectionId: number): Socket {
    const socket = this.#sockets.get(connectionId);
    if (!socket || socket.answered) {
      throw new ProtocolError(`socket ${connectionId} is not being opened`);
    }
    socket.answered = true;
    return socket;
  }

  #tunnel(id: number): Tunnel {
    const tunnel = this.#tunnels.get(id);
    if (!tunnel) throw new ProtocolError(`there is no service ${id}`);
    return tunnel;
  }

  #freeId(): number {
    do this.#latestId = this.#latestId + 1 & 0xffff; while (this.#carriage.has(this.#latestId));
    return this.#latestId;
  }
}
