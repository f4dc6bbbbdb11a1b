/**
 * A USB stick that is not there: the device's side of usbredir, a mass-storage device behind it, and
 * the bytes that it holds. Sources: usbredirproto.h; USB Mass Storage Class Bulk-Only Transport 1.0; SPC-3, SBC-2.
 */
import { decode, encode } from "../../core/binary/codec.ts";
import { be, u32, u8 } from "../../core/binary/cell.ts";
import { bytesOf } from "../../core/binary/bytes.ts";
import { struct } from "../../core/binary/struct.ts";
import {
  type UsbredirHead,
  usbredirPacket,
  UsbredirReader,
} from "../../core/link/usbredir_reader.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import {
  UNAGREED,
  type UsbredirAgreed,
  UsbredirCap,
  UsbredirEndpoint,
  usbredirPackets,
  UsbredirSpeed,
  UsbredirStatus,
} from "../../core/protocol/usbredir_wire.ts";
import { concat } from "./concat.ts";

const BLOCK = 512;
const IN = 0x81, OUT = 0x02;

const CommandBlock = struct("CBW", {
  signature: u32,
  tag: u32,
  length: u32,
  flags: u8,
  lun: u8,
  commandBytes: u8,
  command: bytesOf(16),
});

const le16 = (n: number) => [n & 0xff, n >> 8];
const configuration = [9, 2, ...le16(32), 1, 1, 0, 0x80, 50]
  .concat([9, 4, 0, 0, 2, 8, 6, 0x50, 0])
  .concat([7, 5, IN, 2, ...le16(512), 0], [7, 5, OUT, 2, ...le16(512), 0]);
const STRINGS = ["", "spice-appliance", "stick of the tests", "0123456789AB"];

export interface UsbStickOptions {
  readonly bytes?: number;
  readonly vendor?: number;
  readonly product?: number;
  /** UsbredirCap bits; those of usbredirect if not said. */
  readonly capabilities?: readonly number[];
}

export class UsbStick {
  /** What it holds. */
  readonly content: Uint8Array;
  /** Names of the packets that came. */
  readonly heard: string[] = [];
  /** Where its bytes go; set before `plug`. */
  send: (bytes: Uint8Array) => void = () => {};
  readonly #vendor: number;
  readonly #product: number;
  readonly #caps: readonly number[];
  readonly #reader: UsbredirReader;
  #agreed: UsbredirAgreed = UNAGREED;
  #head: UsbredirHead | null = null;
  #data: Uint8Array[] = [];
  /** What the host computer is to read next. */
  #ready: Uint8Array[] = [];
  #asked: { id: bigint; body: { length: number; lengthHigh?: number; streamId: number } }[] = [];
  /** A write under way. */
  #writing: { at: number; left: number; tag: number } | null = null;

