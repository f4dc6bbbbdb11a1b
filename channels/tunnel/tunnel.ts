/** One tunnel of the configuration, as the server has it: who may carry it, and what went through. */
import type { TunnelOptions } from "../../core/config/options.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import type { Log } from "../../core/log.ts";
import type { TunnelEnd } from "../../core/protocol/tunnel.ts";
import type { TunnelSocket } from "./socket.ts";

/** A client that could carry connections. */
export interface Carrier {
  /** The client's number. */
  readonly client: number;
  /** It carries this one; false: somebody else does. */
  chosen(tunnel: Tunnel, carries: boolean): void;
  /** Takes a connection. */
  take(tunnel: Tunnel, stream: Duplex): void;
}

export class Tunnel {
  readonly id: number;
  readonly options: TunnelOptions;
  /** Who carries it now; null: nobody. */
  carrier: Carrier | null = null;
  /** Connections since the start that were given to a carrier, and that came while there was none. */
  opened = 0;
  refused = 0;
  readonly #sockets = new Set<TunnelSocket>();
  /** Of connections that are over. */
  #sentBytes = 0;
  #receivedBytes = 0;
  /** What the latest connection that failed failed by; null: none has. */
  failure: TunnelEnd | null = null;
  /** All that agreed, in the order in which they did. */
  readonly #willing: Carrier[] = [];
  readonly #log: Log;

  constructor(id: number, options: TunnelOptions, log: Log) {
    this.id = id;
    this.options = options;
    this.#log = log;
  }

  /** `printer.lan:9100` */
  get target(): string {
    const { host, port } = this.options.target;
    return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /** Connections now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Bytes from the host to the target. */
  get sentBytes(): number {
    return this.#sockets.values().reduce((sum, { sentBytes }) => sum + sentBytes, this.#sentBytes);
  }

  /** Bytes from the target to the host. */
  get receivedBytes(): number {
    const sum = (sum: number, { receivedBytes }: TunnelSocket) => sum + receivedBytes;
    return this.#sockets.values().reduce(sum, this.#receivedBytes);
  }

  /** A carrier takes a connection to the target. */
  began(socket: TunnelSocket): void {
    this.opened++;
    this.#sockets.add(socket);
  }

  over(socket: TunnelSocket): void {
    this.#sockets.delete(socket);
    this.#sentBytes += socket.sentBytes;
    this.#receivedBytes += socket.receivedBytes;
    if (socket.reason !== "ok") this.failure = socket.reason;
  }

  /** A client agreed to carry it; it does when no other was earlier. */
  agree(carrier: Carrier): void {
    if (this.#willing.includes(carrier)) return;
    this.#willing.push(carrier);
    this.#log.info("tunnel-consent", { tunnel: this.options.name, client: carrier.client });
    if (this.carrier === null) this.#choose();
    else carrier.chosen(this, false);
  }

  /** A client does not carry it any more, or never wanted to. */
  leave(carrier: Carrier): void {
    const at = this.#willing.indexOf(carrier);
    if (at < 0) return;
    this.#willing.splice(at, 1);
    this.#log.info("tunnel-consent-over", { tunnel: this.options.name, client: carrier.client });
    if (this.carrier === carrier) this.#choose();
  }

  /** Somebody connected at the host. */
  take(stream: Duplex): void {
    if (this.carrier) return this.carrier.take(this, stream);
    this.refuse(stream, "nobody carries it");
  }

  /** A connection that goes nowhere. */
  refuse(stream: Duplex, reason: string): void {
    this.refused++;
    this.#log.warn("tunnel-refused", {
      tunnel: this.options.name,
      from: stream.remote.address,
      reason,
    });
    stream.close();
  }

  #choose(): void {
    this.carrier = this.#willing.at(0) ?? null;
    this.carrier?.chosen(this, true);
  }
}
