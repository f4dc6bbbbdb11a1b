/**
 * Streams of bytes that a client has with the guest: redirected USB devices, shared folders, named
 * ports. Where a message ends means nothing in them.
 * Source of truth: spice.proto, SpicevmcChannel and PortChannel; spicevmc.cpp.
 */
import { decodeLz4Block, encodeLz4Block } from "../../core/codecs/lz4/mod.ts";
import { WireError } from "../../core/binary/error.ts";
import { bytesOfText } from "../../core/binary/text.ts";
import type { GuestPort, GuestPortUser } from "../../core/guest.ts";
import { Gate } from "../../core/link/gate.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { Peer } from "../../core/link/peer.ts";
import { Capabilities, SpicevmcCap } from "../../core/protocol/capabilities.ts";
import { Port } from "../../core/protocol/port.ts";
import type { CompressedData } from "../../core/protocol/spicevmc.ts";
import { Usbredir } from "../../core/protocol/usbredir.ts";
import { Webdav } from "../../core/protocol/webdav.ts";
import { baseAnswers } from "../base.ts";
import type { Client } from "../client.ts";
import type { Linked } from "../link_stage.ts";
import type { Conversation, Service } from "../service.ts";
import type { StreamGuard } from "./guard.ts";

/** spicevmc.cpp, QUEUED_DATA_LIMIT: with more on its way, in either direction, the other end waits. */
const AHEAD_BYTES = 1 << 20;
/** The longest message; spice-gtk sends a whole USB packet in one. */
const MAX_MESSAGE_BYTES = 16 << 20;
const OUTBOX_BYTES = AHEAD_BYTES + (32 << 20);
/** spicevmc.cpp, COMPRESS_THRESHOLD */
const COMPRESS_BYTES = 1000;

/** Messages after which a browser says that it took them. */
const ACK_WINDOW = 16;

const CHANNELS = { usbredir: Usbredir, webdav: Webdav, port: Port } as const;

export interface StreamOptions {
  readonly port: GuestPort;
  readonly kind: keyof typeof CHANNELS;
  readonly id: number;
  /** Who looks at what crosses; made anew for each conversation. */
  readonly guard?: (port: GuestPort) => StreamGuard;
  /** Somebody else has the port now. */
  readonly taken?: () => boolean;
}

/** One port, for one client at a time. */
export class StreamService implements Service {
  readonly name: string;
  readonly type: number;
  readonly id: number;
  readonly capabilities = Capabilities.of(SpicevmcCap.dataCompressLz4);
  readonly exclusive = true;

  constructor(readonly options: StreamOptions) {
    const channel = CHANNELS[options.kind];
    this.name = channel.name;
    this.type = channel.id;
    this.id = options.id;
  }

  get taken(): boolean {
    return this.options.taken?.() ?? false;
  }

  open(client: Client, linked: Linked): Conversation {
    return new StreamConversation(this.options, client, linked);
  }
}

class StreamConversation implements Conversation, GuestPortUser {
  readonly gate = new Gate();
  readonly #port: GuestPort;
  readonly #guard: StreamGuard | null;
  /** A port tells when it is opened and closed; of a USB device that is the channel's own end. */
  readonly #named: boolean;
  readonly #compresses: boolean;
  readonly #peer;
  #told = false;

  constructor({ port, kind, guard }: StreamOptions, client: Client, linked: Linked) {
    this.#port = port;
    this.#guard = guard?.(port) ?? null;
    this.#named = kind !== "usbredir";
    this.#compresses = linked.channelCaps.has(SpicevmcCap.dataCompressLz4) &&
      linked.duplex.remote.transport !== "unix";
    this.#peer = new Peer({
      incoming: Port.client,
      outgoing: Port.server,
      mini: linked.mini,
      limitBytes: MAX_MESSAGE_BYTES,
      outbox: new Outbox(OUTBOX_BYTES),
    });
    const base = baseAnswers(client, this.#peer);
    this.#peer.answer({
      ...base,
      ack: (body) => {
        base.ack(body);
        this.#flow();
      },
      data: ({ data }) => this.#up(data),
      compressedData: (body) => this.#up(plain(body)),
      // SPEC: a break reaches QEMU's own chardevs; a socket has no word for it
      event: ({ event }) => client.log.debug("port-event", { port: port.name, event }),
    });
    if (this.#guard) this.#guard.toClient = (bytes) => this.#down(bytes);
    this.outbox.onRoom = () => this.#flow();
    // SPEC: a browser's WebSocket is read whether anybody takes what comes or not; a socket's reader waits
    if (linked.duplex.remote.webSocket) {
      this.#peer.send.setAck(this.#peer.acks.restart(ACK_WINDOW));
    }
    port.attach(this);
    if (!this.#named) return;
    this.#told = port.open;
    this.#peer.send.init({ name: bytesOfText(port.name), opened: port.open ? 1 : 0 });
  }

  get serial(): bigint {
    return this.#peer.serial;
  }

  get outbox() {
    return this.#peer.outbox;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    // what is still being written would hold the port of whoever comes next
    this.outbox.onRoom = null;
    this.#port.attach(null);
  }

  data(bytes: Uint8Array): void {
    if (this.#guard) this.#guard.fromGuest(bytes);
    else this.#down(bytes);
  }

  opened(open: boolean): void {
    this.gate.open();
    if (!this.#named) {
      // what a USB device was in the middle of cannot go on: the client plugs it in again
      if (!open) this.outbox.close();
    } else if (open !== this.#told) {
      this.#told = open;
      this.#peer.send.event({ event: open ? "opened" : "closed" });
    }
  }

  drained(): void {
    this.gate.open();
  }

  #up(data: Uint8Array): void {
    if (this.#guard) this.#guard.fromClient(data);
    else this.#port.write(data);
    if (this.#port.waitingBytes > AHEAD_BYTES) this.gate.shut();
  }

  #down(data: Uint8Array): void {
    const smaller = this.#compresses && data.length > COMPRESS_BYTES ? encodeLz4Block(data) : null;
    if (smaller) {
      this.#peer.send.compressedData({
        type: "lz4",
        uncompressedSize: data.length,
        compressedData: smaller,
      });
    } else this.#peer.send.data({ data });
    this.#flow();
  }

  /** The guest goes on while the client takes what it says. */
  #flow(): void {
    this.#port.flow(this.#peer.acks.open && this.outbox.waitingBytes <= AHEAD_BYTES);
  }
}

/** The bytes as they were. A view that the next call of the codec overwrites. */
function plain(body: CompressedData): Uint8Array {
  if (body.type === "none") return body.compressedData;
  if (body.uncompressedSize > MAX_MESSAGE_BYTES) {
    const text = `${body.uncompressedSize} bytes, ${MAX_MESSAGE_BYTES} is the most`;
    throw new WireError("compressedData.uncompressedSize", 0, text);
  }
  try {
    return decodeLz4Block(body.compressedData, body.uncompressedSize);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WireError("compressedData", 0, error.message);
  }
}
