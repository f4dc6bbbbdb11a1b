import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type CredentialFiles, loadCredentials } from "../../../channels/credentials.ts";
import { listen } from "../../../channels/listen.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../core/link/exact.ts";
import { Outbox } from "../../../core/link/outbox.ts";
import { pump } from "../../../core/link/pump.ts";
import { pkiFile, testCredentials } from "../../kit/pki.ts";

const text = (s: string) => new TextEncoder().encode(s);
const good = { certFile: pkiFile("v3-cert.pem"), keyFile: pkiFile("server-key.pem") };

const readCredentials = (files: CredentialFiles) =>
  loadCredentials(files, Deno.readTextFileSync, new Date());

/** One TLS connection: the server's end and the client's. */
async function connected(name: "v3" | "ec" = "v3") {
  const { credentials, ca } = testCredentials(name);
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const server = await listen(
    { at: [{ host: "127.0.0.1", port: 0, tls: credentials }] },
    (duplex, arrival) => (arrival.leave(), resolve(duplex)),
  );
  const [address] = server.addresses;
  const client = await Deno.connectTls({
    hostname: "localhost",
    port: "port" in address ? address.port : 0,
    caCerts: [ca],
  });
  await client.write(text("REDQ"));
  return { server, client: client as unknown as Duplex & Deno.TlsConn, duplex: await promise };
}

Deno.test("a stream inside TLS carries both ways, and knows that it is secure", async () => {
  const { server, client, duplex } = await connected();
  assert(duplex.remote.secure);
  assertEquals(duplex.remote.address, "127.0.0.1");
  assertEquals(await readExactly(duplex, 4), text("REDQ"));
  const payload = Uint8Array.from({ length: 500_000 }, (_, i) => i * 11);
  const [there] = await Promise.all([readExactly(client, 500_000), writeAll(duplex, payload)]);
  assertEquals(there, payload);
  const [back] = await Promise.all([readExactly(duplex, 500_000), writeAll(client, payload)]);
  assertEquals(back, payload);
  client.close();
  assertEquals(await duplex.read(new Uint8Array(1)).catch(() => null), null);
  duplex.close();
  server.close();
});

Deno.test("the certificates between the server's and the trusted one are sent along", async () => {
  const { server, client, duplex } = await connected("ec");
  assertEquals(await readExactly(duplex, 4), text("REDQ"));
  client.close();
  duplex.close();
  server.close();
});

Deno.test("closing tells a TLS client that nothing was cut off", async () => {
  const { server, client, duplex } = await connected();
  duplex.close();
  // Deno's client rejects when the connection ends without close_notify
  assertEquals(await client.read(new Uint8Array(1)), null);
  client.close();
  server.close();
});

