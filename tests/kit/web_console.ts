/** The console on a port of this machine, its WebSockets joined to a SPICE port. */
import type { Duplex } from "../../core/link/duplex.ts";
import { serveWeb, type ServingWeb } from "../../web/serve.ts";

export interface WebConsole extends AsyncDisposable {
  readonly web: ServingWeb;
  /** WebSockets that came. */
  readonly sockets: Duplex[];
}

/** Serves the console; each WebSocket goes to whoever accepts. */
export async function serveConsole(
  accept: (duplex: Duplex) => void,
  port = 0,
): Promise<WebConsole> {
  const sockets: Duplex[] = [];
  const web = await serveWeb({
    host: "127.0.0.1",
    port,
    onSpice(duplex) {
      sockets.push(duplex);
      accept(duplex);
    },
  });
  return {
    web,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.close();
      await web.close();
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
