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
  /** Only HTTP is spoken here. */
  readonly web?: boolean;
}

export interface UnixEndpoint {
  /** A file that only this user may open. "@name" is an abstract socket, which has no permissions. */
  readonly path: string;
  /** Only HTTP is spoken here. */
  readonly web?: boolean;
}

export interface ListenOptions extends LobbyOptions {
  readonly at: readonly Endpoint[];
  /** What WebSocket clients may do, where nobody takes HTTP. */
  readonly webSocket?: WebSocketOptions;
  /** Takes connections that begin with an HTTP request; without it there are WebSockets and nothing else. */
  readonly onHttp?: (connection: HttpConnection) => void;
  /** Connections from here are closed at once. */
  readonly refuses?: (address: string) => boolean;
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
export interface Opened {
  readonly address: TcpAddress | UnixEndpoint;
  close(): void;
}

/**
 * Called for every connection whose first bytes have come. It is bounded, timed and may be thrown
 * out for others until `arrival.leave()` says that it has linked; closing it does the same.
 */
export type OnConnection = (duplex: Duplex, arrival: Arrival) => void;

/** A connection that speaks HTTP. It waits in the lobby until it is told otherwise. */
export interface HttpConnection {
  readonly duplex: Duplex;
  /** SPICE clients come to the same port. */
  readonly spice: boolean;
  /** Is ended unless the next `wait` or `leave` comes within so long; may be thrown out for others until then. */
  wait(ms: number): void;
  /** Is no longer counted or timed. */
  leave(): void;
}

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
  const take = async (stream: ConnStream, { tls, web }: { tls?: Credentials; web?: boolean }) => {
    const close = () => stream.close();
    if (options.refuses?.(stream.remote.address)) return close();
    const arrival = lobby.enter(stream.remote.address, close);
    stream.onClose = arrival.leave;
    const outer = tls ? secure(stream, tls) : stream;
    try {
      const { first, duplex } = await begun(outer);
      if (arrival.deadline.aborted) return;
      if (options.onHttp && (web || METHODS.test(first))) {
        const wait = (ms: number) => {
          if (stream.closed) return;
          stream.onClose?.();
          stream.onClose = lobby.enter(stream.remote.address, close, ms).leave;
        };
        options.onHttp({ duplex, spice: !web, wait, leave: () => stream.onClose?.() });
      } else {
        const spice = first === "GET " ? await webSocketOn(duplex, options.webSocket) : duplex;
        if (spice !== null && !arrival.deadline.aborted) onConnection(spice, arrival);
      }
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
      opened.push(await openEndpoint(endpoint, take, trouble));
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

/** Listens at one place, and hands over what connects as it is. Rejects when it is taken or not allowed. */
export async function openEndpoint(
  endpoint: Endpoint,
  take: (stream: ConnStream, how: { tls?: Credentials; web?: boolean }) => void,
  trouble: (error: Error) => void,
): Promise<Opened> {
  return "path" in endpoint
    ? await listenUnix(endpoint, take, trouble)
    : listenTcp(endpoint, take, trouble);
}

/** How a request begins that may be for the console. */
const METHODS = /^(GET |HEAD|POST|PUT |DELE|OPTI|PATC)/;

/** The stream again, and its first four bytes. */
async function begun(stream: Duplex): Promise<{ first: string; duplex: Duplex }> {
  const bytes = await readExactly(stream, 4);
  return { first: String.fromCharCode(...bytes), duplex: putBack(bytes, stream) };
}

/** SPICE out of a WebSocket; null: it was plain HTTP, and is over. */
function webSocketOn(duplex: Duplex, options?: WebSocketOptions): Promise<Duplex | null> {
  const patience = () => new Promise((wake) => setTimeout(wake, CLOSE_MS));
  return acceptWebSocket(duplex, { patience, ...options });
}

/** How long a WebSocket that is closed may take to say so. */
const CLOSE_MS = 1000;

function listenTcp(
  { host, port, family, tls, web }: TcpEndpoint,
  take: (stream: ConnStream, how: { tls?: Credentials; web?: boolean }) => void,
  trouble: (error: Error) => void,
): Opened {
  const listener = openTcp(host, port, family);
  acceptAll(listener, trouble, (conn) => {
    const address = conn.remoteAddr.hostname;
    // SPEC: a socket at "::" takes IPv4 too, and Deno has no way to say IPV6_V6ONLY
    if (family === "ipv6" && address.includes(".")) return conn.close();
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    const remote: Remote = { address: plain(address), transport: "tcp", ...INSECURE };
    take(new ConnStream(conn, remote), { tls, web });
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
  { path, web }: UnixEndpoint,
  take: (stream: ConnStream, how: { web?: boolean }) => void,
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
  acceptAll(listener, trouble, (conn) => take(new ConnStream(conn, remote), { web }));
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
      // it was reset before it was accepted: whoever does that often shall not slow the others
      if (
        error instanceof Deno.errors.NotConnected ||
        error instanceof Deno.errors.ConnectionAborted ||
        error instanceof Deno.errors.ConnectionReset
      ) continue;
      trouble(error as Error);
      await new Promise((wake) => setTimeout(wake, pauseMs));
      pauseMs = Math.min(pauseMs * 2, LONGEST_MS);
    }
  }
}

const SHORTEST_MS = 10, LONGEST_MS = 1000;

/** A socket as a stream of bytes. */
export class ConnStream implements Duplex {
  onClose?: () => void;
  closed = false;
  constructor(readonly conn: Deno.Conn, readonly remote: Remote) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.conn.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.conn.closeWrite();
  }

  close(): void {
    this.closed = true;
    try {
      this.conn.close();
    } catch { /* closed before */ }
    this.onClose?.();
  }
}

/** A file's text, for credentials. */
export const readTextFile = (file: string): string => Deno.readTextFileSync(file);
