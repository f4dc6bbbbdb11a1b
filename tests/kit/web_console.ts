/** The console on a port of this machine, its WebSockets joined to a SPICE port. */
import { Certificates } from "../../channels/certificates.ts";
import { listenForBrowsers } from "../../channels/listeners.ts";
import { defaultWeb, type WebOptions } from "../../core/config/options.ts";
import type { Duplex } from "../../core/link/duplex.ts";
import { createConsole } from "../../web/serve.ts";
import { fakeControl, type FakeControlOptions } from "./fake_control.ts";
import { FakeLog } from "./linked.ts";

export interface WebConsole extends AsyncDisposable {
  readonly web: {
    /** `http://127.0.0.1:5980/`, with the port that was really taken. */
    readonly address: string;
    readonly port: number;
    close(): Promise<void>;
  };
  readonly log: FakeLog;
  /** WebSockets that came. */
  readonly sockets: Duplex[];
}

/** Serves the console; each WebSocket goes to whoever accepts. */
export async function serveConsole(
  accept: (duplex: Duplex) => void,
  port = 0,
  options: { web?: Partial<WebOptions>; control?: FakeControlOptions } = {},
): Promise<WebConsole> {
  const sockets: Duplex[] = [];
  const log = new FakeLog();
  const web: WebOptions = { ...defaultWeb, port, ...options.web };
  const control = fakeControl({
    accept(duplex) {
      sockets.push(duplex);
      accept(duplex);
    },
    ...options.control,
  });
  const now = () => performance.now();
  const ready = Promise.withResolvers<Awaited<ReturnType<typeof createConsole>>>();
  const certificates = new Certificates(Deno.readTextFileSync, { now, after: () => () => {} }, log);
  const doors = await listenForBrowsers(web, log, async (connection) => {
    (await ready.promise).take(connection);
  }, certificates);
  const mark = `${doors.ports.port ?? "x"}`;
  const tlsPort = () => doors.ports.tlsPort;
  const console = await createConsole({ web, sasl: null, control, log, now, mark, tlsPort });
  ready.resolve(console);
  const close = () => {
    doors.close();
    console.close();
    return Promise.resolve();
  };
  return {
    web: {
      address: `${doors.addresses[0]}${web.path}/`,
      port: doors.ports.port ?? doors.ports.tlsPort ?? 0,
      close,
    },
    log,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.close();
      await close();
    },
  };
}

/** Takes a stream of bytes to a SPICE port. */
export function joinPort(port: number): (duplex: Duplex) => Promise<void> {
  return async (duplex) => {
    try {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      conn.setNoDelay(true);
      await Promise.race([
        carry((into) => duplex.read(into), (bytes) => conn.write(bytes)),
        carry((into) => conn.read(into), (bytes) => duplex.write(bytes)),
      ]);
    } catch {
      /* one of them is gone */
    } finally {
      duplex.close();
    }
  };
}

async function carry(
  read: (into: Uint8Array) => Promise<number | null>,
  write: (bytes: Uint8Array) => Promise<number>,
): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  for (let n; (n = await read(buffer)) !== null;) {
    for (let at = 0; at < n;) at += await write(buffer.subarray(at, n));
  }
}
