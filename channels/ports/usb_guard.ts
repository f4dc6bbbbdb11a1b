/**
 * Stands between a USB device and the guest that it is redirected to: lets pass what the protocol
 * allows, in its order, of devices that the filter allows.
 * Source of truth: usbredirproto.h; usbredirhost.c; qemu hw/usb/redirect.c.
 */
import { ProtocolError } from "../../core/binary/error.ts";
import { encode } from "../../core/binary/codec.ts";
import type { UsbFilterRule } from "../../core/config/options.ts";
import type { GuestPort } from "../../core/guest.ts";
import {
  type UsbredirHead,
  usbredirPacket,
  UsbredirReader,
  type UsbredirSink,
} from "../../core/link/usbredir_reader.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import {
  UNAGREED,
  type UsbredirAgreed,
  UsbredirCap,
  UsbredirEndpoint,
  usbredirPackets,
} from "../../core/protocol/usbredir_wire.ts";
import type { StreamGuard } from "./guard.ts";
import { usbAllowed, type UsbIdentity } from "./usb_filter.ts";

/** Which packets need which capability of both sides. */
const NEEDS: Readonly<Record<string, number>> = {
  filterFilter: UsbredirCap.filter,
  filterReject: UsbredirCap.filter,
  deviceDisconnectAck: UsbredirCap.deviceDisconnectAck,
  allocBulkStreams: UsbredirCap.bulkStreams,
  freeBulkStreams: UsbredirCap.bulkStreams,
  bulkStreamsStatus: UsbredirCap.bulkStreams,
  startBulkReceiving: UsbredirCap.bulkReceiving,
  stopBulkReceiving: UsbredirCap.bulkReceiving,
  bulkReceivingStatus: UsbredirCap.bulkReceiving,
  bufferedBulkPacket: UsbredirCap.bulkReceiving,
};
/** The kind of endpoint that a packet with data is for. */
const KINDS: Readonly<Record<string, number>> = {
  controlPacket: UsbredirEndpoint.control,
  bulkPacket: UsbredirEndpoint.bulk,
  bufferedBulkPacket: UsbredirEndpoint.bulk,
  isoPacket: UsbredirEndpoint.iso,
  interruptPacket: UsbredirEndpoint.interrupt,
};
/** What the side with the device may say while there is none. */
const ALWAYS = new Set(["hello", "filterFilter", "interfaceInfo", "epInfo", "deviceConnect"]);

export interface UsbGuardOptions {
  /** null: every device may be redirected. */
  readonly filter: readonly UsbFilterRule[] | null;
  /** A device was refused. */
  readonly onRefused?: (vendor: number, product: number) => void;
}

export class UsbGuard implements StreamGuard {
  toClient: (bytes: Uint8Array) => void = () => {};
  readonly #port: GuestPort;
  readonly #options: UsbGuardOptions;
  readonly #toGuest: UsbredirReader;
  readonly #toHost: UsbredirReader;
  #hostCaps: Capabilities | null = null;
  #guestCaps: Capabilities | null = null;
  #agreed: UsbredirAgreed = UNAGREED;
  #interfaces: UsbIdentity["interfaces"] | null = null;
  #endpoints: Uint8Array | null = null;
  /** The device that came last, but for its interfaces. */
  #device: Omit<UsbIdentity, "interfaces"> | null = null;
  /** There is a device, as far as the guest knows. */
  #connected = false;
  /** Words of ours for the side with the device, until it is between two packets. */
  readonly #own: Uint8Array[] = [];

  constructor(port: GuestPort, options: UsbGuardOptions) {
    this.#port = port;
    this.#options = options;
    this.#toGuest = new UsbredirReader("toGuest", this.#sink(true, (b) => this.#port.write(b)));
    this.#toHost = new UsbredirReader("toHost", this.#sink(false, (b) => this.toClient(b)));
  }

  fromClient(bytes: Uint8Array): void {
    this.#toGuest.push(bytes);
    this.#sayOwn();
  }

  fromGuest(bytes: Uint8Array): void {
    this.#toHost.push(bytes);
    this.#sayOwn();
  }

  #sink(fromHost: boolean, pass: (bytes: Uint8Array) => void): UsbredirSink {
    return {
      head: (head, bytes) => {
        if (!this.#may(head, fromHost)) return false;
        pass(bytes);
        return true;
      },
      data: pass,
      end: () => {},
    };
  }

