/**
 * A client's smartcards in the guest's card reader. SPICE counts in little-endian, QEMU's
 * ccid-card-passthru in network order, and it knows one reader, which is 0.
 * Source of truth: vscard_common.h; smartcard.cpp; qemu hw/usb/ccid-card-passthru.c.
 */
import { decode, encode } from "../../core/binary/codec.ts";
import { ProtocolError } from "../../core/binary/error.ts";
import type { GuestPort, GuestPortUser } from "../../core/guest.ts";
import { Gate } from "../../core/link/gate.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { Peer } from "../../core/link/peer.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import {
  Smartcard,
  VSCARD_MAGIC,
  VSCARD_VERSION,
  vscDevice,
  VscError,
  type VscMessage,
} from "../../core/protocol/smartcard.ts";
import { baseAnswers } from "../base.ts";
import type { Client } from "../client.ts";
import type { Linked } from "../link_stage.ts";
import type { Conversation, Service } from "../service.ts";

/** The one reader that QEMU has. */
const READER = 0;
/** Longer than any answer of a card: an extended APDU has 65544 bytes. */
const MAX_BODY_BYTES = 1 << 17;
const AHEAD_BYTES = 1 << 18;
const HEADER_BYTES = vscDevice.header.size!;

export class SmartcardService implements Service {
  readonly name = "smartcard";
  readonly type = Smartcard.id;
  readonly id = 0;
  readonly capabilities = Capabilities.of();
  readonly exclusive = true;

  constructor(readonly port: GuestPort) {}

  open(client: Client, linked: Linked): Conversation {
    return new SmartcardConversation(this.port, client, linked);
  }
}

class SmartcardConversation implements Conversation, GuestPortUser {
  readonly gate = new Gate();
  readonly #port: GuestPort;
  readonly #peer;
  readonly #device = new DeviceMessages((message) => this.#fromDevice(message));
  /** The client has a reader, and a card may be in it. */
  #added = false;
  #card: Uint8Array | null = null;

  constructor(port: GuestPort, client: Client, linked: Linked) {
    this.#port = port;
    this.#peer = new Peer({
      incoming: Smartcard.client,
      outgoing: Smartcard.server,
      mini: linked.mini,
      limitBytes: MAX_BODY_BYTES,
      outbox: new Outbox(AHEAD_BYTES * 4),
    });
    this.#peer.answer({
      ...baseAnswers(client, this.#peer),
      data: (message) => this.#fromClient(message),
    });
    this.outbox.onRoom = () => this.#port.flow(true);
    port.attach(this);
    if (port.open) this.opened(true);
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
    if (this.#added) this.#toDevice("readerRemove");
    this.#port.attach(null);
  }

  data(bytes: Uint8Array): void {
    this.#device.push(bytes);
    if (this.outbox.waitingBytes > AHEAD_BYTES) this.#port.flow(false);
  }

  /** A reader of QEMU's that is there anew is told what this client has. */
  opened(open: boolean): void {
    this.gate.open();
    this.#device.reset();
    if (!open) return;
    const init = { magic: VSCARD_MAGIC, version: VSCARD_VERSION, capabilities: [0] };
    this.#toDevice("init", encode(vscDevice.bodies.init, init as never));
    if (this.#added) this.#toDevice("readerAdd");
    if (this.#card) this.#toDevice("atr", this.#card);
  }

  drained(): void {
    this.gate.open();
  }

  #fromClient({ type, readerId, data }: VscMessage): void {
    switch (type) {
      case "init":
        return;
      case "readerAdd":
        if (this.#added) return this.#error(readerId, VscError.cannotAddMoreReaders);
        this.#added = true;
        // QEMU's answer is the client's, and names its reader. SPEC: QEMU takes no name
        return this.#toDevice("readerAdd");
      case "error":
        if (data.length !== 4) {
          throw new ProtocolError(`a smartcard error of ${data.length} bytes came, it has 4`);
        }
        return this.#toDevice("error", data.toReversed());
    }
    if (!this.#added || readerId !== READER) return this.#error(readerId, VscError.generalError);
    if (type === "readerRemove") {
      this.#added = false;
      this.#card = null;
    } else if (type === "atr") this.#card = data.slice();
    else if (type === "cardRemove") this.#card = null;
    this.#toDevice(type, data);
  }

  #fromDevice({ type, data }: VscMessage): void {
    // it answers ours, and clients have none of it
    if (type === "init") return;
    if (type === "error" && data.length !== 4) {
      throw new ProtocolError(`the card reader sent an error of ${data.length} bytes, it has 4`);
    }
    const body = type === "error" ? data.toReversed() : data;
    this.#peer.send.data({ type, readerId: READER, data: body });
  }

  #toDevice(type: VscMessage["type"], data: Uint8Array = new Uint8Array(0)): void {
    this.#port.write(encode(vscDevice.message, { type, readerId: READER, data }));
    if (this.#port.waitingBytes > AHEAD_BYTES) this.gate.shut();
  }

  #error(readerId: number, code: number): void {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, code, true);
    this.#peer.send.data({ type: "error", readerId, data });
  }
}

/** Finds the messages in what a card reader sends. */
class DeviceMessages {
  #held = new Uint8Array(0);

  constructor(readonly message: (message: VscMessage) => void) {}

  reset(): void {
    this.#held = new Uint8Array(0);
  }

  push(bytes: Uint8Array): void {
    let all = bytes;
    if (this.#held.length > 0) {
      all = new Uint8Array(this.#held.length + bytes.length);
      all.set(this.#held);
      all.set(bytes, this.#held.length);
    }
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const { length } = decode(vscDevice.header, all.subarray(at, at + HEADER_BYTES));
      if (length > MAX_BODY_BYTES) {
        throw new ProtocolError(
          `the card reader sends ${length} bytes, ${MAX_BODY_BYTES} is the most`,
        );
      }
      const end = at + HEADER_BYTES + length;
      if (end > all.length) break;
      this.message(decode(vscDevice.message, all.subarray(at, end)));
      at = end;
    }
    this.#held = all.slice(at);
  }
}
