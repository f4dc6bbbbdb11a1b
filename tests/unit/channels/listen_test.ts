import { assert, assertEquals, assertRejects } from "@std/assert";
import { listen, type Listening, type ListenOptions } from "../../../channels/listen.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../core/link/exact.ts";
import { testCredentials } from "../../kit/pki.ts";
import { connectTcp } from "../../kit/tcp.ts";

const text = (s: string) => new TextEncoder().encode(s);
const local = { host: "127.0.0.1", port: 0 };

/** A server that sends back what it hears, once it has heard something. */
async function echo(options: ListenOptions): Promise<Listening & { remotes: Duplex["remote"][] }> {
  const remotes: Duplex["remote"][] = [];
  const listening = await listen(options, async (duplex, arrival) => {
    arrival.leave();
    remotes.push(duplex.remote);
    const some = new Uint8Array(1000);
    try {
      for (let n; (n = await duplex.read(some)) !== null;) {
        await writeAll(duplex, some.subarray(0, n));
      }
    } catch { /* it left */ }
    duplex.close();
  });
  return Object.assign(listening, { remotes });
}

function portOf(listening: Listening, at = 0): number {
  const address = listening.addresses[at];
  return "port" in address ? address.port : NaN;
}

/** Waits for what another task is about to make true. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i === 1000) throw new Error("It did not come true");
    await new Promise((wake) => setTimeout(wake, 10));
  }
}

async function speaks(conn: Deno.Conn): Promise<boolean> {
  await writeAll(conn as unknown as Duplex, text("hello"));
  const heard = await readExactly(conn as unknown as Duplex, 5).catch(() => null);
  conn.close();
  return heard !== null && new TextDecoder().decode(heard) === "hello";
}

Deno.test("listens on IPv4, IPv6 and both at once, and says who came", async () => {
  const server = await echo({
    at: [local, { host: "::1", port: 0 }, { port: 0 }, { port: 0, family: "ipv6" }, {
      port: 0,
      family: "ipv4",
    }],
  });
  const connect = (hostname: string, at: number) =>
    Deno.connect({ hostname, port: portOf(server, at) }).then(speaks, () => false);
  assert(await connect("127.0.0.1", 0));
  assert(await connect("::1", 1));
  assert(await connect("127.0.0.1", 2));
  assert(await connect("::1", 2));
  assert(await connect("::1", 3));
  assertEquals(await connect("127.0.0.1", 3).catch(() => false), false);
  assert(await connect("127.0.0.1", 4));
  server.close();
  assertEquals(server.remotes.map(({ address }) => address), [
    "127.0.0.1",
    "::1",
    "127.0.0.1",
    "::1",
    "::1",
    "127.0.0.1",
  ]);
});

Deno.test("a Unix socket is for its user only; a stale one is replaced, a live one is not", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/spice.sock`;
  const server = await echo({ at: [{ path }] });
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assert(await Deno.connect({ transport: "unix", path }).then(speaks));
  assertEquals(server.remotes[0].transport, "unix");
  await assertRejects(() => echo({ at: [{ path }] }), Deno.errors.AddrInUse);
  server.close();
  const there = () => {
    try {
      return Deno.statSync(path).isSocket;
    } catch {
      return false;
    }
  };
  await until(() => !there());

  // a server that was killed leaves its socket behind
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", `Deno.listen({transport:"unix",path:${JSON.stringify(path)}}); Deno.exit(0)`],
  });
  await child.output();
  assert((await Deno.stat(path)).isSocket);
  const again = await echo({ at: [{ path }] });
  assert(await Deno.connect({ transport: "unix", path }).then(speaks));
  again.close();
  const precious = `${folder}/precious`;
  await Deno.writeTextFile(precious, "precious");
  await assertRejects(() => echo({ at: [{ path: precious }] }), Error, "not a socket");
  assertEquals(await Deno.readTextFile(precious), "precious");
  await until(() => !there());
  await Deno.remove(folder, { recursive: true });
});

Deno.test("when one endpoint is taken, none is left open", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  await assertRejects(
    () => echo({ at: [{ ...local, port }, { ...local, port: taken.addr.port }] }),
    Deno.errors.AddrInUse,
  );
  let again: Deno.Listener | undefined;
  await until(() => {
    try {
      again = Deno.listen({ hostname: "127.0.0.1", port });
      return true;
    } catch {
      return false;
    }
  });
  again?.close();
  taken.close();
});

Deno.test("a WebSocket on the same port is the same stream", async () => {
  const server = await echo({ at: [local] });
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(server)}/`, "binary");
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => (socket.onopen = resolve, socket.onerror = reject));
  assertEquals(socket.protocol, "binary");
  const payload = Uint8Array.from({ length: 100_000 }, (_, i) => i * 3);
  const got: number[] = [];
  const whole = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      got.push(...new Uint8Array(data));
      if (got.length === payload.length) resolve();
    };
  });
  socket.send(payload);
  await whole;
  assertEquals(new Uint8Array(got), payload);
  assertEquals(server.remotes[0].webSocket, true);
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  socket.close(1000);
  const { code, wasClean } = await closed;
  assertEquals([code, wasClean], [1000, true]);
  server.close();
});

Deno.test("a WebSocket inside TLS is recognised too", async () => {
  const { credentials, ca } = testCredentials();
  const server = await echo({ at: [{ ...local, tls: credentials }] });
  const conn = await Deno.connectTls({ ...local, port: portOf(server), caCerts: [ca] });
  const duplex = conn as unknown as Duplex;
  await writeAll(
    duplex,
    text(
      "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
  );
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    head += String.fromCharCode((await readExactly(duplex, 1))[0]);
  }
  assert(head.startsWith("HTTP/1.1 101 "));
  await writeAll(duplex, new Uint8Array([0x82, 0x82, 0, 0, 0, 0, 72, 105]));
  assertEquals([...await readExactly(duplex, 4)], [0x82, 2, 72, 105]);
  assertEquals([server.remotes[0].secure, server.remotes[0].webSocket], [true, true]);
  conn.close();
  server.close();
});

Deno.test({
  name: "an abstract Unix socket needs no file",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const path = `@spice-appliance-test-${Deno.pid}`;
    const server = await echo({ at: [{ path }] });
    const there = path.replace("@", "\0");
    assert(await Deno.connect({ transport: "unix", path: there }).then(speaks));
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    await assertRejects(() => echo({ at: [{ path }] }), Deno.errors.AddrInUse);
    server.close();
  },
});

Deno.test("plain HTTP is answered and closed", async () => {
  const server = await echo({ at: [local] });
  const response = await fetch(`http://127.0.0.1:${portOf(server)}/`);
  assertEquals(response.status, 426);
  await response.body?.cancel();
  server.close();
});

Deno.test("500 half-open connections are gone after the deadline, and a proper client gets in meanwhile", async () => {
  const server = await echo({ at: [local], deadlineMs: 1500 });
  const port = portOf(server);
  const half: Deno.Conn[] = [];
  for (let i = 0; i < 500; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    if (i % 2) await conn.write(text("RE"));
    half.push(conn);
  }
  await until(() => server.waiting > 0);
  // one address has 128 places: the others were thrown out already
  assert(server.waiting <= 128);
  assert(await Deno.connect({ hostname: "127.0.0.1", port }).then(speaks));
  await until(() => server.waiting === 0);
  for (const conn of half) {
    assertEquals(await conn.read(new Uint8Array(1)).catch(() => null), null);
    conn.close();
  }
  assert(await Deno.connect({ hostname: "127.0.0.1", port }).then(speaks));
  server.close();
});

Deno.test("a storm of connections that reset in every state leaves nothing behind", async () => {
  const server = await listen({ at: [local] }, async (duplex, arrival) => {
    const some = new Uint8Array(100);
    try {
      while (await duplex.read(some) !== null) await writeAll(duplex, some);
    } catch { /* reset */ }
    arrival.leave();
    duplex.close();
  });
  const port = portOf(server);
  for (let i = 0; i < 1000; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const say = ["", "R", "REDQ", "REDQ and more than nothing", "GET ", "GET / HTTP/1.1\r\n\r\n"];
    await conn.write(text(say[i % say.length])).catch(() => {});
    // closing with unread bytes sends RST
    if (i % 3 === 0) await new Promise((wake) => setTimeout(wake, 0));
    conn.close();
  }
  assert(
    await Deno.connect({ hostname: "127.0.0.1", port }).then(async (conn) => {
      await conn.write(text("REDQ"));
      const heard = await conn.read(new Uint8Array(100));
      conn.close();
      return heard === 100;
    }),
  );
  await until(() => server.waiting === 0);
  server.close();
});

