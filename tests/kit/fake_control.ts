/** What a console is given to see and do in tests. */
import type { Control, Voucher } from "../../web/control.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { Throttle, type ThrottleOptions } from "../../core/link/throttle.ts";
import { Tickets } from "../../core/link/ticket.ts";
import { FakeGuest } from "./fake_guest.ts";

export interface FakeControlOptions extends Partial<Control> {
  readonly now?: () => number;
  /** The SPICE password; undefined: everybody may come in. */
  readonly password?: string;
  readonly throttleOptions?: Partial<ThrottleOptions>;
}

/** An appliance whose people and doings are noted. */
export interface FakeControl extends Control {
  readonly accepted: { duplex: Duplex; voucher: Voucher | null }[];
  readonly gone: (number | string)[];
}

export function fakeControl(options: FakeControlOptions = {}): FakeControl {
  const { now = () => performance.now(), password, throttleOptions, ...more } = options;
  const tickets = new Tickets({ now, required: password !== undefined });
  if (password !== undefined) tickets.setTicket(password);
  const accepted: FakeControl["accepted"] = [], gone: FakeControl["gone"] = [];
  return {
    version: "1.2.3",
    driver: "demo",
    guest: new FakeGuest(),
    guestEnded: false,
    spice: {
      host: "127.0.0.1",
      port: 5930,
      tlsPort: null,
      unix: null,
      addresses: ["spice://127.0.0.1:5930"],
      ca: null,
      subject: null,
    },
    tickets,
    throttle: new Throttle({ now, ...throttleOptions }),
    clients: () => [],
    tunnels: () => [],
    ports: () => [],
    disconnect(id) {
      gone.push(id);
      return true;
    },
    disconnectLogin: (login) => void gone.push(login),
    accept: (duplex, voucher) => void accepted.push({ duplex, voucher }),
    metrics: () => [],
    accepted,
    gone,
    ...more,
  };
}
