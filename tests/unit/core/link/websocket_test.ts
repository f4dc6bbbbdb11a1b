import { assert, assertEquals, assertRejects } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { seeded } from "../../../../core/binary/random.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../../core/link/exact.ts";
import { unmask } from "../../../../core/link/unmask.ts";
import { acceptWebSocket, type WebSocketOptions } from "../../../../core/link/websocket.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";

const text = (s: string) => new TextEncoder().encode(s);
const request = (headers: string[] = [], first = "GET /spice HTTP/1.1") =>
  text([
    first,
    "Host: example.org",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...headers,
    "",
    "",
  ].join("\r\n"));

/** A masked frame as a client sends it. */
function frame(
  opcode: number,
  payload: Uint8Array,
  { fin = true, mask = 0x04030201, rsv = 0, masked = true, wide = false } = {},
): Uint8Array {
  const n = payload.length;
  const head = [(fin ? 0x80 : 0) | rsv << 4 | opcode];
  const bit = masked ? 0x80 : 0;
  if (n < 126 && !wide) head.push(bit | n);
  else if (n < 65536) head.push(bit | 126, n >> 8, n & 255);
  else head.push(bit | 127, 0, 0, 0, 0, n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255);
  const key = [0, 8, 16, 24].map((by) => mask >>> by & 255);
  const body = masked ? payload.map((byte, i) => byte ^ key[i & 3]) : payload;
  return new Uint8Array([...head, ...masked ? key : [], ...body]);
}

async function readHead(client: Duplex): Promise<string> {
  let all = "";
  while (!all.endsWith("\r\n\r\n")) {
    all += String.fromCharCode((await readExactly(client, 1))[0]);
  }
  return all;
}

async function open(
  options: WebSocketOptions = {},
  headers: string[] = [],
): Promise<{ client: Duplex; server: Duplex; head: string }> {
  const [client, inner] = duplexPair();
  await writeAll(client, request(headers));
  const server = await acceptWebSocket(inner, options);
  return { client, server: server!, head: await readHead(client) };
}