Deno.test("running out of descriptors costs neither the server nor a busy loop", async () => {
  const url = new URL("../../kit/starve.ts", import.meta.url);
  const config = new URL("../../../deno.json", import.meta.url);
  const { ca } = testCredentials();
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      `ulimit -n 120; exec "$0" run -A --quiet --config "$1" "$2"`,
      Deno.execPath(),
      config.pathname,
      url.pathname,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  const next = async () => (await output.read()).value!;
  assertEquals(await next(), "ready\n");
  await input.write(text("\n"));
  const { plain, tls } = JSON.parse(await next());
  const waiting: Deno.Conn[] = [];
  for (const port of [plain, plain, tls, tls]) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(text("hello"));
    waiting.push(conn);
  }
  await new Promise((wake) => setTimeout(wake, 1000));
  await input.write(text("\n"));
  const { troubles } = JSON.parse(await next());
  // a busy loop would have tried a hundred thousand times
  assert(troubles >= 1 && troubles < 500, `accepting failed ${troubles} times in a second`);
  const greeted = async (conn: Deno.Conn) => {
    const heard = await readExactly(conn as unknown as Duplex, 5);
    conn.close();
    return new TextDecoder().decode(heard);
  };
  // those that waited are served, and so is who comes now
  for (const conn of waiting.slice(0, 2)) {
    assertEquals(await greeted(conn), "hello");
  }
  for (const conn of waiting.slice(2)) conn.close();
  // the port of TLS accepts again, too
  const conn = await Deno.connectTls({ hostname: "127.0.0.1", port: tls, caCerts: [ca] });
  await conn.write(text("hello"));
  assertEquals(await greeted(conn), "hello");
  await input.close();
  await output.cancel();
  await child.status;
});

Deno.test({
  name: "connections that are reset before they are accepted are no trouble, and slow nobody",
  ignore: Deno.build.os === "windows",
  async fn() {
    const troubles: Error[] = [];
    let came = 0;
    const listening = await listen({
      at: [{ host: "127.0.0.1", port: 0 }],
      onTrouble: (error) => troubles.push(error),
    }, (duplex) => {
      came++;
      duplex.close();
    });
    const [at] = listening.addresses;
    const port = "port" in at ? at.port : 0;
    for (let i = 0; i < 100; i++) (await connectTcp(port)).reset();
    const proper = await connectTcp(port);
    await proper.write(new TextEncoder().encode("REDQ"));
    assertEquals(await proper.read(new Uint8Array(1)).catch(() => null), null);
    assertEquals([troubles, came], [[], 1]);
    proper.close();
    listening.close();
  },
});