Deno.test("a TLS client that does not read holds the writer, and closing lets go of both", async () => {
  const { server, client, duplex } = await connected();
  const block = new Uint8Array(1 << 20);
  let written = 0;
  const writer = (async () => {
    for (;;) written += await duplex.write(block);
  })();
  for (let before = -1; written !== before;) {
    before = written;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  // what the kernel's two socket buffers take
  assert(written < 64 << 20, `${written} bytes went nowhere`);
  duplex.close();
  await assertRejects(() => writer);
  client.close();
  server.close();
});

Deno.test("TLS clients that speak no TLS, or leave in the handshake, harm nobody", async () => {
  const { credentials, ca } = testCredentials();
  let came = 0;
  const server = await listen(
    { at: [{ host: "127.0.0.1", port: 0, tls: credentials }] },
    (duplex) => (came++, duplex.close()),
  );
  const [address] = server.addresses;
  const port = "port" in address ? address.port : 0;
  const hello = text("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
  for (let i = 0; i < 200; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write([text("REDQ"), text("GET / HTTP/1.1\r\n\r\n"), hello, text("x")][i % 4]);
    conn.close();
  }
  const conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
  await conn.write(text("REDQ"));
  assertEquals(await conn.read(new Uint8Array(1)), null);
  conn.close();
  for (let i = 0; server.waiting > 0 && i < 300; i++) {
    await new Promise((wake) => setTimeout(wake, 10));
  }
  assertEquals([came, server.waiting], [1, 0]);
  server.close();
});

Deno.test("keys in every form are read: PKCS#8, PKCS#1, encrypted, elliptic", () => {
  for (const key of ["server-key.pem", "pkcs1-key.pem"]) {
    readCredentials({ ...good, keyFile: pkiFile(key) });
  }
  for (const key of ["encrypted-key.pem", "traditional-key.pem"]) {
    readCredentials({ ...good, keyFile: pkiFile(key), keyPassword: "hello" });
  }
  readCredentials({ ...good, certFile: pkiFile("v1-cert.pem") });
  readCredentials({ certFile: pkiFile("ec-cert.pem"), keyFile: pkiFile("ec-key.pem") });
});

Deno.test("bad credentials are named, with the command that mends them", () => {
  const cases: [Partial<Parameters<typeof loadCredentials>[0]>, RegExp, RegExp][] = [
    [{ certFile: "/no/such.pem" }, /certificate \/no\/such\.pem cannot be read/, /openssl req/],
    [{ keyFile: "/no/key.pem" }, /private key \/no\/key\.pem cannot be read/, /ls -l/],
    [{ caFile: "/no/ca.pem" }, /CA certificate \/no\/ca\.pem cannot be read/, /ls -l/],
    [{ keyFile: pkiFile("other-key.pem") }, /other-key\.pem is not the key of/, /openssl pkey/],
    [{ keyFile: pkiFile("encrypted-key.pem") }, /is encrypted/, /x509-key-password/],
    [
      { keyFile: pkiFile("encrypted-key.pem"), keyPassword: "wrong" },
      /does not open/,
      /openssl pkey/,
    ],
    [
      { keyFile: pkiFile("traditional-key.pem"), keyPassword: "wrong" },
      /does not open/,
      /openssl pkey/,
    ],
    [{ certFile: pkiFile("expired-cert.pem") }, /expired-cert\.pem expired at/, /openssl x509/],
    [{ certFile: pkiFile("server-key.pem") }, /holds no certificate/, /openssl x509/],
    [{ keyFile: pkiFile("v3-cert.pem") }, /holds no private key/, /openssl pkey/],
  ];
  for (const [change, what, command] of cases) {
    const { message } = assertThrows(() => readCredentials({ ...good, ...change }), Error);
    assert(what.test(message) && command.test(message), message);
    assert(!message.includes("wrong"), "a password in a message");
  }
  const early = assertThrows(
    () => loadCredentials(good, Deno.readTextFileSync, new Date("2001-01-01")),
    Error,
  );
  assert(/not valid before/.test(early.message));
});

Deno.test("damaged PEM files are named, whatever byte is hit", () => {
  const read = (name: string) => Deno.readTextFileSync(name);
  for (const damaged of [good.certFile, good.keyFile]) {
    const whole = read(damaged);
    for (let at = 0; at < whole.length; at += 61) {
      const text = whole.slice(0, at) + (whole[at] === "A" ? "B" : "A") + whole.slice(at + 1);
      try {
        loadCredentials(good, (name) => name === damaged ? text : read(name), new Date());
      } catch (error) {
        assert((error as Error).message.includes(damaged), `byte ${at}: ${error}`);
      }
    }
  }
});

Deno.test("what was written before closing still arrives", async () => {
  for (const size of [5, 100_000]) {
    const { server, client, duplex } = await connected();
    await readExactly(duplex, 4);
    const reading = readExactly(client, size);
    await writeAll(duplex, new Uint8Array(size));
    duplex.close();
    assertEquals((await reading).length, size);
    assertEquals(await client.read(new Uint8Array(1)), null);
    client.close();
    server.close();
  }
});

/** Sizes of the plaintext in the TLS 1.3 records that a server sends through here. */
async function records(port: number, ca: string, speak: (client: Deno.TlsConn) => Promise<void>) {
  const sizes: number[] = [];
  const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const between = (async () => {
    const client = await proxy.accept();
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    const there = client.readable.pipeTo(server.writable).catch(() => {});
    let bytes = new Uint8Array(0);
    const watch = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes = new Uint8Array([...bytes, ...chunk]);
        for (
          let size;
          bytes.length >= 5 && bytes.length >= (size = 5 + (bytes[3] << 8 | bytes[4]));
        ) {
          // type 23: application data; 17 bytes are its true type and its tag
          if (bytes[0] === 23) sizes.push(size - 5 - 17);
          bytes = bytes.slice(size);
        }
        controller.enqueue(chunk);
      },
    });
    await server.readable.pipeThrough(watch).pipeTo(client.writable).catch(() => {});
    await there;
  })();
  const client = await Deno.connectTls({
    hostname: "localhost",
    port: proxy.addr.port,
    caCerts: [ca],
  });
  await speak(client);
  client.close();
  await between;
  proxy.close();
  return sizes;
}

Deno.test("the last message of a burst begins a TLS record, or spice-gtk would not see it", async () => {
  const { credentials, ca } = testCredentials();
  const outbox = new Outbox();
  for (const size of [60, 50, 40_000, 10]) {
    outbox.writer.put(new Uint8Array(size));
    outbox.filled();
  }
  const server = await listen(
    { at: [{ host: "127.0.0.1", port: 0, tls: credentials }] },
    (duplex, arrival) => (arrival.leave(), pump(duplex, { receive: () => {}, outbox })),
  );
  const [address] = server.addresses;
  const sizes = await records("port" in address ? address.port : 0, ca, async (client) => {
    await client.write(text("REDQ"));
    await readExactly(client as unknown as Duplex, 40_120);
    outbox.writer.put(new Uint8Array(20_000));
    outbox.filled();
    await readExactly(client as unknown as Duplex, 20_000);
  });
  const data = sizes.slice(sizes.indexOf(16384));
  assertEquals(data.slice(0, 6), [16384, 16384, 40_110 - 2 * 16384, 10, 16384, 20_000 - 16384]);
  outbox.close();
  server.close();
});