  constructor(options: UsbStickOptions = {}) {
    this.content = new Uint8Array(options.bytes ?? 1 << 20);
    this.#vendor = options.vendor ?? 0x1234;
    this.#product = options.product ?? 0x5678;
    this.#caps = options.capabilities ?? [1, 2, 3, 4, 5, 6];
    this.#reader = new UsbredirReader("toHost", {
      head: (head) => {
        this.#head = structuredClone(head);
        this.#data = [];
        return true;
      },
      data: (bytes) => void this.#data.push(bytes.slice()),
      end: () => this.#packet(this.#head!, concat(this.#data)),
    });
  }

  /** Says hello, as the first thing. */
  plug(): void {
    const version = new Uint8Array(64);
    version.set(new TextEncoder().encode("a stick of the tests"));
    const { hello } = usbredirPackets(UNAGREED).toGuest.byName;
    const body = { version, capabilities: [...Capabilities.of(...this.#caps).words] };
    const packets = usbredirPackets(UNAGREED);
    this.send(usbredirPacket(packets, hello, 0n, encode(hello.codec, body)));
  }

  unplug(): void {
    this.#say("deviceDisconnect", 0n, {});
  }

  /** Shows itself, again or for the first time. */
  connect(): void {
    this.#describe();
    this.#say("deviceConnect", 0n, {
      speed: UsbredirSpeed.high,
      deviceClass: 0,
      deviceSubclass: 0,
      deviceProtocol: 0,
      vendorId: this.#vendor,
      productId: this.#product,
      deviceVersionBcd: 0x0100,
    });
  }

  receive(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  #describe(): void {
    const bytes = (first = 0, rest = 0) => new Uint8Array(32).fill(rest).fill(first, 0, 1);
    this.#say("interfaceInfo", 0n, {
      interfaceCount: 1,
      interface: bytes(),
      interfaceClass: bytes(8),
      interfaceSubclass: bytes(6),
      interfaceProtocol: bytes(0x50),
    });
    const type = bytes(0, UsbredirEndpoint.invalid);
    type[16] = UsbredirEndpoint.control;
    type[IN & 15 | 16] = type[OUT] = UsbredirEndpoint.bulk;
    this.#say("epInfo", 0n, {
      type,
      interval: bytes(),
      interface: bytes(),
      maxPacketSize: Array.from({ length: 32 }, () => 512),
      maxStreams: Array.from({ length: 32 }, () => 0),
    });
  }

  // deno-lint-ignore no-explicit-any
  #say(name: string, id: bigint, body: any): void {
    const packets = usbredirPackets(this.#agreed);
    const message = (packets.toGuest.byName as Record<string, typeof packets.toGuest.byName.hello>)[
      name
    ];
    this.send(usbredirPacket(packets, message, id, encode(message.codec, body)));
  }

  #packet({ name, id, body }: UsbredirHead, data: Uint8Array): void {
    this.heard.push(name);
    switch (name) {
      case "hello":
        return this.#greeted(new Capabilities([...body.capabilities]));
      case "setConfiguration":
        this.#describe();
        return this.#say("configurationStatus", id, {
          status: 0,
          configuration: body.configuration,
        });
      case "getConfiguration":
        return this.#say("configurationStatus", id, { status: 0, configuration: 1 });
      case "setAltSetting":
        return this.#say("altSettingStatus", id, { status: 0, interface: 0, alt: body.alt });
      case "getAltSetting":
        return this.#say("altSettingStatus", id, { status: 0, interface: 0, alt: 0 });
      case "controlPacket":
        return this.#control(id, body);
      case "bulkPacket":
        if (body.endpoint === OUT) return this.#out(id, body, data);
        this.#asked.push({ id, body });
        return this.#give();
      case "reset":
        this.#ready = [];
        this.#asked = [];
        this.#writing = null;
        return;
      case "cancelDataPacket": {
        const at = this.#asked.findIndex((asked) => asked.id === id);
        if (at < 0) return;
        const [{ body }] = this.#asked.splice(at, 1);
        return this.#bulk(id, IN, body, new Uint8Array(0), UsbredirStatus.cancelled);
      }
    }
  }

  #greeted(peer: Capabilities): void {
    const both = (bit: number) => this.#caps.includes(bit) && peer.has(bit);
    this.#agreed = {
      bulkStreams: both(UsbredirCap.bulkStreams),
      connectDeviceVersion: both(UsbredirCap.connectDeviceVersion),
      epInfoMaxPacketSize: both(UsbredirCap.epInfoMaxPacketSize),
      ids64: both(UsbredirCap.ids64),
      bulkLength32: both(UsbredirCap.bulkLength32),
    };
    this.#reader.agree(this.#agreed);
    this.connect();
  }

  // deno-lint-ignore no-explicit-any
  #control(id: bigint, body: any): void {
    const { request, requesttype, value, length } = body;
    const answer = this.#descriptor(requesttype, request, value)?.slice(0, length) ?? null;
    const inwards = (requesttype & 0x80) !== 0;
    this.#say("controlPacket", id, {
      ...body,
      endpoint: inwards ? 0x80 : 0,
      status: answer ? 0 : UsbredirStatus.stall,
      length: inwards ? answer?.length ?? 0 : length,
      data: inwards && answer ? answer : new Uint8Array(0),
    });
  }

  #descriptor(type: number, request: number, value: number): Uint8Array | null {
    if (type === 0xa1 && request === 0xfe) return Uint8Array.of(0);
    if ((type & 0x80) === 0) return new Uint8Array(0);
    if (request === 0) return Uint8Array.of(0, 0);
    if (request !== 6) return null;
    const index = value & 0xff;
    if (value >> 8 === 1) {
      const ids = [...le16(this.#vendor), ...le16(this.#product), ...le16(0x0100)];
      return Uint8Array.of(18, 1, ...le16(0x0200), 0, 0, 0, 64, ...ids, 1, 2, 3, 1);
    }
    if (value >> 8 === 2) return Uint8Array.from(configuration);
    if (value >> 8 === 6) return Uint8Array.of(10, 6, ...le16(0x0200), 0, 0, 0, 64, 1, 0);
    if (value >> 8 !== 3 || index >= STRINGS.length) return null;
    const letters = index === 0
      ? le16(0x0409)
      : [...STRINGS[index]].flatMap((letter) => le16(letter.charCodeAt(0)));
    return Uint8Array.of(letters.length + 2, 3, ...letters);
  }

  #bulk(
    id: bigint,
    endpoint: number,
    asked: { streamId: number },
    data: Uint8Array,
    status = 0,
    length = data.length,
  ): void {
    this.#say("bulkPacket", id, {
      endpoint,
      status,
      length: length & 0xffff,
      streamId: asked.streamId,
      lengthHigh: length >>> 16,
      data,
    });
  }

  #give(): void {
    while (this.#asked.length > 0 && this.#ready.length > 0) {
      const { id, body } = this.#asked.shift()!;
      const most = body.length + (body.lengthHigh ?? 0) * 65536;
      const [first] = this.#ready;
      if (first.length > most) this.#ready[0] = first.subarray(most);
      else this.#ready.shift();
      this.#bulk(id, IN, body, first.subarray(0, most));
    }
  }

  #out(id: bigint, asked: { streamId: number }, data: Uint8Array): void {
    if (this.#writing) {
      const { at, tag } = this.#writing;
      this.content.set(data, at);
      this.#writing.at += data.length;
      this.#writing.left -= data.length;
      if (this.#writing.left <= 0) {
        this.#writing = null;
        this.#status(tag, 0);
      }
    } else this.#command(data);
    this.#bulk(id, OUT, asked, new Uint8Array(0), 0, data.length);
    this.#give();
  }

  #status(tag: number, failed: 0 | 1): void {
    const bytes = new Uint8Array(13);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x53425355, true);
    view.setUint32(4, tag, true);
    bytes[12] = failed;
    this.#ready.push(bytes);
  }

  #command(data: Uint8Array): void {
    const { signature, tag, length, command } = decode(CommandBlock, data);
    if (signature !== 0x43425355) throw new Error("this is no command");
    const view = new DataView(command.buffer, command.byteOffset, 16);
    const at = view.getUint32(2) * BLOCK, count = view.getUint16(7) * BLOCK;
    if (command[0] === 0x2a) {
      this.#writing = { at, left: count, tag };
      return;
    }
    const answer = this.#scsi(command[0], at, count);
    if (answer && answer.length > 0) this.#ready.push(answer.slice(0, length));
    // what is refused sends the bytes that were asked for all the same
    else if (!answer && length > 0) this.#ready.push(new Uint8Array(length));
    this.#status(tag, answer ? 0 : 1);
  }

  /** null: it does not know how. */
  #scsi(operation: number, at: number, count: number): Uint8Array | null {
    switch (operation) {
      case 0x00: // TEST UNIT READY
      case 0x1b: // START STOP UNIT
      case 0x1e: // PREVENT ALLOW MEDIUM REMOVAL
      case 0x35: // SYNCHRONIZE CACHE
        return new Uint8Array(0);
      case 0x03: // REQUEST SENSE: ILLEGAL REQUEST
        return Uint8Array.of(0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0);
      case 0x12: { // INQUIRY
        const text = new TextEncoder().encode("TESTS   A STICK         1.00");
        return concat([Uint8Array.of(0, 0x80, 4, 2, 31, 0, 0, 0), text]);
      }
      case 0x1a: // MODE SENSE
        return Uint8Array.of(3, 0, 0, 0);
      case 0x25: { // READ CAPACITY
        const words = { last: this.content.length / BLOCK - 1, block: BLOCK };
        return encode(struct("Capacity", { last: be.u32, block: be.u32 }), words);
      }
      case 0x28: // READ
        return this.content.slice(at, at + count);
      default:
        return null;
    }
  }
}
