import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnStream } from "../../../../channels/listen.ts";
import { secure } from "../../../../channels/tls.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../../core/link/exact.ts";
import { secureClient } from "../../../../core/link/tls_client.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";
import { testCredentials } from "../../../kit/pki.ts";

/** Two ends inside TLS, and below: what the server's stands on, and the client's. */
async function stage(below?: (inner: Duplex) => Duplex) {
  const { credentials, ca } = testCredentials();
  const [far, near] = duplexPair();
  const server = secure(below?.(near) ?? near, credentials);
  const client = await secureClient(far, { ca, hostName: "localhost" });
  return { server, client, far };
}

/** How many bytes a writer is rid of before it waits for good. */
async function taken(write: (bytes: Uint8Array) => Promise<unknown>): Promise<number> {
  const piece = new Uint8Array(1 << 16);
  let sum = 0;
  (async () => {
    // what an endless one would need to be told from one that waits
    while (sum < 64 << 20) {
      await write(piece);
      sum += piece.length;
    }
  })().catch(() => {});
  for (let before = -1; sum !== before;) {
    before = sum;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return sum;
}

Deno.test("whoever sends inside TLS waits while nobody reads at the other end", async () => {
  const { server, client } = await stage();
  await writeAll(client, Uint8Array.of(1));
  await readExactly(server, 1);
  const sum = await taken((bytes) => writeAll(client, bytes));
  assert(sum <= 2 << 20, `${sum} bytes were taken, and nobody read them`);
  server.close();
  client.close();
});

Deno.test("after the end that TLS knows of, nothing more is taken from below", async () => {
  // the client says its end, and its socket goes on
  const { server, client, far } = await stage();
  const { close } = far;
  far.close = () => {};
  client.close();
  assertEquals(await server.read(new Uint8Array(1)), null);
  const sum = await taken((bytes) => far.write(bytes));
  assert(sum <= 2 << 20, `${sum} bytes were taken after the end`);
  close();
  server.close();
});

Deno.test("what came before a reset is read, and then the reset", async () => {
  let left = Infinity;
  const { server, client } = await stage((inner) => ({
    ...inner,
    async read(into) {
      if (left <= 0) throw new Deno.errors.ConnectionReset("reset");
      const n = await inner.read(into);
      left -= n ?? 0;
      return n;
    },
  }));
  await writeAll(client, Uint8Array.of(1));
  await readExactly(server, 1);
  const sent = Uint8Array.from({ length: 40_000 }, (_, i) => i);
  left = sent.length;
  await writeAll(client, sent);
  // time enough for the reset to overtake
  await new Promise((wake) => setTimeout(wake, 50));
  const came = await readExactly(server, 32_768);
  assertEquals(came, sent.subarray(0, came.length));
  await assertRejects(() => readExactly(server, sent.length), Error, "reset");
  client.close();
});

Deno.test("a write that TLS took is below when it is said to be done, and rejects when that broke", async () => {
  let broken = false, below = 0;
  const { server, client } = await stage((inner) => ({
    ...inner,
    async write(bytes) {
      await new Promise((wake) => setTimeout(wake, 1));
      if (broken) throw new Deno.errors.BrokenPipe("broken");
      const n = await inner.write(bytes);
      below += n;
      return n;
    },
  }));
  const length = 200_000;
  const [came] = await Promise.all([
    readExactly(client, length),
    writeAll(server, new Uint8Array(length)).then(() => assert(below > length)),
  ]);
  assertEquals(came.length, length);
  broken = true;
  await assertRejects(() => server.write(new Uint8Array(length)));
  await assertRejects(() => server.read(new Uint8Array(1)), Error, "broken");
  client.close();
});

Deno.test("whoever said its end inside TLS is still answered", async () => {
  const { credentials, ca } = testCredentials();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, conn] = await Promise.all([
    Deno.connectTls({ hostname: "localhost", port: listener.addr.port, caCerts: [ca] }),
    listener.accept(),
  ]);
  const server = secure(new ConnStream(conn, duplexPair()[0].remote), credentials);
  await client.write(Uint8Array.of(1, 2, 3));
  await client.closeWrite();
  assertEquals(await readExactly(server, 3), Uint8Array.of(1, 2, 3));
  assertEquals(await server.read(new Uint8Array(1)), null);
  const answer = new Uint8Array(300_000).fill(7);
  const [came] = await Promise.all([
    readExactly(client as unknown as Duplex, answer.length),
    writeAll(server, answer),
  ]);
  assertEquals(came, answer);
  server.close();
  assertEquals(await client.read(new Uint8Array(1)), null);
  client.close();
  listener.close();
});
