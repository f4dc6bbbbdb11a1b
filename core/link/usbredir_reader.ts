/**
 * One direction of a usbredir stream, packet by packet: finds them, reads what is before their data,
 * and refuses what the protocol does not allow. Data are looked at by nobody.
 * Source of truth: usbredirproto.h; usbredirparser.c, usbredirparser_verify_type_header.
 */
import { decode, noCounts, noFields } from "../binary/codec.ts";
import { Reader } from "../binary/cursor.ts";
import { ProtocolError, WireError } from "../binary/error.ts";
import type { Message } from "../protocol/channel.ts";
import {
  UNAGREED,
  USBREDIR_MAX_BULK_BYTES,
  type UsbredirAgreed,
  type UsbredirHeader,
  type UsbredirPackets,
  usbredirPackets,
} from "../protocol/usbredir_wire.ts";

/** Towards the side that has the device (spice-gtk, usbredirect), or the side that has the port (QEMU). */
export type UsbredirTowards = "toHost" | "toGuest";

/** What stands before a packet's data. */
export interface UsbredirHead {
  /** The packet's name in usbredir_wire.ts. */
  readonly name: string;
  readonly id: bigint;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  /** Bytes of data that follow. */
  readonly dataBytes: number;
}

export interface UsbredirSink {
  /** The bytes of a head, which is right in itself; they are valid only during the call. false: it and its data are dropped. Throws what may not come now. */
  head(head: UsbredirHead, bytes: Uint8Array): boolean;
  data(bytes: Uint8Array): void;
  /** A packet that was not dropped is whole. */
  end(): void;
}

/** Capabilities beyond these words are nobody's. */
const MAX_HELLO_BYTES = 64 + 4 * 32;
/** A filter's rules, in text. */
const MAX_FILTER_BYTES = 1 << 16;
const MAX_HEADER_BYTES = 16;

/** Packets whose head is all of them, however long. */
const WHOLE: Readonly<Record<string, number>> = {
  hello: MAX_HELLO_BYTES,
  filterFilter: MAX_FILTER_BYTES,
};
/** What is said of endpoints that send by themselves. */
const RECEIVING = new Set([
  "startInterruptReceiving",
  "stopInterruptReceiving",
  "interruptReceivingStatus",
  "startBulkReceiving",
  "stopBulkReceiving",
  "bulkReceivingStatus",
]);
/** Packets that may have data. */
const WITH_DATA = new Set([
  "controlPacket",
  "bulkPacket",
  "isoPacket",
  "interruptPacket",
  "bufferedBulkPacket",
]);

const unagreed = usbredirPackets(UNAGREED);

export class UsbredirReader {
  readonly #towards: UsbredirTowards;
  readonly #sink: UsbredirSink;
  #packets: UsbredirPackets = unagreed;
  #head = new Uint8Array(256);
  #held = 0;
  #headBytes = 0;
  #header: UsbredirHeader | null = null;
  #message: Message | null = null;
  #dataMissing = 0;
  #passing = false;
  #greeted = false;

  constructor(towards: UsbredirTowards, sink: UsbredirSink) {
    this.#towards = towards;
    this.#sink = sink;
  }

  /** Between two packets. */
  get between(): boolean {
    return this.#held === 0 && this.#dataMissing === 0;
  }

  /** Both sides have said hello; from the next packet on this holds. */
  agree(agreed: UsbredirAgreed): void {
    this.#packets = usbredirPackets(agreed);
  }

  /** WireError, ProtocolError: the stream is not what it should be, and ends. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#dataMissing > 0) {
        const n = Math.min(this.#dataMissing, bytes.length - at);
        if (this.#passing) this.#sink.data(bytes.subarray(at, at + n));
        this.#dataMissing -= n;
        at += n;
        if (this.#dataMissing === 0) this.#end();
        continue;
      }
      const wanted = this.#header ? this.#headBytes : this.#packets.headerBytes;
      const n = Math.min(wanted - this.#held, bytes.length - at);
      this.#reserve(this.#held + n);
      this.#head.set(bytes.subarray(at, at + n), this.#held);
      this.#held += n;
      at += n;
      if (this.#held < wanted) return;
      if (!this.#header) this.#begin();
      if (this.#held === this.#headBytes) this.#whole();
    }
  }

  #reserve(needed: number): void {
    if (needed <= this.#head.length) return;
    const bigger = new Uint8Array(Math.max(needed, this.#head.length * 2));
    bigger.set(this.#head.subarray(0, this.#held));
    this.#head = bigger;
  }

  /** A header has come: which packet, and how long what it says before its data is. */
  #begin(): void {
    const header = decode(this.#packets.header, this.#head.subarray(0, this.#held));
    const message = this.#packets[this.#towards].byId.get(header.type);
    if (!message) {
      throw new ProtocolError(`usbredir packet ${header.type} does not go ${this.#who}`);
    }
    if (!this.#greeted && message.name !== "hello") {
      throw new ProtocolError(`usbredir ${message.name} came ${this.#who} before hello`);
    }
    const most = WHOLE[message.name];
    const fixed = message.codec.min;
    if (most !== undefined) {
      if (header.length > most || header.length < fixed) {
        this.#fail(message, `${header.length} bytes, it has ${fixed} to ${most}`);
      }
      this.#headBytes = this.#held + header.length;
    } else {
      const data = header.length - fixed;
      if (data < 0 || data > 0 && !WITH_DATA.has(message.name)) {
        this.#fail(message, `${header.length} bytes, it has ${fixed}`);
      }
      this.#headBytes = this.#held + fixed;
    }
    this.#header = header;
    this.#message = message;
  }

