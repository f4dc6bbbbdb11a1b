/**
 * HTTP/1.1 over any stream: plain, TLS, Unix, or a port that SPICE clients use too. node:http parses
 * (llhttp, strict); time and number of connections are the lobby's affair, as for SPICE.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ProtocolError } from "../core/binary/error.ts";
import type { Duplex } from "../core/link/duplex.ts";
import { writeAll } from "../core/link/exact.ts";
import { openWebSocket, upgrades } from "../core/link/websocket.ts";
import type { Log } from "../core/log.ts";
import { type Incoming, MOST_BODY_BYTES } from "./app.ts";
import type { Voucher } from "./control.ts";
import { NodeSocket } from "./node_socket.ts";
import type { Proxies, Sender } from "./remote.ts";

/** A connection that speaks HTTP, as a listener hands it over. */
export interface HttpConnection {
  readonly duplex: Duplex;
  /** SPICE clients come to the same port. */
  readonly spice: boolean;
  /** Is ended unless the next `wait` or `leave` comes within so long; may be thrown out for others until then. */
  wait(ms: number): void;
  /** Is no longer counted or timed. */
  leave(): void;
}

export interface HttpOptions {
  readonly fetch: (request: Request, incoming: Incoming) => Response | Promise<Response>;
  readonly proxies: Proxies;
  /** Gets every WebSocket that carries SPICE. */
  readonly onSpice: (duplex: Duplex, voucher: Voucher | null) => void;
  readonly log: Log;
}

export interface HttpServer {
  take(connection: HttpConnection): void;
}

/** Requests of one connection that are not answered yet. */
interface Ahead {
  requests: number;
  /** When the last of them is. */
  turn: Promise<void>;
}

/** Request line and headers; browsers with many cookies stay below half of it. */
const MOST_HEAD_BYTES = 16 << 10;
/** From one request's end to the next one's, and for a whole answer to be taken. */
const REQUEST_MS = 10_000, ANSWER_MS = 60_000;
/** Of a body that is too long. */
const MOST_DISCARDED_BYTES = 1 << 20;
/** Requests that wait for their answers: browsers send the next one when they have the last one's. */
const MOST_AHEAD = 16;
/** How long a WebSocket that is closed may take to say so. */
const CLOSE_MS = 1000;

