/** The door for SPICE clients: listening sockets, and what is accepted there as streams of bytes. */
import type { Duplex, Remote } from "../core/link/duplex.ts";
import { putBack, readExactly } from "../core/link/exact.ts";
import { acceptWebSocket, type WebSocketOptions } from "../core/link/websocket.ts";
import type { Credentials } from "./credentials.ts";
import { type Arrival, Lobby, type LobbyOptions } from "./lobby.ts";
import { secure } from "./tls.ts";

/** A place to listen at. */
export type Endpoint = TcpEndpoint | UnixEndpoint;

export interface TcpEndpoint {
  /** A name or an address; the default is every address of the machine. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Only clients of this family; the default takes both where the system can. */
  readonly family?: "ipv4" | "ipv6";
  /** Present: everything at this port is inside TLS. */
  readonly tls?: Credentials;
}

export interface UnixEndpoint {
  /** A file that only this user may open. "@name" is an abstract socket, which has no permissions. */
  readonly path: string;
}

export interface ListenOptions extends LobbyOptions {
  readonly at: readonly Endpoint[];
  /** What WebSocket clients may do; plain HTTP is answered 426 unless `onHttp` takes it. */
  readonly webSocket?: WebSocketOptions;
  /** Something went wrong that no single client is to blame for, such as a lack of descriptors. */
  readonly onTrouble?: (error: Error) => void;
}

export interface Listening {
  /** Where each endpoint listens, ports filled in. */
  readonly addresses: readonly (TcpAddress | UnixEndpoint)[];
  /** Connections that have not linked yet. */
  readonly waiting: number;
  /** Stops listening and ends every connection that has not linked. */
  close(): void;
}

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** A socket that listens. */
interface Opened {
  readonly address: TcpAddress | UnixEndpoint;
  close(): void;
}

/**
 * Called for every connection whose first bytes have come. It is bounded, timed and may be thrown
 * out for others until `arrival.leave()` says that it has linked; closing it does the same.
 */
export type OnConnection = (duplex: Duplex, arrival: Arrival) => void;

/**
 * Listens at all endpoints, or at none: rejects, with everything closed again, when one is taken
 * or not allowed.
 */
