/** Bytes as only bad clients send them, and what comes back. */

/** Says this, and hears until the server closes; so many milliseconds at most, for a server that does not. */
export async function say(
  port: number,
  text: string | Uint8Array<ArrayBuffer>,
  patienceMs = 20_000,
): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => conn.close(), patienceMs);
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let heard = "";
  try {
    await writeAll(conn, bytes);
    const buffer = new Uint8Array(1 << 14);
    for (let n; (n = await conn.read(buffer)) !== null;) {
      heard += String.fromCharCode(...buffer.subarray(0, n));
      if (heard.length > 1 << 20) break;
    }
  } catch {
    /* it was reset, or too late */
  } finally {
    clearTimeout(timer);
  }
  return heard;
}

export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** The status of an answer; null: there was none. */
export function statusOf(heard: string): number | null {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(heard) ?? [];
  return status === undefined ? null : Number(status);
}

/** A request with these header lines, that asks for the connection's end. */
export function request(method: string, target: string, ...headers: string[]): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: close",
    ...headers,
  ];
  return lines.join("\r\n") + "\r\n\r\n";
}

/** A request for a WebSocket. */
export function upgrade(path: string, ...headers: string[]): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  ].join("\r\n") + "\r\n\r\n";
}

/** The code of the close frame that ends what was heard; null: there is none. */
export function closeCode(heard: string): number | null {
  const at = heard.lastIndexOf("\x88\x02");
  return at < 0 ? null : heard.charCodeAt(at + 2) << 8 | heard.charCodeAt(at + 3);
}
