/** The remote guest's door: sockets, and time. */
import { secureClient } from "../../../core/link/tls_client.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import type { CardOptions } from "../../device.ts";
import { Driver } from "../../driver.ts";
import { RemoteCard } from "./card.ts";
import { RemoteGuest } from "./guest.ts";
import { greet } from "./handshake.ts";
import type { HeadOptions } from "./head.ts";
import { Qmp } from "./qmp.ts";
import { farEncodings, nearEncodings } from "./introduce.ts";
import { Sound } from "./sound.ts";
import { Turns } from "./turns.ts";

/** A Unix socket's path, or a TCP address. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

export interface RemoteOptions {
  readonly driver: "qemu" | "rfb";
  /** Told to clients. */
  readonly name?: string | null;
  /** 16 bytes. */
  readonly uuid?: Uint8Array | null;
  /** One for each screen, and as many cards. */
  readonly vnc: readonly Address[];
  readonly cards: readonly CardOptions[];
  readonly qmp: Address | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: { readonly caFile: string; readonly hostName: string | null } | null;
  readonly audio: boolean;
  /** Told why a screen cannot be had. */
  readonly log: (screen: string, reason: string) => void;
}

const clock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
/** A server that is there answers in this time. */
const CONNECT_MS = 10_000;
/** Between attempts at sound and at the monitor. */
const REST_MS = 1000;

/** A guest whose servers may come and go. Rejects when the authority's file cannot be read. */
export async function start(options: RemoteOptions): Promise<RemoteGuest> {
  const { cards, vnc, qmp, tls, username, password } = options;
  const ca = tls === null ? null : await Deno.readTextFile(tls.caFile);
  const connectTo = (address: Address) => async () => {
    const hostName = tls?.hostName ?? ("host" in address ? address.host : null);
    const secure = ca === null ? null : (duplex: Duplex) => secureClient(duplex, { ca, hostName });
    return await inTime(
      await connect(address),
      (duplex) => greet(duplex, { username, password, secure }),
    );
  };
  const turns = new Turns(clock);
  const heads = vnc.map((address, id): HeadOptions => {
    const card = new RemoteCard({ ...cards[id], id });
    const name = textOf(address);
    return {
      card,
      driver: new Driver(card),
      at: address,
      address: name,
      encodings: isNear(address) ? nearEncodings : farEncodings,
      flows: !isNear(address),
      connect: connectTo(address),
      clock,
      turns,
      log: (reason) => options.log(name, reason),
    };
  });
  const guest = new RemoteGuest({
    heads,
    name: options.name ?? (options.driver === "qemu" ? "QEMU" : `VNC ${textOf(vnc[0])}`),
    uuid: options.uuid ?? undefined,
    sound: options.audio ? new Sound(connectTo(vnc[0]), rest) : undefined,
    qmp: qmp === null ? undefined : new Qmp(() => connect(qmp), rest, clock),
    clock,
  });
  guest.run();
  return guest;
}

const rest = () => new Promise<void>((resolve) => clock.after(REST_MS, resolve));

/** What is on this machine. */
const isNear = (address: Address) =>
  "path" in address || /^(localhost|127\.[\d.]+|::1)$/.test(address.host);

function textOf(address: Address): string {
  if ("path" in address) return `unix:${address.path}`;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Ends the connection when what is to be done takes too long. */
async function inTime<T>(duplex: Duplex, work: (duplex: Duplex) => Promise<T>): Promise<T> {
  let late = false;
  const cancel = clock.after(CONNECT_MS, () => {
    late = true;
    duplex.close();
  });
  try {
    return await work(duplex);
  } catch (error) {
    duplex.close();
    throw late ? new Error(`The server did not answer in ${CONNECT_MS / 1000} s`) : error;
  } finally {
    cancel();
  }
}

async function connect(address: Address): Promise<Duplex> {
  if ("path" in address) {
    return new Socket(await Deno.connect({ transport: "unix", path: address.path }), "unix");
  }
  const conn = await Deno.connect({ hostname: address.host, port: address.port });
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  return new Socket(conn, "tcp");
}

class Socket implements Duplex {
  readonly remote;
  readonly #conn: Deno.Conn;
  #closed = false;

  constructor(conn: Deno.Conn, transport: "tcp" | "unix") {
    this.#conn = conn;
    this.remote = { address: "server", transport, secure: false, webSocket: false };
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#conn.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}
