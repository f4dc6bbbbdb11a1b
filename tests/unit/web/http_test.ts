import { assert, assertEquals } from "@std/assert";
import type { Duplex, Remote } from "../../../core/link/duplex.ts";
import { writeAll } from "../../../core/link/exact.ts";
import type { Incoming } from "../../../web/app.ts";
import { createHttp } from "../../../web/http.ts";
import { Proxies } from "../../../web/remote.ts";
import { duplexPair } from "../../kit/duplex_pair.ts";
import { FakeLog } from "../../kit/linked.ts";
import { statusOf, upgrade } from "../../kit/raw_http.ts";

/** What is answered to these bytes of a connection, and whose WebSockets came of it. */
async function ask(
  text: string,
  fetch: (request: Request, incoming: Incoming) => Response | Promise<Response>,
  from: Partial<Remote> = {},
): Promise<{ heard: string; opened: Remote[] }> {
  const opened: Remote[] = [];
  const server = await createHttp({
    fetch,
    proxies: new Proxies(["127.0.0.1"]),
    onSpice: ({ remote }) => opened.push(remote),
    log: new FakeLog(),
  });
  const [client, duplex] = duplexPair({
    remote: { address: "127.0.0.1", transport: "tcp", ...from },
  });
  server.take({ duplex, spice: false, wait: () => {}, leave: () => {} });
  await writeAll(client, new TextEncoder().encode(text));
  const heard = await headAndBody(client);
  client.close();
  return { heard, opened };
}

/** An answer of a short body, to its end. */
async function headAndBody(client: Duplex): Promise<string> {
  const some = new Uint8Array(1000);
  let heard = "";
  for (let n: number | null; (n = await client.read(some)) !== null;) {
    heard += String.fromCharCode(...some.subarray(0, n));
    const [head, body] = heard.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (body !== undefined && body.length >= length) break;
  }
  return heard;
}

/** What becomes of so many requests that are sent at once, to be answered when `go` resolves. */
async function sendAhead(requests: number, go: Promise<void>) {
  const [client, duplex] = duplexPair();
  let asked = 0;
  const left = Promise.withResolvers<void>();
  const server = await createHttp({
    fetch: async ({ url }) => {
      asked++;
      await go;
      return new Response(new URL(url).pathname);
    },
    proxies: new Proxies([]),
    onSpice: () => {},
    log: new FakeLog(),
  });
  server.take({ duplex, spice: false, wait: () => {}, leave: left.resolve });
  const text = Array.from(
    { length: requests },
    (_, i) =>
      `GET /${i} HTTP/1.1\r\nHost: 127.0.0.1\r\n${
        i === requests - 1 ? "Connection: close\r\n" : ""
      }\r\n`,
  );
  await writeAll(client, new TextEncoder().encode(text.join("")));
  let heard = "";
  const some = new Uint8Array(1000);
  for (let n: number | null; (n = await client.read(some)) !== null;) {
    heard += String.fromCharCode(...some.subarray(0, n));
  }
  client.close();
  await left.promise;
  const answers = heard.split("HTTP/1.1 200").slice(1).map((text) => text.split("\r\n\r\n")[1]);
  return { answers, asked };
}

Deno.test("sixteen requests that are sent at once are answered each in its turn", async () => {
  const { answers } = await sendAhead(16, Promise.resolve());
  assertEquals(answers, Array.from({ length: 16 }, (_, i) => `/${i}`));
});

Deno.test("a connection that sends on and on before it has an answer is ended", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { answers, asked } = await sendAhead(300, promise);
  resolve();
  await promise;
  assertEquals(answers, []);
  assert(asked <= 1, `${asked} were passed on`);
});

const open = (_: Request, { upgrade }: Incoming) => upgrade!(null);

Deno.test("behind a proxy that is trusted a WebSocket is whose the proxy says", async () => {
  const forwarded = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"];
  const { heard, opened } = await ask(upgrade("/spice", ...forwarded), open);
  assertEquals(statusOf(heard), 101);
  assertEquals(opened.map(({ address, secure }) => [address, secure]), [["203.0.113.7", true]]);
  const stranger = await ask(upgrade("/spice", ...forwarded), open, { address: "192.0.2.1" });
  assertEquals(stranger.opened.map(({ address }) => address), ["192.0.2.1"]);
});

Deno.test("an offer of another protocol is passed over, and its body is read", async () => {
  for (const offer of ["h2c", "TLS/1.3, HTTP/3", "websocketx"]) {
    const { heard } = await ask(
      "POST /api HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\n" +
        `Upgrade: ${offer}\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello`,
      async (request, { upgrade }) =>
        new Response(upgrade ? "taken for a WebSocket" : `heard ${await request.text()}`),
    );
    assertEquals([statusOf(heard), heard.split("\r\n\r\n")[1]], [200, "heard hello"], offer);
  }
});
