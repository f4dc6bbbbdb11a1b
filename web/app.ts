/** What a browser is given: the console's files, the API, and SPICE over WebSocket. No listening here: `serve.ts` does. */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { isSameMachine, nameOf } from "../core/link/origin.ts";
import { openApi } from "./api/openapi.ts";
import type { Call, Desk, Route } from "./api/route.ts";
import { routes } from "./api/table.ts";
import type { Voucher } from "./control.ts";
import type { Who } from "./gate.ts";
import { Refusal } from "./refusal.ts";
import type { Sender } from "./remote.ts";

/** A file of the console. */
export interface WebFile {
  /** Its media type. */
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, smaller, for browsers that can unpack it; packed when it is asked for first. */
  readonly gzip?: () => Promise<Uint8Array<ArrayBuffer>>;
}

export interface WebAppOptions extends Desk {
  /** By path: "/" is the page. */
  readonly files: ReadonlyMap<string, WebFile>;
  /** Where pages inside TLS are; null: there are none. */
  readonly tlsPort: () => number | null;
}

/** What comes with a request. */
export interface Incoming {
  readonly sender: Sender;
  /** It asks for a WebSocket: opens it, or says that it did. voucher null: SPICE's own rules hold. */
  readonly upgrade?: (voucher: Voucher | null) => Response;
}

type Env = { Bindings: Incoming };

/** Nothing from elsewhere, nothing inline; wasm is compiled, JavaScript is not. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), payment=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
};

/** A body is JSON of a few fields. */
export const MOST_BODY_BYTES = 16 << 10;

/** The console's routes. */
export function createWeb(options: WebAppOptions): Hono<Env> {
  const { gate, base, log } = options;
  const app = new Hono<Env>({ strict: true });
  const at = (path: string) => base.slice(0, -1) + path;
  app.use(async (c, next) => {
    if (gate.open) gate.checkHost(c.req.raw.headers);
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  });
  app.onError((error, c) => {
    const refusal = error instanceof Refusal ? error : undefined;
    if (refusal === undefined) log.error("console-failed", { stack: error.stack });
    const { status = 500, code = "failed", message = "This failed; the log says why" } = refusal ??
      {};
    const headers = { ...HEADERS, "cache-control": "no-store", ...refusal?.headers };
    return c.json({ error: code, message }, status, headers);
  });
  app.get(at("/spice"), (c) => {
    const { sender, upgrade } = c.env;
    const { headers } = c.req.raw;
    if (!upgrade) {
      const more = { upgrade: "websocket", connection: "Upgrade" };
      throw new Refusal(426, "websocket-only", "Here is SPICE over WebSocket", more);
    }
    gate.checkOrigin(headers, sender);
    return upgrade(gate.checkRole(gate.whoIs(headers, sender), "viewer").voucher);
  });
  for (const route of routes) {
    app.on(route.method.toUpperCase(), at(route.path), (c) => serveRoute(route, c, options));
  }
  const document = openApi(routes, base, options.control.version);
  app.get(at("/api/openapi.json"), (c) => c.json(document as Record<string, unknown>));
  app.all(at("/api/*"), () => {
    throw new Refusal(404, "not-found", "The API has nothing here; api/openapi.json says what");
  });
  app.get("*", (c) => files(c, options));
  app.notFound(() => {
    throw new Refusal(404, "not-found", "There is nothing here");
  });
  return app;
}

async function serveRoute(route: Route, c: Context<Env>, desk: Desk): Promise<Response> {
  const { gate } = desk;
  const { headers } = c.req.raw;
  const { sender } = c.env;
  gate.checkOrigin(headers, sender);
  let who: Who | null = gate.whoIs(headers, sender);
  if (route.role !== "anyone") who = gate.checkRole(who, route.role);
  if (route.method !== "get") gate.checkChange(who, headers);
  const call: Call = {
    who,
    sender,
    headers,
    params: c.req.param() as Record<string, string>,
    query: new URL(c.req.url).searchParams,
    body: route.body && await bodyOf(c, route.body),
  };
  const response = await route.run(call as Call<never>, desk);
  response.headers.set("cache-control", "no-store");
  return response;
}

/** SPEC: forms of other pages cannot send this content type without asking first, which is never granted. */
async function bodyOf(c: Context<Env>, schema: v.GenericSchema): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new Refusal(415, "json-only", "Send content-type: application/json");
  }
  const text = await c.req.text();
  if (text.length > MOST_BODY_BYTES) throw new Refusal(413, "too-long", "The body is too long");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, "bad-request", "The body is no JSON");
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue);
  throw new Refusal(400, "bad-request", `${where === null ? "The body" : where}: ${issue.message}`);
}

/** A chunk of a bundle: its name goes by what is in it. */
const HASHED = /-[A-Z0-9]{8}\.js$/;

const tags = new WeakMap<WebFile, Promise<string>>();

async function files(c: Context<Env>, options: WebAppOptions): Promise<Response> {
  const { sender, upgrade } = c.env;
  const { headers } = c.req.raw;
  const path = c.req.path;
  if (upgrade) return otherWebSocket(c, options);
  const { base } = options;
  if (path + "/" === base) return c.redirect(base, 308);
  const tls = options.tlsPort(), name = nameOf(headers);
  if (!sender.private && tls !== null && name !== null) {
    return c.redirect(`https://${name}:${tls}${path.replace(/^\/+/, "/")}`, 307);
  }
  const file = path.startsWith(base) ? options.files.get(path.slice(base.length - 1)) : undefined;
  if (!file) throw new Refusal(404, "not-found", "There is nothing here");
  if (!tags.has(file)) tags.set(file, tagOf(file.bytes));
  const etag = await tags.get(file)!;
  const answer: Record<string, string> = {
    etag,
    "cache-control": HASHED.test(path) ? "max-age=31536000, immutable" : "no-cache",
    "content-type": file.type,
    vary: "accept-encoding",
  };
  if (headers.get("if-none-match")?.includes(etag)) return c.body(null, 304, answer);
  if (!file.gzip || !/\bgzip\b/.test(headers.get("accept-encoding") ?? "")) {
    return c.body(file.bytes, 200, answer);
  }
  return c.body(await file.gzip(), 200, { ...answer, "content-encoding": "gzip" });
}

/** What SPICE ports are asked for by programs such as spice-html5: any path, and SPICE's own rules. */
function otherWebSocket(c: Context<Env>, { control, gate }: WebAppOptions): Response {
  const { sender, upgrade } = c.env;
  const { headers } = c.req.raw;
  if (!sender.spice) throw new Refusal(404, "not-found", "There is no WebSocket here");
  // INVARIANT: where SPICE asks for nothing, no page of a stranger gets in through a person's browser
  const asks = control.tickets === null || control.tickets.required;
  if (!asks) gate.checkHost(headers);
  if (!asks && !isSameMachine(headers)) {
    throw new Refusal(403, "wrong-origin", "Pages of other machines may not do this");
  }
  return upgrade!(null);
}

async function tagOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `"${hash.subarray(0, 12).toHex()}"`;
}
