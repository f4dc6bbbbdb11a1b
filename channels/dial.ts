/** The door to sockets that are not a client's: a guest's ports, as QEMU's chardevs have them. */
import type { SocketAddress } from "../core/config/options.ts";
import type { Duplex } from "../core/link/duplex.ts";
import { secureClient } from "../core/link/tls_client.ts";
import { ConnStream, type Opened, openEndpoint } from "./listen.ts";
import type { StreamSource } from "./ports/socket_port.ts";

/** Connects. Rejects when nobody listens there. */
export async function dial(address: SocketAddress): Promise<Duplex> {
  const kind = { secure: false, webSocket: false } as const;
  if ("path" in address) {
    const { path } = address;
    const conn = await Deno.connect({
      transport: "unix",
      path: path.startsWith("@") ? `\0${path.slice(1)}` : path,
    });
    return new ConnStream(conn, { address: "unix", transport: "unix", ...kind });
  }
  const conn = await Deno.connect({ hostname: address.host, port: address.port });
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  return new ConnStream(conn, { address: address.host, transport: "tcp", ...kind });
}

/** How a server inside TLS is believed. */
export interface Belief {
  /** PEM of the authorities that are believed; null: those of the system. */
  readonly ca: string | null;
  /** Deno's own TLS believes just these, too. */
  readonly native: boolean;
}

/**
 * Connects inside TLS; rejects when the server does not prove to be this host.
 *
 * Deno's own TLS takes a third of the CPU that node:tls does (a GiB that comes: 0.6 s beside 1.7), but
 * always believes the authorities of its store besides those it is given: `native` says that it has no
 * others. It also refuses certificates of X.509 version 1, and names that stand in the subject alone, as
 * the usual recipe for a CA of one's own makes them: those are for node:tls to judge.
 */
export async function dialSecure(
  { host, port }: { readonly host: string; readonly port: number },
  { ca, native }: Belief,
): Promise<Duplex> {
  if (native) {
    try {
      return await dialNative(host, port, ca === null ? [] : [ca]);
    } catch (error) {
      // SPEC: a host that it takes for no name is a TypeError
      if (!(error instanceof Deno.errors.InvalidData || error instanceof TypeError)) throw error;
    }
  }
  return await secureClient(await dial({ host, port }), { ca, hostName: host });
}

async function dialNative(host: string, port: number, caCerts: string[]): Promise<Duplex> {
  const conn = await Deno.connect({ hostname: host, port });
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  let inside: Deno.TlsConn | null = null;
  try {
    inside = await Deno.startTls(conn, { hostname: host, caCerts });
    await inside.handshake();
  } catch (error) {
    (inside ?? conn).close();
    throw error;
  }
  return new ConnStream(inside, {
    address: host,
    transport: "tcp",
    secure: true,
    webSocket: false,
  });
}

/** Connects to a target of a tunnel. Rejects, by then at the latest, with why it cannot be reached. */
export async function dialWithin(address: SocketAddress, ms: number): Promise<Duplex> {
  const connecting = dial(address);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new DOMException(`Nobody answered for ${ms / 1000} s`, "TimeoutError"));
    connecting.then((stream) => stream.close(), () => {});
  }, ms);
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Streams that are got by connecting. */
export function dialling(address: SocketAddress): StreamSource {
  return { next: () => dial(address), close: () => {} };
}

/** So many bytes of a file, which must have them. */
export async function firstBytes(path: string, n: number): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path, { read: true });
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n;) {
    const got = await file.read(bytes.subarray(at));
    if (got === null) throw new Error(`${path} has ${at} bytes; ${n} are needed`);
    at += got;
  }
  return bytes;
}

/** The named pipe at this path: what others write into it. What is written to it is dropped. */
export function piping(path: string): StreamSource {
  return {
    async next() {
      const { isFifo } = await Deno.stat(path);
      if (!isFifo) throw new Error(`${path} is no named pipe; mkfifo makes one`);
      return new PipeStream(path);
    },
    close: () => {},
  };
}

/** A whole frame of any sound. */
const SILENCE = new Uint8Array(4);

class PipeStream implements Duplex {
  readonly remote = {
    address: "pipe",
    transport: "unix",
    secure: false,
    webSocket: false,
  } as const;
  readonly #file: Deno.FsFile;
  #reading = false;
  #closed = false;

  constructor(readonly path: string) {
    // who also has it open for writing does not wait for a writer, and sees no end between two of them
    this.#file = Deno.openSync(path, { read: true, write: true });
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#closed) return null;
    this.#reading = true;
    try {
      const n = await this.#file.read(into);
      return this.#closed ? null : n;
    } finally {
      this.#reading = false;
      if (this.#closed) this.#file.close();
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#reading) return this.#file.close();
    wakeReader(this.path).catch(() => {/* it was taken away: nobody can end that wait */});
  }
}

/** A thread waits in `read` until something comes. A full pipe may keep this one, but nobody else. */
async function wakeReader(path: string): Promise<void> {
  if (!(await Deno.stat(path)).isFifo) return;
  using pipe = await Deno.open(path, { read: true, write: true });
  await pipe.write(SILENCE);
}

/** Listens, and hands over every stream that comes. Rejects when the address cannot be had. */
export function accepting(
  address: SocketAddress,
  take: (stream: Duplex) => void,
  trouble: (error: Error) => void,
): Promise<Opened> {
  return Promise.try(() => openEndpoint(address, take, trouble));
}

/** Where streams come to by themselves. */
export interface Hosting extends StreamSource {
  readonly address: Opened["address"];
}

/**
 * Listens, and gives out one stream after another. One that comes while nobody asks waits, unread;
 * a further one takes its place. Rejects when the address cannot be had.
 */
export async function hosting(address: SocketAddress): Promise<Hosting> {
  const waiting: { stream: Duplex | null; taker: ((stream: Duplex) => void) | null } = {
    stream: null,
    taker: null,
  };
  const opened = await accepting(address, (stream) => {
    const { taker } = waiting;
    waiting.taker = null;
    if (taker) return taker(stream);
    waiting.stream?.close();
    waiting.stream = stream;
  }, () => {});
  return {
    address: opened.address,
    next(signal) {
      const { stream } = waiting;
      waiting.stream = null;
      if (stream) return Promise.resolve(stream);
      return new Promise((resolve, reject) => {
        const given = (next: Duplex) => {
          signal.removeEventListener("abort", over);
          resolve(next);
        };
        const over = () => {
          if (waiting.taker === given) waiting.taker = null;
          reject(signal.reason);
        };
        waiting.taker = given;
        signal.addEventListener("abort", over, { once: true });
      });
    },
    close() {
      waiting.stream?.close();
      waiting.stream = null;
      opened.close();
    },
  };
}
