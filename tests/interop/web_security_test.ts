/** The console as an attacker meets it, over real sockets. What was seen is in .github/SECURITY.md. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connectLink } from "../../core/link/connect.ts";
import { hashPassword } from "../../core/link/hashed.ts";
import { LinkRefused } from "../../core/link/handshake.ts";
import { ChannelType } from "../../core/protocol/link.ts";
import { defaultWeb } from "../../mod.ts";
import { WebSocketDuplex } from "../kit/web_socket.ts";
import { startAppliance, type TestAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { closeCode, request, say, statusOf, upgrade, writeAll } from "../kit/raw_http.ts";

interface Stage extends AsyncDisposable {
  readonly served: TestAppliance;
  readonly port: number;
  readonly url: string;
}

const users = [{ name: "ann", role: "admin" as const, scram: await scram("sesame") }];

async function scram(password: string) {
  const [, iterations, salt, storedKey, serverKey] = /^SCRAM-SHA-256\$(\d+):(.+)\$(.+):(.+)$/.exec(
    await hashPassword(password, 4096),
  )!;
  const bytes = (text: string) => Uint8Array.fromBase64(text);
  return {
    iterations: Number(iterations),
    salt: bytes(salt),
    storedKey: bytes(storedKey),
    serverKey: bytes(serverKey),
  };
}

/** The demo desktop behind a password and a user. */
async function start(): Promise<Stage> {
  const served = await startAppliance({
    tickets: { disabled: false, password: "secret", expires: null },
    web: { ...defaultWeb, port: 0, users },
  }, "debug");
  const url = served.appliance.console!;
  return {
    served,
    url,
    port: Number(new URL(url).port),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

async function login(url: string, body: unknown): Promise<{ cookie: string; csrf: string }> {
  const response = await fetch(`${url}api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { csrf } = await response.json();
  assertEquals(response.status, 200);
  return { cookie: response.headers.get("set-cookie")!.split(";")[0], csrf };
}

async function assertLives(url: string): Promise<void> {
  assertEquals(await (await fetch(`${url}healthz`)).text(), "ok\n");
}

const link = { channelType: ChannelType.main };

Deno.test("a WebSocket needs the cookie and the right origin; with them no ticket is asked for", async () => {
  await using stage = await start();
  const { port, url } = stage;
  const { cookie, csrf } = await login(url, { password: "secret" });
  const status = async (...headers: string[]) =>
    statusOf(await say(port, upgrade("/spice", ...headers)));
  assertEquals(await status(), 401, "missing cookie");
  assertEquals(await status("Cookie: spice-1=x"), 401, "somebody else's cookie");
  assertEquals(await status(`Cookie: ${cookie}x`), 401, "a wrong cookie");
  for (const origin of ["http://evil.example", `http://127.0.0.1:${port}`, "null"]) {
    assertEquals(await status(`Cookie: ${cookie}`, `Origin: ${origin}`), 403, origin);
  }
  // SPEC: Deno's WebSocket takes headers, and the browser's types, which are here too, know of none
  const options = { protocols: ["binary"], headers: { cookie } } as never;
  const socket = new WebSocket(`${url.replace("http", "ws")}spice`, options);
  await new Promise((open, fail) => [socket.onopen, socket.onerror] = [open, fail]);
  const duplex = new WebSocketDuplex(socket);
  await connectLink(duplex, { ...link, password: "" });
  await eventually(() => stage.served.appliance.clients === 1, "the client is there");
  await fetch(`${url}api/session`, { method: "DELETE", headers: { cookie, "x-csrf-token": csrf } });
  await eventually(() => stage.served.appliance.clients === 0, "it went with its login");
  assertEquals(await status(`Cookie: ${cookie}`), 401, "the cookie is worth nothing any more");
  duplex.close();
});

Deno.test("without a console, too, pages of other machines get no SPICE that asks for nothing", async () => {
  const opens = (port: number, headers: Record<string, string>) => {
    const options = { protocols: ["binary"], headers } as never;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, options);
    return new Promise<boolean>((seen) => {
      socket.onopen = () => (socket.close(), seen(true));
      socket.onerror = () => seen(false);
    });
  };
  await using open = await startAppliance();
  assertEquals(await opens(open.port, { origin: "http://evil.example" }), false);
  assertEquals(await opens(open.port, { origin: "null" }), false);
  const rebound = upgrade("/", "Origin: http://evil.example").replace("127.0.0.1", "evil.example");
  assertEquals(statusOf(await say(open.port, rebound)), 403, "its name points here");
  assertEquals(await opens(open.port, { origin: "http://127.0.0.1:8000" }), true, "spice-html5");
  assertEquals(await opens(open.port, {}), true, "a program");
  const tickets = { disabled: false, password: "secret", expires: null };
  await using asks = await startAppliance({ tickets });
  assertEquals(await opens(asks.port, { origin: "http://elsewhere.example" }), true);
});

