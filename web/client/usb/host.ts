/// <reference lib="dom" />
/**
 * The side of usbredir that has the device: a device of this computer, through WebUSB, for a guest.
 * What WebUSB has no word for (isochronous streams) is refused, and what it cannot take back (a
 * transfer that the guest cancels) is answered as cancelled and passed over when it ends.
 * Source of truth: usbredirproto.h; usbredirhost.c; the WebUSB API.
 */
import { ProtocolError } from "../../../core/binary/error.ts";
import { encode } from "../../../core/binary/codec.ts";
import {
  type UsbredirHead,
  usbredirPacket,
  UsbredirReader,
} from "../../../core/link/usbredir_reader.ts";
import { Capabilities } from "../../../core/protocol/capabilities.ts";
import {
  UNAGREED,
  type UsbredirAgreed,
  UsbredirCap,
  usbredirPackets,
  UsbredirStatus,
} from "../../../core/protocol/usbredir_wire.ts";
import { addressOf, connectOf, epInfoOf, interfaceInfoOf, MOST_INTERFACES } from "./description.ts";
import { intervalsOf, type UsbDevice, type UsbIn, type UsbSetup } from "./device.ts";

export interface UsbHostOptions {
  /** What goes to the guest; what it returns resolves when there is room for more. */
  readonly send: (bytes: Uint8Array) => Promise<unknown> | void;
  /** The guest, or the server's filter, does not want this device. */
  readonly refused: () => void;
  /** The device cannot be used, or is gone. */
  readonly failed: (why: string) => void;
}

const OURS = [
  UsbredirCap.connectDeviceVersion,
  UsbredirCap.filter,
  UsbredirCap.deviceDisconnectAck,
  UsbredirCap.epInfoMaxPacketSize,
  UsbredirCap.ids64,
  UsbredirCap.bulkLength32,
];
/** One transfer, and all that are under way. */
const MOST_BYTES = 16 << 20;
const MOST_UNDER_WAY = 64 << 20;
/** Transfers at once, however short; and changes of the whole device that wait for each other. */
const MOST_TRANSFERS = 256, MOST_CHANGES = 256;
const REQUESTS = ["standard", "class", "vendor"] as const;
const RECIPIENTS = ["device", "interface", "endpoint", "other"] as const;

// deno-lint-ignore no-explicit-any
type Body = any;

export class UsbHost {
  readonly #device: UsbDevice;
  readonly #options: UsbHostOptions;
  readonly #reader: UsbredirReader;
  #agreed: UsbredirAgreed = UNAGREED;
  #head: UsbredirHead | null = null;
  #parts: Uint8Array[] = [];
  /** What changes the device as a whole is done one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Transfers that the guest waits for. */
  readonly #waiting = new Set<bigint>();
  #underWay = 0;
  #transfers = 0;
  #changes = 0;
  /** Resolves when there is room for what was said last. */
  #room: Promise<unknown> | void = undefined;
  readonly #receiving = new Map<number, symbol>();
  /** What an endpoint that speaks by itself is asked for, whether the guest still wants it or not. */
  readonly #notices = new Map<number, Promise<UsbIn>>();
  #over = false;

