/** As much of HTTP/1.1 as a WebSocket needs to begin. Source of truth: RFC 6455 §4.2, RFC 9112. */
import type { Duplex } from "./duplex.ts";

/** A request without its body. */
export interface HttpHead {
  readonly method: string;
  readonly target: string;
  /** By name in lower case; a repeated header's values are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Bytes of request line and headers; browsers with many cookies stay below half of it. */
const MAX_HEAD_BYTES = 16 << 10;
const MAX_HEADERS = 100;

type HeadRead =
  | { readonly head: HttpHead; readonly rest: Uint8Array; readonly error?: undefined }
  | { readonly head: null; readonly rest: Uint8Array; readonly error: string };

/** Reads up to the empty line. rest: what came after it. */
export async function readHttpHead(duplex: Duplex): Promise<HeadRead> {
  const bytes = new Uint8Array(MAX_HEAD_BYTES);
  let at = 0;
  for (let end = -1; end < 0;) {
    if (at === bytes.length) return bad(`The request has more than ${MAX_HEAD_BYTES} bytes`);
    const got = await duplex.read(bytes.subarray(at));
    if (got === null) return bad("The client closed inside its request");
    const from = Math.max(0, at - 3);
    at += got;
    end = emptyLine(bytes, from, at);
    if (end < 0) continue;
    const head = parse(new TextDecoder("latin1").decode(bytes.subarray(0, end)));
    return typeof head === "string" ? bad(head) : { head, rest: bytes.slice(end + 4, at) };
  }
  return bad("");
}

const bad = (error: string): HeadRead => ({ head: null, rest: new Uint8Array(0), error });

function emptyLine(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i + 3 < to; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) {
      return i;
    }
  }
  return -1;
}

/** The request; a string: what is wrong with it. */
function parse(text: string): HttpHead | string {
  const [request, ...lines] = text.split("\r\n");
  const first = /^([A-Z]{1,16}) (\S{1,8192}) HTTP\/1\.1$/.exec(request);
  if (first === null) return "The request line is not HTTP/1.1";
  if (lines.length > MAX_HEADERS) return `The request has ${lines.length} headers`;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[\r\n\0]/.test(value)) {
      return "A header line is malformed";
    }
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { method: first[1], target: first[2], headers };
}

/** The answer that opens a WebSocket. binary: the client asked for that sub-protocol. */
export async function accept(key: string, binary: boolean): Promise<Uint8Array> {
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
  );
  return lines([
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${btoa(String.fromCharCode(...new Uint8Array(digest)))}`,
    ...binary ? ["Sec-WebSocket-Protocol: binary"] : [],
  ]);
}

/** An answer that ends the connection. */
export function refusal(status: string): Uint8Array {
  return lines([
    `HTTP/1.1 ${status}`,
    ...status.startsWith("426")
      ? ["Upgrade: websocket", "Connection: Upgrade, close", "Sec-WebSocket-Version: 13"]
      : ["Connection: close"],
    "Content-Length: 0",
  ]);
}

const lines = (all: string[]) => new TextEncoder().encode(all.join("\r\n") + "\r\n\r\n");
