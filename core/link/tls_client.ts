/** A client's TLS: the server must prove to be who it should be. */
import { connect, type PeerCertificate } from "node:tls";
import type { Duplex } from "./duplex.ts";
import { TlsStream } from "./tls_stream.ts";

/** Who the server must be. */
export interface Authority {
  /** PEM of the authorities that are believed; null: those of the system. */
  readonly ca: string | null;
  /** A name that must stand in the certificate; null: the authority's word is enough, as on a Unix socket. */
  readonly hostName: string | null;
}

/** The stream inside TLS; rejects when the server is somebody else. */
export function secureClient(inner: Duplex, { ca, hostName }: Authority): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const outer: Duplex = new TlsStream(inner, (below) => {
    const socket = connect({
      socket: below as never,
      ca: ca ?? undefined,
      ...hostName === null
        ? {}
        : { servername: isAddress(hostName) ? "" : hostName, host: hostName },
      rejectUnauthorized: true,
      ...hostName === null
        ? { checkServerIdentity: (_: string, __: PeerCertificate) => undefined }
        : {},
    });
    socket.once("secureConnect", () => resolve(outer));
    socket.once("error", (error: Error) => {
      reject(new Error(`The server's certificate is not to be believed: ${error.message}`));
    });
    socket.once("close", () => reject(new Error("The server ended the TLS handshake")));
    return socket;
  });
  return promise;
}

const isAddress = (name: string) => name.includes(":") || /^[\d.]+$/.test(name);
