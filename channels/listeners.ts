/** From settings to listeners, with their certificates, and from listeners to what people type. */
import type { ApplianceOptions, WebOptions } from "../core/config/options.ts";
import type { Log } from "../core/log.ts";
import type { Certificates } from "./certificates.ts";
import { type Endpoint, type HttpConnection, listen, type Listening } from "./listen.ts";

type SpiceListeners = Pick<ApplianceOptions, "listen" | "tls">;

/** The ports that were really taken; null: none. */
export interface PortsTaken {
  readonly port: number | null;
  readonly tlsPort: number | null;
}

export interface BrowserListeners {
  /** `http://127.0.0.1:5980` */
  readonly addresses: readonly string[];
  readonly ports: PortsTaken;
  /** Stops listening, and ends connections that wait. */
  close(): void;
}

/** Where SPICE clients come in. Error: a certificate cannot be used. */
export function endpoints(
  { listen: at, tls }: SpiceListeners,
  certificates: Certificates,
): Endpoint[] {
  const family = at.family === "any" ? undefined : at.family;
  const all: Endpoint[] = [];
  if (at.port !== null) all.push({ host: at.host, port: at.port, family });
  if (at.tlsPort !== null && tls) {
    all.push({ host: at.host, port: at.tlsPort, family, tls: certificates.of(tls) });
  }
  if (at.unix !== null) all.push({ path: at.unix });
  return all;
}

/** What SPICE clients connect to. */
export function addressesOf({ addresses }: Listening, { listen: at }: SpiceListeners): string[] {
  return addresses.map((address, i) => {
    if ("path" in address) return `spice+unix://${address.path}`;
    const scheme = i === 0 && at.port !== null ? "spice" : "spice+tls";
    return `${scheme}://${bracketed(address.host)}:${address.port}`;
  });
}

/** Opens the doors for browsers. Rejects when a certificate cannot be used or a port not be taken. */
export async function listenForBrowsers(
  web: Pick<WebOptions, "host" | "port" | "tlsPort" | "unix" | "tls">,
  log: Log,
  onHttp: (connection: HttpConnection) => void,
  certificates: Certificates,
  refuses?: (address: string) => boolean,
): Promise<BrowserListeners> {
  const onTrouble = (error: Error) => log.warn("listener-trouble", { error });
  const { host, port, tlsPort, tls, unix } = web;
  const at: Endpoint[] = [];
  if (port !== null) at.push({ host, port, web: true });
  if (tlsPort !== null && tls) {
    at.push({ host, port: tlsPort, tls: certificates.of(tls), web: true });
  }
  if (unix !== null) at.push({ path: unix, web: true });
  const listening = await listen({ at, onTrouble, onHttp, refuses }, (duplex) => duplex.close());
  const addresses = listening.addresses.map((address) =>
    "path" in address
      ? `http+unix://${address.path}`
      : `http${address.tls ? "s" : ""}://${bracketed(address.host)}:${address.port}`
  );
  return { addresses, ports: portsOf(listening), close: () => listening.close() };
}

/** Which ports were taken. */
export function portsOf({ addresses }: Listening): PortsTaken {
  const found = (inside: boolean) =>
    addresses.find((address) => "port" in address && address.tls === inside);
  const [plain, tls] = [found(false), found(true)];
  return {
    port: plain && "port" in plain ? plain.port : null,
    tlsPort: tls && "port" in tls ? tls.port : null,
  };
}

const bracketed = (host: string) => host.includes(":") ? `[${host}]` : host;