Deno.test("a ticket for once that is shown again is refused", async () => {
  await using stage = await start();
  const { cookie } = await login(stage.url, { password: "secret" });
  const text = await (await fetch(`${stage.url}api/viewer.vv`, { headers: { cookie } })).text();
  const password = /^password=(.*)$/m.exec(text)![1];
  const tryIt = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${stage.served.port}/`, "binary");
    await new Promise((open, fail) => [socket.onopen, socket.onerror] = [open, fail]);
    const duplex = new WebSocketDuplex(socket);
    try {
      await connectLink(duplex, { ...link, password });
      return "in";
    } catch (error) {
      return error instanceof LinkRefused ? error.code : `${error}`;
    } finally {
      duplex.close();
    }
  };
  assertEquals([await tryIt(), await tryIt()], ["in", "permissionDenied"]);
});

Deno.test({
  name: "spicy-screenshot comes in once with the ticket of a .vv file",
  ...needs("spicy-screenshot"),
  async fn() {
    await using stage = await start();
    const { cookie } = await login(stage.url, { user: "ann", password: "sesame" });
    const text = await (await fetch(`${stage.url}api/viewer.vv`, { headers: { cookie } })).text();
    const password = /^password=(.*)$/m.exec(text)![1];
    const file = await Deno.makeTempFile({ suffix: ".ppm" });
    const args = ["-h", "127.0.0.1", "-p", `${stage.served.port}`, "-w", password, "-o", file];
    await run("spicy-screenshot", args, { seconds: 60 });
    assert((await Deno.stat(file)).size > 1000);
    const { code } = await run("spicy-screenshot", args, { fails: true, seconds: 60 });
    assertEquals(code === 0, false);
    assertMatch(stage.served.log.join("\n"), /"client-connected".*"identity":"ann"/);
    await Deno.remove(file);
  },
});

Deno.test("oversized and malformed WebSocket messages end their connection and nothing else", async () => {
  await using stage = await start();
  const { cookie } = await login(stage.url, { password: "secret" });
  const head = new TextEncoder().encode(upgrade("/spice", `Cookie: ${cookie}`));
  const after = async (...bytes: number[]) => {
    const heard = await say(stage.port, Uint8Array.from([...head, ...bytes]));
    assertEquals(statusOf(heard), 101);
    return closeCode(heard);
  };
  const mask = [0, 0, 0, 0];
  assertEquals(await after(0x82, 5, 1, 2, 3, 4, 5), 1002, "not masked");
  assertEquals(await after(0xc2, 0x80, ...mask), 1002, "reserved bits");
  assertEquals(await after(0x83, 0x80, ...mask), 1002, "an opcode that there is not");
  assertEquals(await after(0x80, 0x81, ...mask, 1), 1002, "goes on with nothing");
  assertEquals(await after(0x89, 0xfe, 0, 126, ...mask), 1002, "a long ping");
  assertEquals(await after(0x82, 0xfe, 0, 5, ...mask), 1002, "not the shortest length");
  assertEquals(await after(0x82, 0xff, 0, 0, 0, 0, 5, 0, 0, 0, ...mask), 1009, "80 MiB");
  assertEquals(await after(0x82, 0xff, 255, 255, 255, 255, 0, 0, 0, 0, ...mask), 1009, "16 EiB");
  assertEquals(await after(0x81, 0x81, ...mask, 65), 1003, "text");
  // well-framed, and no SPICE
  const junk = Array.from({ length: 125 }, (_, i) => i);
  assertEquals(await after(0x82, 0x80 | 125, ...mask, ...junk) !== 101, true);
  await assertLives(stage.url);
  assertEquals(stage.served.log.filter((line) => line.includes('"level":"error"')), []);
});

Deno.test("no path leads out of the console, whatever it is written in", async () => {
  await using stage = await start();
  const targets = [
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/console/../../deno.json",
    "/console/%2e%2e/%2e%2e/deno.json",
    "/console/..%5c..%5cdeno.json",
    "//etc/passwd",
    "/%00/etc/passwd",
    "/console/console.css%00.png",
    "/./deno.json",
  ];
  for (const target of targets) {
    const heard = await say(stage.port, request("GET", target));
    assertEquals(statusOf(heard), 404, `${target}: ${heard.slice(0, 100)}`);
    assert(!/root:|"tasks"/.test(heard), target);
  }
  for (const target of ["http://127.0.0.1/", "file:///etc/passwd", "*", "etc/passwd"]) {
    const heard = await say(stage.port, request("GET", target));
    assertEquals(statusOf(heard), 400, `${target}: ${heard.slice(0, 100)}`);
  }
});

Deno.test("requests that two readers could read differently are refused", async () => {
  await using stage = await start();
  const get = request("GET", "/");
  const bad: Record<string, string> = {
    "two lengths": request("POST", "/api/session", "Content-Length: 3", "Content-Length: 4"),
    "a length and chunks": request(
      "POST",
      "/api/session",
      "Content-Length: 3",
      "Transfer-Encoding: chunked",
    ),
    "two hosts": get.replace("Host:", "Host: a.example\r\nHost:"),
    "a host that is none": get.replace("127.0.0.1", "a/../b"),
    "no host": get.replace(/Host:.*\r\n/, ""),
    "a folded line": get.replace("Connection", "X: 1\r\n 2\r\nConnection"),
    "a space before the colon": get.replace("Host:", "Host :"),
    "bare line feeds": get.replaceAll("\r\n", "\n"),
    "a NUL": get.replace("Connection", "X: a\0b\r\nConnection"),
    "HTTP/0.9": "GET /\r\n\r\n",
    "a method that there is not": get.replace("GET", "GETT"),
    "HTTP/2": "GET / HTTP/2.0\r\n\r\n",
  };
  for (const [name, text] of Object.entries(bad)) {
    const heard = await say(stage.port, text);
    assertEquals(statusOf(heard), 400, `${name}: ${heard.slice(0, 100)}`);
  }
  const long = request("GET", "/", `X: ${"x".repeat(20_000)}`);
  assertEquals(statusOf(await say(stage.port, long)), 431);
  const body = "x".repeat(40_000);
  const big = request("POST", "/api/session", `Content-Length: ${body.length}`) + body;
  assertEquals(statusOf(await say(stage.port, big)), 413);
  await assertLives(stage.url);
});

Deno.test("what comes in a request comes out in no header", async () => {
  await using stage = await start();
  const inject = "%0d%0aSet-Cookie:%20evil=1";
  for (
    const target of [`/${inject}`, `/api/${inject}`, `/api/clients/1${inject}`, `/?x=${inject}`]
  ) {
    const heard = await say(stage.port, request("GET", target, "X-Forwarded-For: 1\t2"));
    assert(!/^set-cookie/im.test(heard.split("\r\n\r\n")[0]), target);
  }
  const heard = await say(stage.port, request("GET", "/", "X-Forwarded-Host: evil.example"));
  assert(!heard.includes("evil.example"));
});

Deno.test("of 10 000 wrong passwords few are looked at, and none is logged", async () => {
  await using stage = await start();
  const seen: Record<number, number> = {};
  const attempt = async (body: unknown) => {
    const response = await fetch(`${stage.url}api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await response.body?.cancel();
    seen[response.status] = (seen[response.status] ?? 0) + 1;
  };
  const begun = performance.now();
  let n = 0;
  const guess = async () => {
    while (n < 10_000) {
      n++;
      await attempt(n % 2 === 0 ? { password: `w${n}` } : { user: "ann", password: `w${n}` });
    }
  };
  await Promise.all(Array.from({ length: 32 }, guess));
  const seconds = (performance.now() - begun) / 1000;
  console.log(`10 000 wrong passwords in ${seconds.toFixed(1)} s: ${JSON.stringify(seen)}`);
  assertEquals(Object.keys(seen), ["401", "429"]);
  // four are free, four may be under way meanwhile, then pauses of 0.25 s, 0.5 s, …, 30 s
  assert(seen[401] < 24 + seconds / 30, `${seen[401]} were looked at in ${seconds} s`);
  assert(!/"w\d+"|secret|sesame/.test(stage.served.log.join()), "no password is logged");
});

