/** What a browser is given: the console's files, and SPICE over WebSocket. No listening here: `serve.ts` does. */
import { Hono } from "hono";

/** A file of the console. */
export interface WebFile {
  /** Its media type. */
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface WebOptions {
  /** By path: "/" is the page. */
  readonly files: ReadonlyMap<string, WebFile>;
  /** Turns a request for a WebSocket into one that carries SPICE, and answers it. */
  readonly spice: (request: Request) => Response;
}

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
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The console's routes. */
export function createWeb({ files, spice }: WebOptions): Hono {
  const app = new Hono();
  app.get("/spice", (c) => {
    const { headers } = c.req.raw;
    if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return c.text("Here is SPICE over WebSocket\n", 426, { ...HEADERS, upgrade: "websocket" });
    }
    if (!sameOrigin(headers)) return c.text("Pages of other origins may not connect\n", 403);
    return spice(c.req.raw);
  });
  const tags = new Map<string, Promise<string>>();
  app.get("*", async (c) => {
    const { path } = c.req;
    const file = files.get(path);
    if (!file) return c.text("There is nothing here\n", 404, HEADERS);
    if (!tags.has(path)) tags.set(path, tagOf(file.bytes));
    const etag = await tags.get(path)!;
    const headers = { ...HEADERS, etag, "cache-control": "no-cache", "content-type": file.type };
    if (c.req.header("if-none-match") === etag) return c.body(null, 304, headers);
    return c.body(file.bytes, 200, headers);
  });
  return app;
}

/** Browsers name the page's origin, and pages of others have no business here; programs name none. */
function sameOrigin(headers: Headers): boolean {
  const origin = headers.get("origin");
  if (origin === null) return true;
  try {
    return new URL(origin).host === headers.get("host");
  } catch {
    return false;
  }
}

async function tagOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `"${hash.subarray(0, 12).toHex()}"`;
}