  get #who(): string {
    return this.#towards === "toHost" ? "to the side with the device" : "to the side with the port";
  }

  #fail({ name }: Message, what: string): never {
    throw new ProtocolError(`usbredir ${name} came ${this.#who} with ${what}`);
  }

  #whole(): void {
    const { type: _, length, id } = this.#header!;
    const message = this.#message!;
    const start = this.#packets.headerBytes;
    const bytes = this.#head.subarray(0, this.#held);
    let body;
    try {
      body = message.codec.read(new Reader(bytes.subarray(start)), noFields, noCounts);
    } catch (error) {
      throw error instanceof WireError ? error.under(`usbredir.${message.name}`) : error;
    }
    const dataBytes = length - (this.#held - start);
    this.#check(message, body, dataBytes);
    if (message.name === "hello") this.#greeted = true;
    this.#held = 0;
    this.#header = this.#message = null;
    this.#dataMissing = dataBytes;
    this.#passing = this.#sink.head({ name: message.name, id, body, dataBytes }, bytes);
    if (this.#head.length > MAX_FILTER_BYTES) this.#head = new Uint8Array(256);
    if (dataBytes === 0) this.#end();
  }

  #end(): void {
    if (this.#passing) this.#sink.end();
    this.#passing = false;
  }

  /** What a packet says of its data, and whether any may stand behind it. */
  // deno-lint-ignore no-explicit-any
  #check(message: Message, body: any, dataBytes: number): void {
    const { name } = message;
    if (name === "hello" && this.#greeted) this.#fail(message, "another hello before");
    if ("endpoint" in body && (body.endpoint & 0x70) !== 0) {
      this.#fail(message, `endpoint 0x${body.endpoint.toString(16)}, which cannot be`);
    }
    if (RECEIVING.has(name) && (body.endpoint & 0x80) === 0) {
      this.#fail(message, "an endpoint that only takes");
    }
    if (name === "startBulkReceiving" && body.bytesPerTransfer > USBREDIR_MAX_BULK_BYTES) {
      this.#fail(message, `${body.bytesPerTransfer} bytes at once`);
    }
    if (name === "filterFilter" && body.rules.at(-1) !== 0) {
      this.#fail(message, "no NUL at its end");
    }
    if (!WITH_DATA.has(name)) return;
    const said = name === "bulkPacket" ? body.length + (body.lengthHigh ?? 0) * 65536 : body.length;
    if (said > USBREDIR_MAX_BULK_BYTES) {
      this.#fail(message, `${said} bytes of data, ${USBREDIR_MAX_BULK_BYTES} is the most`);
    }
    const inwards = (body.endpoint & 0x80) !== 0;
    const toHost = this.#towards === "toHost";
    if (toHost && inwards && (name === "isoPacket" || name === "interruptPacket")) {
      this.#fail(message, "an endpoint that only sends");
    }
    if (!inwards && (name === "bufferedBulkPacket" || !toHost && name === "isoPacket")) {
      this.#fail(message, "an endpoint that only takes");
    }
    // data go where the endpoint does; the other way a packet only says how many
    const expected = inwards !== toHost ? said : 0;
    if (dataBytes !== expected) {
      this.#fail(message, `${dataBytes} bytes of data where ${expected} belong`);
    }
  }
}

/** A packet as it is written, data and all. */
export function usbredirPacket(
  packets: UsbredirPackets,
  message: Message,
  id: bigint,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(packets.headerBytes + body.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, message.id, true);
  view.setUint32(4, body.length, true);
  if (packets.headerBytes === MAX_HEADER_BYTES) view.setBigUint64(8, id, true);
  else view.setUint32(8, Number(BigInt.asUintN(32, id)), true);
  whole.set(body, packets.headerBytes);
  return whole;
}
