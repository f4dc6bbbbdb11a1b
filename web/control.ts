/** What the console sees of the appliance, and what it may do to it. */
import type { Guest } from "../core/guest.ts";
import type { Duplex } from "../core/link/duplex.ts";
import type { Throttle } from "../core/link/throttle.ts";
import type { Tickets } from "../core/link/ticket.ts";
import type { Metric } from "../core/metrics.ts";

export interface Control {
  readonly version: string;
  /** What fills the screens: demo, replay, … */
  readonly driver: string;
  readonly guest: Pick<Guest, "name" | "uuid" | "displays" | "power">;
  /** The guest has nothing more to show. */
  readonly guestEnded: boolean;
  /** Where SPICE clients connect. */
  readonly spice: SpiceDoors;
  /** null: users of SASL are asked for instead. */
  readonly tickets: Tickets | null;
  /** Slows guessing, at the SPICE ports and here together. */
  readonly throttle: Throttle;
  clients(): readonly ClientFacts[];
  tunnels(): readonly TunnelFacts[];
  ports(): readonly PortFacts[];
  /** Says goodbye to a client; false: there is none of this number. */
  disconnect(id: number): boolean;
  /** Says goodbye to whom a login vouched for. */
  disconnectLogin(login: string): void;
  /** Takes a WebSocket that carries SPICE. voucher null: SPICE's own rules hold. */
  accept(duplex: Duplex, voucher: Voucher | null): void;
  metrics(): readonly Metric[];
}

/** The listeners for SPICE clients, ports filled in. */
export interface SpiceDoors {
  readonly host: string;
  readonly port: number | null;
  readonly tlsPort: number | null;
  readonly unix: string | null;
  /** `spice://127.0.0.1:5930` */
  readonly addresses: readonly string[];
  /** The authority that clients are to trust, in PEM; null: there is none. */
  readonly ca: string | null;
  /** The certificate's subject as clients write it, `C=XX,O=me,CN=my-host`; null: there is no certificate. */
  readonly subject: string | null;
}

/** One client, as its people want to know it. */
export interface ClientFacts {
  readonly id: number;
  readonly user: string | null;
  readonly viewOnly: boolean;
  /** The login that vouched for it; null: SPICE's own. */
  readonly login: string | null;
  readonly address: string;
  readonly transport: string;
  readonly secure: boolean;
  readonly webSocket: boolean;
  readonly connectedMs: number;
  readonly latencyMs: number | null;
  readonly bitsPerSecond: number | null;
  readonly channels: readonly {
    readonly type: string;
    readonly id: number;
    readonly sentBytes: number;
    readonly receivedBytes: number;
  }[];
}

/** A port of the guest, or a listener for USB devices. */
export interface PortFacts {
  readonly name: string;
  readonly kind: string;
  readonly open: boolean;
  readonly used: boolean;
  readonly from: readonly string[];
}

/** A tunnel into a client's network. */
export interface TunnelFacts {
  readonly name: string;
  readonly listen: string;
  readonly target: string;
  /** The client that carries it; null: nobody does. */
  readonly client: number | null;
  /** Connections now, since the start, and those that came while nobody could carry them. */
  readonly open: number;
  readonly opened: number;
  readonly refused: number;
  /** Into the client's network, and out of it. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What the latest connection that failed failed by; null: none has. */
  readonly failure: string | null;
}

/** Who a WebSocket's session belongs to. */
export interface Voucher {
  readonly identity?: string;
  /** Channels of other logins do not join its session. */
  readonly login: string;
  readonly viewOnly: boolean;
}
