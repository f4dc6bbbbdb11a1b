import { assertEquals, assertMatch } from "@std/assert";
import { Connections } from "../../../../../web/client/dav/connections.ts";
import { frame, FrameReader } from "../../../../../web/client/dav/frames.ts";
import { DavServer } from "../../../../../web/client/dav/server.ts";
import { propertiesIn } from "../../../../../web/client/dav/xml.ts";
import { eventually } from "../../../../kit/desk.ts";
import { MemoryFolder } from "../../../../kit/memory_folder.ts";

const text = new TextDecoder();
const bytes = (said: string) => new TextEncoder().encode(said);

/** A shared folder whose guest is the test. */
function shared(writable: boolean) {
  const folder = new MemoryFolder();
  let now = 0, ids = 0;
  const server = new DavServer(folder.handle, {
    writable,
    now: () => now,
    uuid: () => `${++ids}`,
  });
  const heard = new Map<bigint, { text: string; closed: boolean }>();
  const reader = new FrameReader((client, data) => {
    const said = heard.get(client) ?? { text: "", closed: false };
    heard.set(client, { text: said.text + text.decode(data), closed: data.length === 0 });
  });
  const connections = new Connections({
    answer: (request) => server.answer(request),
    send: (bytes) => {
      reader.push(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  const says = async (client: bigint, said: string) => {
    for (let at = 0; at < said.length; at += 60_000) {
      await connections.push(frame(client, bytes(said.slice(at, at + 60_000))));
    }
  };
  /** What a connection of its own is answered, which the other side closes. */
  const ask = async (said: string) => {
    const client = BigInt(++ids + 1000);
    await says(client, said);
    await eventually(() => heard.get(client)?.closed === true, "it is closed");
    return heard.get(client)!.text;
  };
  return { folder, connections, heard, says, ask, after: (ms: number) => void (now += ms) };
}

const request = (line: string, headers: string[] = [], body = "") =>
  [`${line} HTTP/1.1`, "host: x", "connection: close", ...headers, "", body].join("\r\n");

Deno.test("requests in one connection are answered in their order, however their bytes come", async () => {
  const { folder, connections, heard } = shared(false);
  await folder.put("a", "first");
  await folder.put("b", "second");
  const stream = frame(
    7n,
    bytes("GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n"),
  );
  for (const byte of stream) await connections.push(Uint8Array.of(byte));
  await eventually(() => heard.get(7n)?.text.endsWith("second") === true, "both are answered");
  assertMatch(heard.get(7n)!.text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nfirstHTTP\/1\.1 200 OK\r\n/);
});

Deno.test("what is no request is told so, and its connection alone ends", async () => {
  const { folder, ask } = shared(true);
  await folder.put("a", "here");
  for (
    const [said, status] of [
      ["SSH-2.0-x\r\n\r\n", 400],
      [request("GET /a", ["no header"]), 400],
      [request("PUT /b", ["content-length: 1", "content-length: 2"], "x"), 400],
      [request("PUT /b", ["content-length: x"], "x"), 400],
      [request("PUT /b", ["content-length: 1", "transfer-encoding: chunked"], "x"), 400],
      [request("GET /a", [`x: ${"y".repeat(40_000)}`]), 431],
      [request("GET /../a"), 400],
      [request("GET /%2e%2e/a"), 400],
      [request("GET /a%2fb"), 400],
      [request("GET /a%00"), 400],
      [request("GET a"), 400],
      [request("PUT /b", ["transfer-encoding: chunked"], "zz\r\n"), 400],
      [request("PROPFIND /", ["depth: 1", "content-length: 70000"], "x".repeat(70_000)), 413],
      [request("BREW /a"), 405],
    ] as const
  ) {
    assertMatch(await ask(said), new RegExp(`^HTTP/1.1 ${status} `), said.slice(0, 80));
  }
  assertEquals([...folder.entries.keys()], ["a"], "nothing of it was written");
  assertMatch(await ask(request("GET /a")), /here$/);
});

Deno.test("a file that comes only in part leaves the one that was there", async () => {
  const { folder, connections, says, heard } = shared(true);
  await folder.put("a", "before");
  await says(1n, request("PUT /a", ["content-length: 100"], "only so much"));
  await connections.push(frame(1n, new Uint8Array()));
  await says(2n, request("GET /a"));
  await eventually(() => heard.get(2n)?.closed === true, "it is answered");
  assertMatch(heard.get(2n)!.text, /before$/);
});

Deno.test("a disk that takes nothing is left with no empty file, and with no lock on one", async () => {
  const { folder, ask } = shared(true);
  const make = folder.getFileHandle.bind(folder);
  const full = () => Promise.reject(new DOMException("no room", "QuotaExceededError"));
  folder.getFileHandle = async (name, options) =>
    Object.assign(await make(name, options), { createWritable: full });
  assertMatch(await ask(request("PUT /a", ["content-length: 1"], "x")), /^HTTP\/1\.1 5\d\d /);
  assertEquals([...folder.entries.keys()], []);

  folder.getFileHandle = (name, options) => options?.create ? full() : make(name, options);
  const body = "<D:lockinfo><D:exclusive/></D:lockinfo>";
  const lock = request("LOCK /a", [`content-length: ${body.length}`], body);
  assertMatch(await ask(lock), /^HTTP\/1\.1 5\d\d /);
  folder.getFileHandle = make;
  assertMatch(await ask(lock), /^HTTP\/1\.1 201 /);
});

Deno.test("a lock ends by itself, and holds for what is inside", async () => {
  const { folder, ask, after } = shared(true);
  await folder.getDirectoryHandle("inner", { create: true });
  const lock = `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope></lockinfo>`;
  const length = `content-length: ${lock.length}`;
  const answer = await ask(request("LOCK /inner", [length, "timeout: Second-60"], lock));
  assertMatch(answer, /^HTTP\/1\.1 200 [^]*<D:timeout>Second-60</);
  const put = request("PUT /inner/a", ["content-length: 1"], "x");
  assertMatch(await ask(put), /^HTTP\/1\.1 423 /);
  assertMatch(await ask(request("DELETE /inner")), /^HTTP\/1\.1 423 /);
  after(61_000);
  assertMatch(await ask(put), /^HTTP\/1\.1 201 /);
});

Deno.test("nothing is copied into itself, and the folder itself stays", async () => {
  const { folder, ask } = shared(true);
  await folder.getDirectoryHandle("a", { create: true });
  const to = (place: string) => [`destination: http://x${place}`];
  for (
    const [line, headers] of [
      ["COPY /a", to("/a/b")],
      ["MOVE /a", to("/")],
      ["COPY /", to("/b")],
      ["DELETE /", []],
    ] as const
  ) assertMatch(await ask(request(line, [...headers])), /^HTTP\/1\.1 403 /, line);
  assertEquals([...folder.entries.keys()], ["a"]);
});

Deno.test("more connections than a file manager has are closed at once", async () => {
  const { says, heard } = shared(false);
  for (let id = 1n; id <= 70n; id++) await says(id, "GET /a HTTP/1.1\r\n");
  assertEquals([...heard.keys()], [65n, 66n, 67n, 68n, 69n, 70n]);
});

Deno.test("the properties that a PROPFIND names are found under any prefix", () => {
  const DAV = "DAV:";
  assertEquals(propertiesIn(""), null);
  assertEquals(propertiesIn(`<propfind xmlns="DAV:"><allprop/></propfind>`), null);
  assertEquals(
    propertiesIn(
      `<?xml version="1.0"?><a:propfind xmlns:a="DAV:"><a:prop><a:getetag/><x xmlns="urn:y"/></a:prop></a:propfind>`,
    ),
    [{ namespace: DAV, name: "getetag" }, { namespace: "urn:y", name: "x" }],
  );
});

Deno.test("nothing is moved or copied onto what some disks take for itself, and a folder moves whole", async () => {
  const { folder, ask } = shared(true);
  await folder.put("readme.txt", "dear");
  for (const verb of ["MOVE", "COPY"]) {
    for (const to of ["/README.txt", "/readme.TXT/b"]) {
      assertMatch(
        await ask(request(`${verb} /readme.txt`, [`destination: ${to}`])),
        /^HTTP\S+ 403/,
      );
    }
  }
  assertMatch(await ask(request("GET /readme.txt")), /\r\n\r\ndear$/);
  assertMatch(await ask(request("MKCOL /a")), /^HTTP\S+ 201/);
  assertMatch(await ask(request("PUT /a/b", ["content-length: 4"], "kept")), /^HTTP\S+ 201/);
  assertMatch(await ask(request("MOVE /a", ["destination: /c", "depth: 0"])), /^HTTP\S+ 201/);
  assertMatch(await ask(request("GET /c/b")), /\r\n\r\nkept$/);
});