Deno.test({
  name: "while one address guesses, people of another come in",
  ...needs("curl"),
  async fn() {
    await using stage = await start();
    const login = (from: string, password: string) => {
      const what = ["-H", "content-type: application/json", "-d", JSON.stringify({ password })];
      const how = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", from];
      return run("curl", [...how, ...what, `${stage.url}api/session`], {});
    };
    let out = "";
    for (let i = 0; i < 40 && out !== "429"; i++) ({ out } = await login("127.0.0.1", `w${i}`));
    assertEquals(out, "429");
    assertEquals((await login("127.0.0.1", "secret")).out, "429", "the right one, from there");
    assertEquals((await login("127.0.0.2", "secret")).out, "200");
  },
});

Deno.test("who sends requests and reads no answer is ended before they pile up", async () => {
  await using stage = await start();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: stage.port });
  const many = new TextEncoder().encode(
    "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(1000),
  );
  let sent = 0;
  try {
    for (; sent < 64 << 20; sent += many.length) await writeAll(conn, many);
  } catch { /* it was reset */ }
  assert(sent < 64 << 20, "the connection is taken from for ever");
  await assertLives(stage.url);
});

Deno.test("who sends a request drop by drop is thrown out, and others are served meanwhile", async () => {
  await using stage = await start();
  const open: Deno.TcpConn[] = [];
  let ended = 0;
  for (let i = 0; i < 200; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: stage.port });
    open.push(conn);
    (async () => {
      try {
        await writeAll(conn, new TextEncoder().encode("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
        while (await conn.read(new Uint8Array(1024)) !== null);
      } catch { /* it was reset */ }
      ended++;
    })();
  }
  const drops = setInterval(() => {
    for (const conn of open) writeAll(conn, new TextEncoder().encode("X")).catch(() => {});
  }, 500);
  try {
    // 128 may wait from one address: the first went when the others came
    await eventually(() => ended >= 72, "those that came first make room");
    await assertLives(stage.url);
    await eventually(() => ended === 200, "none stays beyond its time", 60);
    await assertLives(stage.url);
  } finally {
    clearInterval(drops);
    for (const conn of open) {
      try {
        conn.close();
      } catch { /* closed before */ }
    }
  }
});