Deno.test("the handshake of RFC 6455 §1.3 is answered with its key", async () => {
  const { head, server } = await open();
  assert(head.startsWith("HTTP/1.1 101 "));
  assert(head.includes("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  assert(!head.includes("Sec-WebSocket-Protocol"));
  assertEquals(server.remote.webSocket, true);
});

Deno.test("the sub-protocol binary is echoed only to those who ask", async () => {
  for (
    const [asked, echoed] of [["binary", true], ["chat, binary", true], ["chat", false], [
      "binaryx",
      false,
    ]]
  ) {
    const { head } = await open({}, [`Sec-WebSocket-Protocol: ${asked}`]);
    assertEquals(head.includes("\r\nSec-WebSocket-Protocol: binary\r\n"), echoed);
  }
});

Deno.test("an origin that the hook does not allow is forbidden", async () => {
  const allowOrigin = (origin?: string) => origin === undefined || origin === "https://good";
  await open({ allowOrigin }, ["Origin: https://good"]);
  await open({ allowOrigin });
  const [client, inner] = duplexPair();
  await writeAll(client, request(["Origin: https://evil"]));
  await assertRejects(() => acceptWebSocket(inner, { allowOrigin }), ProtocolError);
  assert((await readHead(client)).startsWith("HTTP/1.1 403 "));
  assertEquals(await client.read(new Uint8Array(1)), null);
});

Deno.test("plain HTTP is told to upgrade, or given to the hook", async () => {
  const plain = text("GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n");
  const [client, inner] = duplexPair();
  await writeAll(client, plain);
  assertEquals(await acceptWebSocket(inner), null);
  assert((await readHead(client)).startsWith("HTTP/1.1 426 "));
  const [other, inner2] = duplexPair();
  await writeAll(other, plain);
  let target = "";
  const onHttp = (head: { target: string }) => Promise.resolve(void (target = head.target));
  assertEquals(await acceptWebSocket(inner2, { onHttp }), null);
  assertEquals(target, "/index.html");
});

Deno.test("requests that are no HTTP, too long, cut off or of another version are refused", async () => {
  const cases: [string, Uint8Array, string][] = [
    ["nonsense", text("GET \0\0\0\r\n\r\n"), "400"],
    ["HTTP/1.0", request([], "GET / HTTP/1.0"), "400"],
    ["no colon", request(["Broken header"]), "400"],
    ["a folded line", request([" folded: yes"]), "400"],
    ["too many headers", request(Array.from({ length: 200 }, (_, i) => `A${i}: b`)), "400"],
    ["too long", request([`A: ${"b".repeat(20000)}`]), "400"],
    ["spaces without end", request([`A: b${" ".repeat(16000)}c`]).slice(0, 15000), "400"],
    ["version 8", request([], "GET / HTTP/1.1").map((b) => b), "426"],
    ["short key", request().map((b) => b), "400"],
  ];
  cases[7][1] = text(
    new TextDecoder().decode(request()).replace("Version: 13", "Version: 8"),
  );
  cases[8][1] = text(new TextDecoder().decode(request()).replace("dGhlIHNh", ""));
  for (const [name, bytes, status] of cases) {
    const [client, inner] = duplexPair();
    const accepted = acceptWebSocket(inner).then(() => "accepted", (error) => error);
    await writeAll(client, bytes);
    const answer = name === "spaces without end"
      ? (client.close(), "HTTP/1.1 400 ")
      : await readHead(client);
    assert(answer.startsWith(`HTTP/1.1 ${status} `), `${name}: ${answer}`);
    assert(await accepted instanceof ProtocolError, name);
  }
});

Deno.test("payload comes out unmasked, whatever the frames and the reads", async () => {
  const random = seeded(7);
  const payload = Uint8Array.from({ length: 200_000 }, () => random.below(256));
  const { client, server } = await open();
  const sender = (async () => {
    let open = false;
    for (let at = 0; at < payload.length;) {
      const n = random.below([10, 130, 70_000][random.below(3)]);
      const fin = random.below(2) === 0;
      const part = payload.subarray(at, at + n);
      await writeAll(client, frame(open ? 0 : 2, part, { fin, mask: random.below(2 ** 32) }));
      open = !fin;
      if (random.below(3) === 0) await writeAll(client, frame(10, text("unasked pong")));
      if (random.below(3) === 0) await writeAll(client, frame(9, new Uint8Array(0)));
      at += part.length;
    }
  })();
  // pongs must be taken, or they would fill the pipe
  const pongs = (async () => {
    const some = new Uint8Array(100);
    while (await client.read(some).catch(() => null) !== null);
  })();
  const got = new Uint8Array(payload.length);
  const buffer = new Uint8Array(70_000);
  for (let at = 0; at < got.length;) {
    const offset = random.below(8);
    const size = 1 + random.below([8, 1000, 60_000][random.below(3)]);
    const into = buffer.subarray(offset, offset + size);
    const n = await server.read(into) as number;
    got.set(into.subarray(0, n), at);
    at += n;
  }
  await sender;
  assertEquals(got, payload);
  client.close();
  await pongs;
});

Deno.test("what is written comes as binary frames that are not masked", async () => {
  for (const size of [1, 125, 126, 65535, 65536, 200_000]) {
    const { client, server } = await open();
    const payload = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const written = writeAll(server, payload);
    const got: number[] = [];
    while (got.length < size) {
      const [first, second] = await readExactly(client, 2);
      assertEquals(first, 0x82);
      let n = second;
      const view = async (bytes: number) => new DataView((await readExactly(client, bytes)).buffer);
      if (n === 126) n = (await view(2)).getUint16(0);
      else if (n === 127) n = Number((await view(8)).getBigUint64(0));
      got.push(...await readExactly(client, n));
    }
    await written;
    assertEquals(new Uint8Array(got), payload);
  }
});

Deno.test("a ping inside a message is answered with its payload", async () => {
  const { client, server } = await open();
  await writeAll(client, frame(2, text("ab"), { fin: false }));
  await writeAll(client, frame(9, text("hello")));
  await writeAll(client, frame(0, text("cd")));
  assertEquals(new TextDecoder().decode(await readExactly(server, 4)), "abcd");
  assertEquals([...await readExactly(client, 7)], [0x8a, 5, ...text("hello")]);
});

Deno.test("a flood of pings that nobody reads is bounded: only the latest is answered", async () => {
  const [client, inner] = duplexPair({ capacity: 2000 });
  const opened = acceptWebSocket(inner);
  await writeAll(client, request());
  await readHead(client);
  const server = (await opened)!;
  const reading = readExactly(server, 1);
  for (let i = 0; i < 5000; i++) {
    await writeAll(client, frame(9, text(String(i).padStart(100, "0"))));
  }
  await writeAll(client, frame(2, text("x")));
  assertEquals((await reading)[0], 120);
});

Deno.test("a close frame is answered in kind and ends the stream", async () => {
  const { client, server } = await open();
  await writeAll(client, frame(8, new Uint8Array([3, 232])));
  assertEquals(await server.read(new Uint8Array(10)), null);
  assertEquals(await server.read(new Uint8Array(10)), null);
  assertEquals([...await readExactly(client, 4)], [0x88, 2, 3, 232]);
});

Deno.test("closing says so with 1000, and waits no longer than it is told", async () => {
  const { client, server } = await open({ patience: () => Promise.resolve() });
  server.close();
  assertEquals([...await readExactly(client, 4)], [0x88, 2, 3, 232]);
  assertEquals(await client.read(new Uint8Array(1)), null);
});

Deno.test("frames against the rules are answered with their close code and end the stream", async () => {
  const one = new Uint8Array([1]);
  const cases: [string, Uint8Array[], number][] = [
    ["not masked", [frame(2, one, { masked: false })], 1002],
    ["reserved bits", [frame(2, one, { rsv: 4 })], 1002],
    ["text", [frame(1, one)], 1003],
    ["opcode 3", [frame(3, one)], 1002],
    ["opcode 11", [frame(11, one)], 1002],
    ["a continuation of nothing", [frame(0, one)], 1002],
    [
      "a message inside a message",
      [frame(2, new Uint8Array(0), { fin: false }), frame(2, one)],
      1002,
    ],
    ["a ping in parts", [frame(9, one, { fin: false })], 1002],
    ["a long ping", [frame(9, new Uint8Array(126))], 1002],
    ["a length that is not the shortest", [frame(2, one, { wide: true })], 1002],
    ["half a close code", [frame(8, one)], 1002],
    ["2^63 bytes", [new Uint8Array([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])], 1009],
    ["4 GiB", [new Uint8Array([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4])], 1009],
  ];
  for (const [name, frames, code] of cases) {
    const { client, server } = await open();
    for (const bytes of frames) await writeAll(client, bytes);
    await assertRejects(() => server.read(new Uint8Array(10)), ProtocolError, undefined, name);
    assertEquals([...await readExactly(client, 4)], [0x88, 2, code >> 8, code & 255], name);
  }
});

Deno.test("unmasking by words is unmasking by bytes, at every offset, length and phase", () => {
  const random = seeded(3);
  for (let offset = 0; offset < 8; offset++) {
    for (let length = 0; length < 40; length++) {
      for (let phase = 0; phase < 4; phase++) {
        const mask = random.below(2 ** 32);
        const all = Uint8Array.from({ length: 64 }, () => random.below(256));
        const expected = all.map((byte, i) =>
          i < offset || i >= offset + length
            ? byte
            : byte ^ (mask >>> 8 * (i - offset + phase & 3) & 255)
        );
        unmask(all.subarray(offset, offset + length), mask, phase);
        assertEquals(all, expected);
      }
    }
  }
});