  /** false: dropped, for it is of a device that is not there any more. */
  #may(head: UsbredirHead, fromHost: boolean): boolean {
    const { name, body } = head;
    if (name === "hello") {
      this.#greet(new Capabilities([...body.capabilities]), fromHost);
      return true;
    }
    if (!this.#hostCaps || !this.#guestCaps) {
      throw new ProtocolError(`usbredir ${name} came before both sides have said hello`);
    }
    const needed = NEEDS[name];
    if (needed !== undefined && !this.#both(needed)) {
      throw new ProtocolError(`usbredir ${name} came, for which there is no capability`);
    }
    return fromHost ? this.#fromHost(head) : this.#fromGuest(head);
  }

  #fromHost({ name, body }: UsbredirHead): boolean {
    switch (name) {
      case "interfaceInfo":
        if (body.interfaceCount > 32) {
          throw new ProtocolError(`a USB device has ${body.interfaceCount} interfaces, of 32`);
        }
        this.#interfaces = Array.from({ length: body.interfaceCount }, (_, i) => ({
          class: body.interfaceClass[i],
          subclass: body.interfaceSubclass[i],
          protocol: body.interfaceProtocol[i],
        }));
        return !this.#connected || this.#stays();
      case "epInfo":
        for (const type of body.type) {
          if (type > UsbredirEndpoint.interrupt && type !== UsbredirEndpoint.invalid) {
            throw new ProtocolError(`a USB endpoint has type ${type}, which is none`);
          }
        }
        this.#endpoints = body.type.slice();
        return true;
      case "deviceConnect":
        return this.#connect(body);
      case "deviceDisconnect": {
        const was = this.#connected;
        this.#connected = false;
        this.#interfaces = this.#endpoints = null;
        // the guest never heard of one that was refused, so it will not say that it has forgotten it
        if (!was) this.#say("deviceDisconnectAck", UsbredirCap.deviceDisconnectAck);
        return was;
      }
    }
    // a device that is unplugged may have spoken its last words late
    return (this.#connected || ALWAYS.has(name)) && this.#fits(name, body);
  }

  // deno-lint-ignore no-explicit-any
  #fits(name: string, body: any): boolean {
    const kind = KINDS[name];
    if (kind === undefined) return true;
    const index = (body.endpoint & 0x80) >> 3 | body.endpoint & 0x0f;
    return (body.endpoint & 0x0f) === 0
      ? kind === UsbredirEndpoint.control
      : this.#endpoints?.[index] === kind;
  }

  // deno-lint-ignore no-explicit-any
  #connect(body: any): boolean {
    if (this.#connected) throw new ProtocolError("a USB device came where there is one already");
    if (!this.#interfaces || !this.#endpoints) {
      throw new ProtocolError("a USB device came without its interfaces and endpoints");
    }
    this.#device = {
      deviceClass: body.deviceClass,
      vendor: body.vendorId,
      product: body.productId,
      version: body.deviceVersionBcd ?? 0,
    };
    return this.#connected = this.#allowed();
  }

  /** The device has other interfaces now, as with another configuration. false: it must go. */
  #stays(): boolean {
    if (this.#allowed()) return true;
    this.#connected = false;
    const packets = usbredirPackets(this.#agreed),
      message = packets.toGuest.byName.deviceDisconnect;
    this.#port.write(usbredirPacket(packets, message, 0n, encode(message.codec, {})));
    return false;
  }

  #allowed(): boolean {
    const { filter, onRefused } = this.#options;
    const device = { ...this.#device!, interfaces: this.#interfaces! };
    if (!filter || usbAllowed(filter, device)) return true;
    onRefused?.(device.vendor, device.product);
    // as QEMU says it
    this.#say("filterReject", UsbredirCap.filter);
    return false;
  }

  /** A word of ours for the side with the device. */
  #say(name: "filterReject" | "deviceDisconnectAck", needed: number): void {
    if (!this.#both(needed)) return;
    const packets = usbredirPackets(this.#agreed);
    const message = packets.toHost.byName[name];
    this.#own.push(usbredirPacket(packets, message, 0n, encode(message.codec, {})));
  }

  #sayOwn(): void {
    if (!this.#toHost.between) return;
    for (const bytes of this.#own.splice(0)) this.toClient(bytes);
  }

  #fromGuest({ name }: UsbredirHead): boolean {
    // QEMU may go on for a moment after the device has gone
    return name === "filterFilter" || name === "filterReject" || name === "deviceDisconnectAck" ||
      this.#connected;
  }

  #both(bit: number): boolean {
    return can(this.#hostCaps!, bit) && can(this.#guestCaps!, bit);
  }

  /** SPEC: what both can holds at once, in both directions: nobody speaks between the two hellos. */
  #greet(caps: Capabilities, fromHost: boolean): void {
    if (fromHost) this.#hostCaps = caps;
    else this.#guestCaps = caps;
    if (!this.#hostCaps || !this.#guestCaps) return;
    this.#agreed = {
      bulkStreams: this.#both(UsbredirCap.bulkStreams),
      connectDeviceVersion: this.#both(UsbredirCap.connectDeviceVersion),
      epInfoMaxPacketSize: this.#both(UsbredirCap.epInfoMaxPacketSize),
      ids64: this.#both(UsbredirCap.ids64),
      bulkLength32: this.#both(UsbredirCap.bulkLength32),
    };
    this.#toGuest.agree(this.#agreed);
    this.#toHost.agree(this.#agreed);
  }
}

/** SPEC: usbredirparser.c, usbredirparser_verify_caps: who cannot say packet sizes has no streams, whatever it says. */
const can = (caps: Capabilities, bit: number) =>
  caps.has(bit) &&
  (bit !== UsbredirCap.bulkStreams || caps.has(UsbredirCap.epInfoMaxPacketSize));
