/** How a WebSocket begins: the server's end of RFC 6455 §4. */
import { ProtocolError } from "../binary/error.ts";
import type { Duplex } from "./duplex.ts";
import { writeAll } from "./exact.ts";
import { accept, type HttpHead, readHttpHead, refusal } from "./http_head.ts";
import { WebSocketStream } from "./websocket_stream.ts";

export interface WebSocketOptions {
  /** Whether a page of this origin may connect; undefined: not a browser. The default lets everybody in. */
  readonly allowOrigin?: (origin: string | undefined, head: HttpHead) => boolean;
  /** Takes over a request that is no WebSocket's. The default answers 426. */
  readonly onHttp?: (head: HttpHead, duplex: Duplex) => Promise<void>;
  /** How long `close` waits for the closing frame to leave. The default does not send one. */
  readonly patience?: () => Promise<unknown>;
}

/**
 * Answers a request and turns its stream into one of payload bytes; null: it was plain HTTP, it has
 * been answered, and the stream is closed or somebody else's. ProtocolError: neither.
 */
export async function acceptWebSocket(
  duplex: Duplex,
  options: WebSocketOptions = {},
): Promise<Duplex | null> {
  const { head, rest, error } = await readHttpHead(duplex);
  if (head === null) return await refuse(duplex, "400 Bad Request", error);
  if (!upgrades(head) || !head.headers.has("sec-websocket-key")) {
    if (options.onHttp) await options.onHttp(head, duplex);
    else {
      await writeAll(duplex, refusal("426 Upgrade Required"));
      duplex.close();
    }
    return null;
  }
  return await openWebSocket(duplex, head, rest, options);
}

/** A request that asks for a WebSocket, well-formed or not. */
export function upgrades({ headers }: Pick<HttpHead, "headers">): boolean {
  return listed(headers.get("upgrade"), "websocket") &&
    listed(headers.get("connection"), "upgrade");
}

/**
 * Answers a request for a WebSocket. rest: bytes that came behind it. ProtocolError: it was refused,
 * and the stream is closed.
 */
export async function openWebSocket(
  duplex: Duplex,
  head: HttpHead,
  rest: Uint8Array,
  { allowOrigin, patience }: WebSocketOptions,
): Promise<Duplex> {
  const { headers } = head;
  if (headers.get("sec-websocket-version") !== "13") {
    const why = "The client speaks another version of WebSocket";
    return await refuse(duplex, "426 Upgrade Required", why);
  }
  const key = headers.get("sec-websocket-key") ?? "";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    return await refuse(duplex, "400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64");
  }
  const origin = headers.get("origin");
  if (allowOrigin && !allowOrigin(origin, head)) {
    const why = `Pages of ${origin ?? "no origin"} may not connect`;
    return await refuse(duplex, "403 Forbidden", why);
  }
  const binary = listed(headers.get("sec-websocket-protocol"), "binary");
  await writeAll(duplex, await accept(key, binary));
  return new WebSocketStream(duplex, rest, patience);
}

async function refuse(duplex: Duplex, status: string, why: string): Promise<never> {
  await writeAll(duplex, refusal(status)).catch(() => {});
  duplex.close();
  throw new ProtocolError(why);
}

/** A comma-separated header names this token. */
function listed(header: string | undefined, token: string): boolean {
  return header?.split(",").some((part) => part.trim().toLowerCase() === token) ?? false;
}