  constructor(device: UsbDevice, options: UsbHostOptions) {
    this.#device = device;
    this.#options = options;
    this.#reader = new UsbredirReader("toHost", {
      head: (head) => {
        this.#head = structuredClone(head);
        this.#parts = [];
        return head.dataBytes <= MOST_BYTES;
      },
      data: (bytes) => void this.#parts.push(bytes.slice()),
      end: () => this.#packet(this.#head!, joined(this.#parts)),
    });
  }

  /** Says hello, as the first thing. */
  begin(): void {
    const version = new Uint8Array(64);
    new TextEncoder().encodeInto("spice-appliance WebUSB", version);
    this.#say("hello", 0n, { version, capabilities: [...Capabilities.of(...OURS).words] });
  }

  /**
   * Bytes of the guest's; more are to come when the promise resolves. WireError, ProtocolError: they
   * are not what they should be.
   */
  receive(bytes: Uint8Array): Promise<unknown> | void {
    if (!this.#over) this.#reader.push(bytes);
    return this.#room;
  }

  /** The device is taken back, or gone. May be called again. */
  async end(): Promise<void> {
    if (this.#over) return;
    this.#say("deviceDisconnect", 0n, {});
    this.#over = true;
    this.#receiving.clear();
    await this.#device.close().catch(() => {});
    // what was on its way to open it may have done so since
    await this.#turn;
    if (this.#device.opened) await this.#device.close().catch(() => {});
  }

  // deno-lint-ignore no-explicit-any
  #say(name: string, id: bigint, body: any): Promise<unknown> | void {
    if (this.#over) return;
    const packets = usbredirPackets(this.#agreed);
    type Message = typeof packets.toGuest.byName.hello;
    const message = (packets.toGuest.byName as unknown as Record<string, Message>)[name];
    const packet = usbredirPacket(packets, message, id, encode(message.codec, body));
    return this.#room = this.#options.send(packet);
  }

  #packet({ name, id, body }: UsbredirHead, data: Uint8Array): void {
    switch (name) {
      case "hello":
        return this.#greeted(new Capabilities([...body.capabilities]));
      case "filterReject":
        this.#options.refused();
        return;
      case "reset":
        return this.#next(async () => {
          await this.#device.reset();
          this.#reads.clear();
          await this.#claim();
        });
      case "setConfiguration":
        return this.#next(() => this.#configure(id, body.configuration));
      case "getConfiguration":
        return void this.#say("configurationStatus", id, this.#configuration());
      case "setAltSetting":
        return this.#next(() => this.#alternate(id, body));
      case "getAltSetting":
        return void this.#say("altSettingStatus", id, {
          status: 0,
          interface: body.interface,
          alt: this.#interfaces.find(({ interfaceNumber }) => interfaceNumber === body.interface)
            ?.alternate.alternateSetting ?? 0,
        });
      case "controlPacket":
        return this.#transfer(name, id, body, body.length, () => this.#control(id, body, data));
      case "bulkPacket": {
        const length = body.length + (body.lengthHigh ?? 0) * 65536;
        return this.#transfer(name, id, body, length, () => this.#bulk(id, body, length, data));
      }
      case "interruptPacket":
        return this.#transfer(name, id, body, body.length, () => this.#interrupt(id, body, data));
      case "startInterruptReceiving":
        return void this.#receive(id, body.endpoint);
      case "stopInterruptReceiving":
        this.#receiving.delete(body.endpoint);
        return void this.#say("interruptReceivingStatus", id, {
          status: 0,
          endpoint: body.endpoint,
        });
      case "startIsoStream":
      case "stopIsoStream":
        return void this.#say("isoStreamStatus", id, {
          status: UsbredirStatus.inval,
          endpoint: body.endpoint,
        });
      case "cancelDataPacket":
        this.#cancelled.get(id)?.();
        return;
    }
  }

  readonly #cancelled = new Map<bigint, () => void>();
  /**
   * By endpoint: reads that the guest has taken back, which WebUSB goes on with, and bytes of theirs
   * beyond what was asked for. INVARIANT: what a device says reaches the guest's next read.
   */
  readonly #reads = new Map<number, { pending: Promise<UsbIn>[]; left: Uint8Array }>();

  get #interfaces() {
    return this.#device.configuration?.interfaces ?? [];
  }

  #configuration() {
    return { status: 0, configuration: this.#device.configuration?.configurationValue ?? 0 };
  }

  #greeted(peer: Capabilities): void {
    const both = (bit: number) => OURS.some((ours) => ours === bit) && peer.has(bit);
    this.#agreed = {
      bulkStreams: false,
      connectDeviceVersion: both(UsbredirCap.connectDeviceVersion),
      epInfoMaxPacketSize: both(UsbredirCap.epInfoMaxPacketSize),
      ids64: both(UsbredirCap.ids64),
      bulkLength32: both(UsbredirCap.bulkLength32),
    };
    this.#reader.agree(this.#agreed);
    this.#next(() => this.#connect());
  }

  async #connect(): Promise<void> {
    const device = this.#device;
    if (!device.opened) await device.open();
    if (!device.configuration) {
      await device.selectConfiguration(device.configurations[0]?.configurationValue ?? 1);
    }
    await this.#claim();
    await this.#describe();
    this.#say("deviceConnect", 0n, connectOf(device, this.#interfaces));
  }

  async #claim(): Promise<void> {
    for (const { interfaceNumber } of this.#interfaces) {
      await this.#device.claimInterface(interfaceNumber);
    }
  }

  async #describe(): Promise<void> {
    const interfaces = this.#interfaces.slice(0, MOST_INTERFACES);
    this.#say("interfaceInfo", 0n, interfaceInfoOf(interfaces));
    this.#say("epInfo", 0n, epInfoOf(interfaces, await intervalsOf(this.#device)));
  }

  async #configure(id: bigint, configuration: number): Promise<void> {
    let status: number = UsbredirStatus.success;
    try {
      if (this.#device.configuration?.configurationValue !== configuration) {
        await this.#device.selectConfiguration(configuration);
        await this.#claim();
      }
      await this.#describe();
    } catch {
      status = UsbredirStatus.ioError;
    }
    this.#say("configurationStatus", id, { ...this.#configuration(), status });
  }

  async #alternate(id: bigint, { interface: number, alt }: Body): Promise<void> {
    let status: number = UsbredirStatus.success;
    try {
      await this.#device.selectAlternateInterface(number, alt);
      await this.#describe();
    } catch {
      status = UsbredirStatus.inval;
    }
    this.#say("altSettingStatus", id, { status, interface: number, alt });
  }

  /** Does what changes the device; that it cannot be done is the end of it. */
  #next(what: () => Promise<void>): void {
    if (this.#changes === MOST_CHANGES) {
      throw new ProtocolError(`The guest changes the device again after ${MOST_CHANGES} that wait`);
    }
    this.#changes++;
    this.#turn = this.#turn.then(what).catch((error) => {
      if (!this.#over) this.#options.failed(error instanceof Error ? error.message : `${error}`);
    }).finally(() => this.#changes--);
  }

  /** Begins a transfer; its answer is said when it ends, once. */
  #transfer(
    name: string,
    id: bigint,
    body: Body,
    length: number,
    run: () => Promise<() => void>,
  ): void {
    const refuse = (status: number) =>
      this.#say(name, id, {
        ...body,
        status,
        length: 0,
        lengthHigh: 0,
        data: new Uint8Array(0),
      });
    const tooMuch = length > MOST_BYTES || this.#underWay + length > MOST_UNDER_WAY;
    if (tooMuch || this.#transfers === MOST_TRANSFERS || this.#waiting.has(id)) {
      return void refuse(UsbredirStatus.inval);
    }
    this.#transfers++;
    this.#underWay += length;
    this.#waiting.add(id);
    const over = () => {
      this.#cancelled.delete(id);
      return this.#waiting.delete(id);
    };
    this.#cancelled.set(id, () => {
      if (over()) refuse(UsbredirStatus.cancelled);
    });
    // a configuration that is being chosen comes first
    const begun = body.endpoint & 0x0f ? run() : this.#turn.then(run);
    begun.then((answer) => {
      if (over()) answer();
    }, (error) => {
      if (!over()) return;
      refuse(UsbredirStatus.ioError);
      if ((error as Error).name === "NotFoundError") this.#options.failed("The device is gone");
    }).finally(() => {
      this.#transfers--;
      this.#underWay -= length;
    });
  }

  async #control(id: bigint, body: Body, data: Uint8Array): Promise<() => void> {
    const { request, requesttype, value, index, length } = body;
    const setup: UsbSetup = {
      requestType: REQUESTS[requesttype >> 5 & 3] ?? "vendor",
      recipient: RECIPIENTS[requesttype & 31] ?? "other",
      request,
      value,
      index,
    };
    if (requesttype & 0x80) {
      const { status, data } = await this.#device.controlTransferIn(setup, length);
      const bytes = bytesOf(data).subarray(0, length);
      return () =>
        this.#say("controlPacket", id, {
          ...body,
          endpoint: 0x80,
          status: statusOf(status),
          length: bytes.length,
          data: bytes,
        });
    }
    let status: number = UsbredirStatus.success;
    // CLEAR_FEATURE, ENDPOINT_HALT: the browser keeps toggles of its own
    if (requesttype === 2 && request === 1 && value === 0) {
      await this.#device.clearHalt(index & 0x80 ? "in" : "out", index & 0x0f);
    } else {
      const out = await this.#device.controlTransferOut(setup, data.slice());
      status = statusOf(out.status);
    }
    const said = { ...body, endpoint: 0, status, data: new Uint8Array(0) };
    return () => this.#say("controlPacket", id, said);
  }

  async #bulk(id: bigint, body: Body, length: number, data: Uint8Array): Promise<() => void> {
    const number = body.endpoint & 0x0f;
    const answer = (status: string, count: number, bytes: Uint8Array) => () =>
      this.#say("bulkPacket", id, {
        ...body,
        status: statusOf(status),
        length: count & 0xffff,
        lengthHigh: count >>> 16,
        data: bytes,
      });
    if (body.endpoint & 0x80) {
      const { status, bytes } = await this.#read(body.endpoint, length, id);
      return answer(status, bytes.length, bytes);
    }
    const { status, bytesWritten } = await this.#device.transferOut(number, data.slice());
    return answer(status, bytesWritten, new Uint8Array(0));
  }

  /** At most so many bytes; id: of the guest's request, which may be taken back meanwhile. */
  async #read(address: number, length: number, id: bigint) {
    const known = this.#reads.get(address) ?? { pending: [], left: new Uint8Array(0) };
    this.#reads.set(address, known);
    if (known.left.length > 0) {
      const bytes = known.left.subarray(0, length);
      known.left = known.left.subarray(length);
      return { status: "ok", bytes };
    }
    const read = known.pending.shift() ?? this.#device.transferIn(address & 0x0f, length);
    read.catch(() => {});
    const cancel = this.#cancelled.get(id)!;
    const { promise: cancelled, resolve } = Promise.withResolvers<null>();
    this.#cancelled.set(id, () => {
      known.pending.push(read);
      cancel();
      resolve(null);
    });
    const got = await Promise.race([read, cancelled]);
    // the next that asks has what comes
    if (got === null || !this.#waiting.has(id)) return { status: "ok", bytes: new Uint8Array(0) };
    const { status, data } = got, all = bytesOf(data);
    known.left = all.subarray(length);
    return { status, bytes: all.subarray(0, length) };
  }

  async #interrupt(id: bigint, body: Body, data: Uint8Array): Promise<() => void> {
    const { status, bytesWritten } = await this.#device.transferOut(
      body.endpoint & 0x0f,
      data.slice(),
    );
    const said = { ...body, status: statusOf(status), length: bytesWritten };
    return () => this.#say("interruptPacket", id, { ...said, data: new Uint8Array(0) });
  }

  /** An endpoint that speaks by itself, until the guest has enough of it. */
  async #receive(id: bigint, address: number): Promise<void> {
    const endpoint = this.#interfaces.flatMap(({ alternate }) => alternate.endpoints)
      .find((one) => addressOf(one) === address && one.type === "interrupt");
    const status = endpoint ? UsbredirStatus.success : UsbredirStatus.inval;
    this.#say("interruptReceivingStatus", id, { status, endpoint: address });
    if (!endpoint || this.#receiving.has(address)) return;
    const mine = Symbol();
    this.#receiving.set(address, mine);
    const current = () => this.#receiving.get(address) === mine && !this.#over;
    let next = 0n;
    try {
      while (current()) {
        const pending = this.#notices.get(address) ??
          this.#device.transferIn(address & 0x0f, endpoint.packetSize);
        this.#notices.set(address, pending);
        const { status, data } = await pending;
        // who begins to receive again takes it
        if (!current()) return;
        this.#notices.delete(address);
        const bytes = bytesOf(data);
        await this.#say("interruptPacket", next++, {
          endpoint: address,
          status: statusOf(status),
          length: bytes.length,
          data: bytes,
        });
        if (status === "stall") break;
      }
    } catch {
      if (current()) {
        this.#notices.delete(address);
        const stalled = { status: UsbredirStatus.stall, endpoint: address };
        this.#say("interruptReceivingStatus", 0n, stalled);
      }
    }
    if (current()) this.#receiving.delete(address);
  }
}

const statusOf = (status: string): number =>
  status === "ok"
    ? UsbredirStatus.success
    : status === "babble"
    ? UsbredirStatus.babble
    : UsbredirStatus.stall;

const bytesOf = (data?: DataView): Uint8Array =>
  data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(0);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) whole.set(part, at), at += part.length;
  return whole;
}
