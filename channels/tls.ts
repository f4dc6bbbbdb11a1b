/**
 * TLS 1.2 and 1.3 over a stream that was accepted.
 *
 * SPEC: node:tls over our own socket, and not Deno.listenTls, which refuses certificates of X.509
 * version 1 (the usual recipe for a CA of one's own makes them) and leaves Nagle's algorithm on, so
 * that a small message waits up to 40 ms for an acknowledgement; nor a server of node:net, which
 * never accepts again once descriptors ran out. It costs: 45 µs of CPU for a small message there and
 * one back, 1.1 ms for a MiB; Deno.listenTls takes 10 µs and 0.3 ms.
 */
import { TLSSocket } from "node:tls";
import type { Duplex } from "../core/link/duplex.ts";
import { TlsStream } from "../core/link/tls_stream.ts";
import type { Credentials } from "./credentials.ts";

/** The same stream inside TLS. The handshake goes on while the first read waits. */
export function secure(inner: Duplex, credentials: Credentials): Duplex {
  return new TlsStream(inner, (below) =>
    new TLSSocket(below as never, {
      isServer: true,
      secureContext: credentials.context,
    }));
}
