import { assert, assertEquals, assertMatch } from "@std/assert";
import { ConsoleStage, HERE, user } from "../../kit/console_stage.ts";

const status = async (answer: Promise<Response>) => (await answer).status;

Deno.test("the page comes with a policy that allows nothing inline and nothing from elsewhere", async () => {
  const response = await new ConsoleStage().ask("GET", "/");
  assertEquals(response.status, 200);
  assertEquals(await response.text(), "<p>page");
  const policy = response.headers.get("content-security-policy")!;
  assert(policy.includes("default-src 'self'"));
  assert(policy.includes("script-src 'self' 'wasm-unsafe-eval'"));
  assert(!/unsafe-inline|'unsafe-eval'|\*|https?:/.test(policy), policy);
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("the policy comes with refusals too", async () => {
  const stage = new ConsoleStage({ control: { password: "secret" } });
  for (const path of ["/x", "/api/x", "/api/status"]) {
    const response = await stage.ask("GET", path);
    assert(response.status >= 400);
    assert(response.headers.has("content-security-policy"), path);
  }
});

Deno.test("a file that has not changed is not sent again", async () => {
  const stage = new ConsoleStage();
  const etag = (await stage.ask("GET", "/")).headers.get("etag")!;
  const response = await stage.ask("GET", "/", { headers: { "if-none-match": etag } });
  assertEquals([response.status, await response.text()], [304, ""]);
});

Deno.test("a chunk, whose name goes by what is in it, is kept for good; others are asked for anew", async () => {
  const stage = new ConsoleStage();
  const kept = async (path: string) => (await stage.ask("GET", path)).headers.get("cache-control");
  assertEquals(await kept("/"), "no-cache");
  assertEquals(await kept("/console/chunk-4QKKQHTR.js"), "max-age=31536000, immutable");
});

Deno.test("who can unpack a file gets it packed", async () => {
  const stage = new ConsoleStage(), path = "/console/chunk-4QKKQHTR.js";
  const headers = { "accept-encoding": "br, gzip" };
  const packed = await stage.ask("GET", path, { headers });
  assertEquals(packed.headers.get("content-encoding"), "gzip");
  const unpacked = packed.body!.pipeThrough(new DecompressionStream("gzip"));
  const plain = await stage.ask("GET", path);
  assertEquals(plain.headers.get("content-encoding"), null);
  assertEquals(await new Response(unpacked).text(), await plain.text());
});

Deno.test("what is none of the console's files is not found, whatever its path", async () => {
  const stage = new ConsoleStage();
  const paths = ["/x", "/../deno.json", "/%2e%2e/deno.json", "/console/", "//etc/passwd"];
  for (const path of [...paths, "/..%2fdeno.json", "/%00", "/console/..%5c..%5cdeno.json"]) {
    assertEquals(await status(stage.ask("GET", path)), 404, path);
  }
});

Deno.test("below a base path everything is, and nothing beside it", async () => {
  const stage = new ConsoleStage({ web: { path: "/vm1" }, control: { password: "secret" } });
  assertEquals(await status(stage.ask("GET", "/vm1/")), 200);
  assertEquals((await stage.ask("GET", "/vm1")).headers.get("location"), "/vm1/");
  assertEquals(await status(stage.ask("GET", "/")), 404);
  assertEquals(await status(stage.ask("GET", "/api/session")), 404);
  const response = await stage.ask("POST", "/vm1/api/session", { body: { password: "secret" } });
  assertMatch(response.headers.get("set-cookie")!, /; Path=\/vm1\/;/);
});

Deno.test("a WebSocket of the console's own page carries SPICE, one of another origin does not", async () => {
  const stage = new ConsoleStage();
  const ask = (headers: Record<string, string>, upgrade = true) =>
    status(stage.ask("GET", "/spice", { headers, upgrade }));
  assertEquals(await ask({}, false), 426);
  assertEquals(await ask({ origin: "http://evil.example" }), 403);
  assertEquals(await ask({ origin: "http://here.example:2" }), 403);
  assertEquals(await ask({ origin: "null" }), 403);
  assertEquals(await ask({ "sec-fetch-site": "cross-site" }), 403);
  assertEquals(stage.opened, []);
  assertEquals(await ask({ origin: `http://${HERE}`, "sec-fetch-site": "same-origin" }), 200);
  assertEquals(await ask({}), 200, "a program");
  assertEquals(stage.opened, [null, null], "SPICE's own rules hold");
});

Deno.test("inside TLS a page that came without it is of another origin", async () => {
  const stage = new ConsoleStage({ sender: { secure: true } });
  const ask = (origin: string) =>
    status(stage.ask("GET", "/spice", { headers: { origin }, upgrade: true }));
  assertEquals(await ask(`http://${HERE}`), 403);
  assertEquals(await ask(`https://${HERE}`), 200);
});

Deno.test("a console without a login answers to addresses, localhost and the names it is told", async () => {
  const stage = new ConsoleStage();
  const ask = (host: string) => status(stage.ask("GET", "/api/status", { headers: { host } }));
  const known = ["127.0.0.1:5980", "[::1]:5980", "localhost", "vm.localhost:1", "HERE.example"];
  for (const host of known) assertEquals(await ask(host), 200, host);
  for (const host of ["evil.example:5980", "127.0.0.1.evil.example", "localhost.evil"]) {
    assertEquals(await ask(host), 421, host);
  }
  const closed = new ConsoleStage({ control: { password: "secret" } });
  const headers = { host: "any.example" };
  assertEquals(
    await status(closed.ask("GET", "/", { headers })),
    200,
    "a rebound page cannot log in",
  );
});

Deno.test("programs get at SPICE by its own rules where SPICE clients come too", async () => {
  const stage = new ConsoleStage({ control: { password: "secret" }, sender: { spice: true } });
  const upgrade = true;
  assertEquals(await status(stage.ask("GET", "/websockify", { upgrade })), 200);
  const headers = { origin: "http://elsewhere.example" };
  assertEquals(await status(stage.ask("GET", "/", { upgrade, headers })), 200, "a ticket is asked");
  assertEquals(stage.opened, [null, null]);
  assertEquals(await status(stage.ask("GET", "/spice", { upgrade })), 401, "the console's own");
  const sender = { spice: false };
  assertEquals(await status(stage.ask("GET", "/websockify", { upgrade, sender })), 404);
});

Deno.test("where SPICE asks for nothing, pages of other machines get no WebSocket", async () => {
  const stage = new ConsoleStage({ sender: { spice: true } });
  const ask = (origin: string) =>
    status(stage.ask("GET", "/", { headers: { origin }, upgrade: true }));
  assertEquals(await ask("http://evil.example"), 403);
  assertEquals(await ask("null"), 403);
  assertEquals(await ask("http://here.example:8000"), 200, "spice-html5 of the same machine");
  const users = [await user("ann", "admin")];
  const closed = new ConsoleStage({ sender: { spice: true }, web: { users } });
  const headers = { host: "rebound.example", origin: "http://rebound.example" };
  assertEquals(await status(closed.ask("GET", "/", { headers, upgrade: true })), 421);
});

Deno.test("a page asked for in the clear from elsewhere is given inside TLS, where there is TLS", async () => {
  const sender = { local: false, private: false, address: "192.0.2.1" };
  const stage = new ConsoleStage({ tlsPort: 5981, sender, control: { password: "secret" } });
  const response = await stage.ask("GET", "/");
  assertEquals(response.status, 307);
  assertEquals(response.headers.get("location"), "https://here.example:5981/");
  assertEquals(await status(stage.ask("GET", "/", { sender: { private: true } })), 200);
});

Deno.test("a fault of ours is told as one, and what it was stays in the log", async () => {
  const control = {
    clients: () => {
      throw new Error("boom");
    },
  };
  const stage = new ConsoleStage({ control });
  const response = await stage.ask("GET", "/api/clients");
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("boom"));
  assertMatch(`${stage.log.of("console-failed")[0].stack}`, /boom/);
});