export async function listen(
  options: ListenOptions,
  onConnection: OnConnection,
): Promise<Listening> {
  const lobby = new Lobby(options);
  const opened: Opened[] = [];
  const take = async (stream: ConnStream, tls?: Credentials) => {
    const arrival = lobby.enter(stream.remote.address, () => stream.close());
    stream.onClose = arrival.leave;
    const outer = tls ? secure(stream, tls) : stream;
    try {
      const duplex = await recognise(outer, options.webSocket);
      if (duplex !== null && !arrival.deadline.aborted) onConnection(duplex, arrival);
    } catch {
      // it left, or spoke nonsense before it was anybody
      outer.close();
    }
  };
  const trouble = (error: Error) => {
    lobby.makeRoom();
    options.onTrouble?.(error);
  };
  const close = () => {
    for (const { close } of opened) close();
    lobby.close();
  };
  try {
    for (const endpoint of options.at) {
      opened.push(
        "path" in endpoint
          ? await listenUnix(endpoint, take, trouble)
          : listenTcp(endpoint, take, trouble),
      );
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    addresses: opened.map(({ address }) => address),
    get waiting() {
      return lobby.size;
    },
    close,
  };
}

/** SPICE as it comes, or out of a WebSocket; null: it was neither, and is over. */
async function recognise(stream: Duplex, webSocket?: WebSocketOptions): Promise<Duplex | null> {
  const first = await readExactly(stream, 4);
  const duplex = putBack(first, stream);
  if (String.fromCharCode(...first) !== "GET ") return duplex;
  const patience = () => new Promise((wake) => setTimeout(wake, CLOSE_MS));
  return await acceptWebSocket(duplex, { patience, ...webSocket });
}

/** How long a WebSocket that is closed may take to say so. */
const CLOSE_MS = 1000;

function listenTcp(
  { host, port, family, tls }: TcpEndpoint,
  take: (stream: ConnStream, tls?: Credentials) => void,
  trouble: (error: Error) => void,
): Opened {
  const listener = openTcp(host, port, family);
  acceptAll(listener, trouble, (conn) => {
    const address = conn.remoteAddr.hostname;
    // SPEC: a socket at "::" takes IPv4 too, and Deno has no way to say IPV6_V6ONLY
    if (family === "ipv6" && address.includes(".")) return conn.close();
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    take(new ConnStream(conn, { address: plain(address), transport: "tcp", ...INSECURE }), tls);
  });
  const { hostname, port: bound } = listener.addr;
  return {
    address: { host: hostname, port: bound, tls: tls !== undefined },
    close: () => listener.close(),
  };
}

const INSECURE = { secure: false, webSocket: false } as const;

function openTcp(host: string | undefined, port: number, family?: "ipv4" | "ipv6") {
  if (host !== undefined && host !== "") return Deno.listen({ hostname: host, port });
  if (family === "ipv4") return Deno.listen({ hostname: "0.0.0.0", port });
  try {
    return Deno.listen({ hostname: "::", port });
  } catch (error) {
    if (family === "ipv6" || error instanceof Deno.errors.AddrInUse) throw error;
    return Deno.listen({ hostname: "0.0.0.0", port });
  }
}

/** ::ffff:192.0.2.1 is 192.0.2.1 to everybody who reads it. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, "");

async function listenUnix(
  { path }: UnixEndpoint,
  take: (stream: ConnStream) => void,
  trouble: (error: Error) => void,
): Promise<Opened> {
  const abstract = path.startsWith("@");
  if (!abstract) await removeStale(path);
  // INVARIANT: nobody else can connect before the permissions are right
  const before = abstract ? undefined : Deno.umask(0o177);
  let listener: Deno.UnixListener;
  try {
    listener = Deno.listen({ transport: "unix", path: abstract ? `\0${path.slice(1)}` : path });
  } finally {
    if (before !== undefined) Deno.umask(before);
  }
  const remote: Remote = { address: "unix", transport: "unix", ...INSECURE };
  acceptAll(listener, trouble, (conn) => take(new ConnStream(conn, remote)));
  return {
    address: { path },
    close() {
      // Deno does it too, but later, and a program that ends at once leaves the file behind
      if (!abstract) removeIfThere(path);
      listener.close();
    },
  };
}

/** Removes a socket that a server left behind; one that answers, or any other file, stays. */
async function removeStale(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (!info.isSocket) throw new Error(`${path} is there already, and is not a socket`);
  const answer = await Deno.connect({ transport: "unix", path }).catch((error) => error);
  if (!(answer instanceof Error)) {
    answer.close();
    throw new Deno.errors.AddrInUse(`Another server listens at ${path}`);
  }
  if (!(answer instanceof Deno.errors.ConnectionRefused)) throw answer;
  await Deno.remove(path);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* somebody was quicker */ }
}

/**
 * Accepts until the listener closes. When accepting fails (no descriptors, no memory), it waits
 * ever longer before the next try, so that the lack is neither an end nor a busy loop.
 */
async function acceptAll<C extends Deno.Conn>(
  listener: { accept(): Promise<C> },
  trouble: (error: Error) => void,
  take: (conn: C) => void,
): Promise<void> {
  for (let pauseMs = SHORTEST_MS;;) {
    try {
      const conn = await listener.accept();
      pauseMs = SHORTEST_MS;
      take(conn);
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      trouble(error as Error);
      await new Promise((wake) => setTimeout(wake, pauseMs));
      pauseMs = Math.min(pauseMs * 2, LONGEST_MS);
    }
  }
}

const SHORTEST_MS = 10, LONGEST_MS = 1000;

class ConnStream implements Duplex {
  onClose?: () => void;
  constructor(readonly conn: Deno.Conn, readonly remote: Remote) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.conn.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.conn.write(bytes);
  }

  close(): void {
    try {
      this.conn.close();
    } catch { /* closed before */ }
    this.onClose?.();
  }
}

/** A file's text, for credentials. */
export const readTextFile = (file: string): string => Deno.readTextFileSync(file);