/** Loading node:http takes a while: it is done here, when SPICE clients are served already. */
export async function createHttp(options: HttpOptions): Promise<HttpServer> {
  const { createServer } = await import("node:http");
  const connections = new WeakMap<object, HttpConnection>();
  // SPEC: the types of node:http here do not know the last of them yet
  const rules = {
    maxHeaderSize: MOST_HEAD_BYTES,
    keepAliveTimeout: REQUEST_MS,
    // RFC 9110 §7.8: another protocol, such as h2c, is only an offer, and passed over
    shouldUpgradeCallback: (request: IncomingMessage) =>
      upgrades({ headers: mapOf(headersIn(request)) }),
  };
  const server = createServer(rules);
  // SPEC: a server that does not listen ends every connection after one answer; who listens here are others
  Object.defineProperty(server, "listening", { get: () => true });
  const ahead = new WeakMap<HttpConnection, Ahead>();
  server.on("request", (request, response) => {
    const { socket } = request;
    // what a read held behind the one too many
    if (socket.destroyed) return;
    const connection = connections.get(socket)!;
    const waiting = ahead.get(connection) ?? { requests: 0, turn: Promise.resolve() };
    ahead.set(connection, waiting);
    if (++waiting.requests > MOST_AHEAD) {
      options.log.debug("console-request-broke", {
        error: new ProtocolError(
          `${connection.duplex.remote.address} sends ${waiting.requests} requests ahead of their answers, ${MOST_AHEAD} is the most`,
        ),
      });
      return void socket.destroy();
    }
    // INVARIANT: of requests that were sent ahead, one answer at a time takes memory
    waiting.turn = waiting.turn.then(async () => {
      if (socket.destroyed) return;
      await answer(request, response, connection, options);
      await gone(response);
    }).catch((error) => {
      options.log.debug("console-request-broke", { error });
      response.destroy();
    }).finally(() => waiting.requests--);
  });
  server.on("upgrade", (request: IncomingMessage, socket: object, head: Uint8Array) => {
    const connection = connections.get(socket)!;
    upgrade(request, (socket as NodeSocket).detach(head), connection, options)
      .catch((error) => {
        options.log.debug("console-request-broke", { error });
        connection.duplex.close();
      });
  });
  server.on("clientError", (error: Error & { code?: string }, socket: object) => {
    const tooLong = error.code === "HPE_HEADER_OVERFLOW";
    const status = tooLong ? "431 Request Header Fields Too Large" : "400 Bad Request";
    const node = socket as NodeSocket;
    if (!node.writable) return node.destroy();
    node.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    node.destroySoon();
  });
  return {
    take(connection) {
      const socket = new NodeSocket(connection.duplex);
      socket.on("error", () => {});
      socket.on("close", () => connection.leave());
      connections.set(socket, connection);
      server.emit("connection", socket as never);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  connection: HttpConnection,
  options: HttpOptions,
): Promise<void> {
  // the time for the request runs on until its body is there
  const body = await bodyOf(request);
  connection.wait(ANSWER_MS);
  const answered = body === null
    ? problem(413, "too-long", "The body is too long")
    : await fetched(request, body, connection, options);
  const bytes = new Uint8Array(await answered.arrayBuffer());
  const headers = headersOf(answered);
  if (body === null) headers.push(["connection", "close"]);
  // SPEC: an answer to HEAD tells the length of what GET would send
  const length = request.method === "HEAD" ? answered.headers.get("content-length") : bytes.length;
  if (answered.status !== 204 && answered.status !== 304 && length !== null) {
    headers.push(["content-length", `${length}`]);
  }
  response.on("finish", () => connection.wait(REQUEST_MS));
  response.writeHead(answered.status, headers.flat());
  response.end(bytes);
}

/** Resolves when the answer was taken, or never will be. */
function gone(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return Promise.resolve();
  return new Promise((done) => {
    response.once("finish", () => done());
    response.once("close", () => done());
  });
}

async function upgrade(
  request: IncomingMessage,
  duplex: Duplex,
  connection: HttpConnection,
  options: HttpOptions,
): Promise<void> {
  let voucher: Voucher | null = null, open = false;
  const answered = await fetched(request, new Uint8Array(0), connection, options, (said) => {
    [voucher, open] = [said, true];
    return new Response(null, { status: 204 });
  });
  if (!open) {
    await writeAll(duplex, await raw(answered));
    return duplex.close();
  }
  const sender = options.proxies.senderOf(duplex.remote, connection.spice, headersIn(request));
  const head = { method: "GET", target: request.url ?? "/", headers: mapOf(headersIn(request)) };
  const patience = () => new Promise((wake) => setTimeout(wake, CLOSE_MS));
  const socket = await openWebSocket(vouched(duplex, sender), head, new Uint8Array(0), {
    patience,
  });
  connection.leave();
  options.onSpice(socket, voucher);
}

async function fetched(
  request: IncomingMessage,
  body: Uint8Array<ArrayBuffer>,
  { duplex, spice }: HttpConnection,
  { fetch, proxies }: HttpOptions,
  upgrade?: Incoming["upgrade"],
): Promise<Response> {
  const headers = headersIn(request);
  const sender = proxies.senderOf(duplex.remote, spice, headers);
  const { method = "GET", url = "" } = request;
  const host = headers.get("host") ?? "";
  const full = URL.parse(`${sender.secure ? "https" : "http"}://${host}${url}`);
  // SPEC: proxies are asked with whole URLs; this is none
  if (full === null || !url.startsWith("/") || !/^[\w.:[\]-]+$/.test(host)) {
    return problem(400, "bad-request", "The request's Host or target is malformed");
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  let made: Request;
  try {
    made = new Request(full, { method, headers, body: hasBody ? body : undefined });
  } catch {
    return problem(400, "bad-request", `There is no method ${method} here`);
  }
  return await fetch(made, { sender, upgrade });
}

/** null: more than may be; it is read on for a while, so that the client hears why. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size <= MOST_BODY_BYTES) parts.push(part);
    if (size > MOST_DISCARDED_BYTES) throw new Error("The request has no end");
  }
  if (size > MOST_BODY_BYTES) return null;
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** A header that stands twice where it may not is as if it were malformed. */
function headersIn({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    headers.append(name, name === "host" && headers.has(name) ? "twice" : rawHeaders[i + 1]);
  }
  return headers;
}

function headersOf({ headers }: Response): [string, string][] {
  const all = [...headers].filter(([name]) => name !== "content-length" && name !== "set-cookie");
  return [
    ...all,
    ...headers.getSetCookie().map((value): [string, string] => ["set-cookie", value]),
  ];
}

const mapOf = (headers: Headers) => new Map(headers);

/** The same stream, from whom a proxy that is trusted says, and inside TLS if it says so. */
function vouched(duplex: Duplex, { address, secure }: Sender): Duplex {
  const remote = { ...duplex.remote, address, secure };
  return {
    remote,
    read: (into) => duplex.read(into),
    write: (bytes, lastAt) => duplex.write(bytes, lastAt),
    close: () => duplex.close(),
  };
}

function problem(status: number, error: string, message: string): Response {
  return Response.json({ error, message }, { status });
}

/** An answer to who asked for a WebSocket and gets none. */
async function raw(response: Response): Promise<Uint8Array> {
  const body = new Uint8Array(await response.arrayBuffer());
  const lines = [
    `HTTP/1.1 ${response.status} ${REASONS[response.status] ?? "Refused"}`,
    ...headersOf(response).filter(([name]) => name !== "connection")
      .map(([name, value]) => `${name}: ${value}`),
    "connection: close",
    `content-length: ${body.length}`,
  ];
  const head = new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n");
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  421: "Misdirected Request",
};
