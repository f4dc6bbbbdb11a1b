/** USB devices that come without SPICE: `usbredirect --to` connects here, and its device goes to a port that nobody uses. */
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import type { Clock } from "../../core/clock.ts";
import type { UsbFilterRule } from "../../core/config/options.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Gate } from "../../core/link/gate.ts";
import { Outbox } from "../../core/link/outbox.ts";
import { pump } from "../../core/link/pump.ts";
import type { Log } from "../../core/log.ts";
import type { SocketPort } from "./socket_port.ts";
import { UsbGuard } from "./usb_guard.ts";

/** With more on its way, in either direction, the other end waits. */
const AHEAD_BYTES = 1 << 20;
/** So long a connection may take to say hello. */
const HELLO_MS = 10_000;
/** usbredirproto.h: a header without a 64-bit id, and the version; capabilities follow. */
const HELLO_BYTES = 12 + 64;

export interface UsbListenerOptions {
  /** Where devices may go. */
  readonly ports: readonly SocketPort[];
  readonly filter: readonly UsbFilterRule[] | null;
  readonly clock: Clock;
  readonly log: Log;
}

export class UsbListener {
  readonly #streams = new Set<Duplex>();
  /** Where it listens, once it does. */
  readonly at: string[] = [];

  constructor(readonly options: UsbListenerOptions) {}

  /** Carries one device's bytes until it goes. Never rejects. */
  async take(stream: Duplex): Promise<void> {
    const { ports, filter, clock, log } = this.options;
    const from = stream.remote.address;
    const port = ports.find(({ used }) => !used);
    if (!port) {
      log.warn("usb-refused", { from, reason: "every usb-redir device of the guest is in use" });
      return stream.close();
    }
    const outbox = new Outbox();
    const gate = new Gate();
    const guard = new UsbGuard(port, {
      filter,
      onRefused: (vendor, product) => log.warn("usb-filtered", { from, vendor, product }),
    });
    guard.toClient = (bytes) => {
      outbox.writer.put(bytes);
      outbox.filled();
    };
    outbox.onRoom = () => port.flow(true);
    const silent = clock.after(HELLO_MS, () => stream.close());
    let came = 0;
    this.#streams.add(stream);
    log.info("usb-connected", { from, port: port.name });
    port.attach({
      data(bytes) {
        guard.fromGuest(bytes);
        if (outbox.waitingBytes > AHEAD_BYTES) port.flow(false);
      },
      opened(open) {
        gate.open();
        // the machine is gone, and its device with it: whoever has it may offer it anew
        if (!open) outbox.close();
      },
      drained: () => gate.open(),
    });
    try {
      await pump(stream, {
        outbox,
        gate,
        receive(bytes) {
          guard.fromClient(bytes);
          if ((came += bytes.length) >= HELLO_BYTES) silent();
          if (port.waitingBytes > AHEAD_BYTES) gate.shut();
        },
      });
    } catch (error) {
      const erred = error instanceof ProtocolError || error instanceof WireError;
      log[erred ? "warn" : "debug"](erred ? "usb-erred" : "usb-broke", { from, error });
    }
    silent();
    this.#streams.delete(stream);
    port.attach(null);
    log.info("usb-gone", { from, port: port.name });
  }

  /** Where its devices come from now. */
  get devices(): string[] {
    return [...this.#streams].map(({ remote }) => remote.address);
  }

  /** Ends all connections. */
  close(): void {
    for (const stream of this.#streams) stream.close();
  }
}
