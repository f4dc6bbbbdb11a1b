/** The WebDAV server of the page, asked by programs of the guest: Debian's cadaver and curl. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { Connections } from "../../web/client/dav/connections.ts";
import { DavServer } from "../../web/client/dav/server.ts";
import { MemoryFolder } from "../kit/memory_folder.ts";
import { needs } from "../kit/peers.ts";
import { WebdavGuest } from "../kit/webdav_guest.ts";

const MUCH = 3_000_000;
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const much = Uint8Array.from({ length: MUCH }, (_, i) => i * i >> 7);

async function run(command: string, args: string[], input = "") {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { HOME: "/nonexistent" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout, stderr, code } = await child.output();
  const text = new TextDecoder();
  return { code, bytes: stdout, out: text.decode(stdout), err: text.decode(stderr) };
}

/** A folder that is shared through a socket, as the page shares one through SPICE. */
async function share(guest: WebdavGuest, path: string, folder: MemoryFolder, writable: boolean) {
  const stream = await Deno.connect({ transport: "unix", path });
  const server = new DavServer(folder.handle, {
    writable,
    now: () => performance.now(),
    uuid: () => crypto.randomUUID(),
  });
  let sending: Promise<unknown> = Promise.resolve();
  const connections = new Connections({
    answer: (request) => server.answer(request),
    send: (bytes) => {
      const sent = sending.then(async () => {
        for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
        return bytes.length;
      }).catch(() => null);
      sending = sent;
      return sent;
    },
  });
  const over = (async () => {
    for await (const bytes of stream.readable) await connections.push(bytes.slice());
  })().catch(() => {}).finally(() => connections.reset());
  await guest.linked();
  return {
    async [Symbol.asyncDispose]() {
      try {
        stream.close();
      } catch { /* it is closed */ }
      await over;
      await sending;
    },
  };
}

Deno.test({
  name:
    "cadaver and curl use a folder through the frames of spice-webdavd, read only unless allowed",
  ...needs("cadaver", "curl"),
  async fn() {
    const place = await Deno.makeTempDir({ prefix: "folder-" });
    using _gone = { [Symbol.dispose]: () => Deno.removeSync(place, { recursive: true }) };
    await using guest = new WebdavGuest(`${place}/dav.sock`);
    const folder = new MemoryFolder();
    await folder.put("hello.txt", "hello from the browser\n");
    await folder.put("ümläut & <tag>.txt", "odd");
    await folder.put("much.bin", much);
    await (await folder.getDirectoryHandle("inner", { create: true })).put("deep.txt", "deep");
    const names = () => [...folder.entries.keys()].sort();
    const curl = (path: string, ...args: string[]) =>
      run("curl", ["-sS", "--max-time", "60", ...args, guest.address + path]);
    const status = async (path: string, ...args: string[]) =>
      (await curl(path, "-o", "/dev/null", "-w", "%{http_code}", ...args)).out;
    const cadaver = async (...lines: string[]) => {
      const { out, err } = await run("cadaver", [guest.address], [...lines, "quit", ""].join("\n"));
      return out + err;
    };

    const looking = await share(guest, `${place}/dav.sock`, folder, false);
    const list = await cadaver("ls", "cd inner", "ls", `get deep.txt ${place}/deep.txt`);
    for (
      const what of [/Coll:\s+inner/, /hello\.txt\s+23/, /much\.bin\s+3000000/, /deep\.txt\s+4/]
    ) {
      assertMatch(list, what);
    }
    assertEquals(await Deno.readTextFile(`${place}/deep.txt`), "deep");
    assertEquals((await curl("hello.txt")).out, "hello from the browser\n");
    assertEquals((await curl(encodeURIComponent("ümläut & <tag>.txt"))).out, "odd");
    assertEquals(md5((await curl("much.bin")).bytes), md5(much), "all of it");
    const part = await curl("much.bin", "-r", "1000000-1999999", "-D", "-");
    assertMatch(part.out, /^HTTP\/1\.1 206 /);
    assertMatch(part.out, /content-range: bytes 1000000-1999999\/3000000/);
    assertEquals(md5(part.bytes.slice(-1_000_000)), md5(much.slice(1_000_000, 2_000_000)));
    assertMatch((await curl("much.bin", "-I")).out, /content-length: 3000000/);
    assertMatch((await curl("", "-X", "OPTIONS", "-D", "-")).out, /dav: 1\r\n/);
    assertEquals(await status("much.bin", "-r", "9000000-"), "416");
    assertEquals(await status("nothing"), "404");
    assertEquals(await status("%2e%2e/%2e%2e/etc/passwd", "--path-as-is"), "400");
    assertEquals(await status("", "-X", "PROPFIND", "-H", "depth: infinity"), "403");
    for (
      const write of [["-T", "/etc/hostname"], ["-X", "DELETE"], ["-X", "MKCOL"], ["-X", "LOCK"]]
    ) assertEquals(await status("hello.txt", ...write), "403", `${write} is refused`);
    assertEquals(names(), ["hello.txt", "inner", "much.bin", "ümläut & <tag>.txt"]);

    await looking[Symbol.asyncDispose]();
    await using _writing = await share(guest, `${place}/dav.sock`, folder, true);
    await Deno.writeFile(`${place}/much`, much.subarray(0, 1_500_000));
    const wrote = await cadaver(
      `put ${place}/much copied.bin`,
      "mkcol made",
      "copy hello.txt made/copy.txt",
      "move copied.bin moved.bin",
      "delete much.bin",
      "lock hello.txt",
      "unlock hello.txt",
      "ls made",
    );
    assert(!/failed|error/i.test(wrote), wrote);
    assertMatch(wrote, /copy\.txt\s+23/);
    assertEquals(names(), [
      "hello.txt",
      "inner",
      "made",
      "moved.bin",
      "ümläut & <tag>.txt",
    ]);
    assertEquals(md5((await curl("moved.bin")).bytes), md5(much.subarray(0, 1_500_000)));
    const lock = `<?xml version="1.0"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope>` +
      `<locktype><write/></locktype><owner>curl</owner></lockinfo>`;
    const locked = await curl("hello.txt", "-X", "LOCK", "-H", "depth: 0", "-d", lock, "-D", "-");
    const token = /lock-token: (<urn:uuid:[^>]+>)/.exec(locked.out)![1];
    const change = ["-T", `${place}/new`];
    await Deno.writeTextFile(`${place}/new`, "changed by the guest");
    assertEquals(await status("hello.txt", ...change), "423");
    assertEquals(await status("hello.txt", ...change, "-H", `if: (${token})`), "204");
    assertEquals(await status("hello.txt", "-X", "UNLOCK", "-H", `lock-token: ${token}`), "204");
    assertEquals(await folder.read("hello.txt"), "changed by the guest");
    const chunked = ["-H", "transfer-encoding: chunked", ...change];
    assertEquals(await status("new.txt", ...chunked), "201");
    assertEquals(await status("new.txt", ...change, "-H", "if-none-match: *"), "412");
    assertEquals(await status("no/new.txt", ...change), "409");
  },
});
