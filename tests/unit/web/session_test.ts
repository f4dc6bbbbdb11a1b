import { assert, assertEquals, assertMatch } from "@std/assert";
import { scramKeys } from "../../../core/link/scram.ts";
import { ConsoleStage, HERE, user } from "../../kit/console_stage.ts";
import { iterationsOf } from "../../kit/hashing.ts";

const withTicket = { control: { password: "secret" } };

Deno.test("who knows the SPICE password logs in with it, and its WebSocket is vouched for", async () => {
  const stage = new ConsoleStage(withTicket);
  assertEquals((await (await stage.ask("GET", "/api/session")).json()).login, "needed");
  assertEquals((await stage.ask("GET", "/spice", { upgrade: true })).status, 401);
  const response = await stage.login({ password: "secret" });
  assertEquals(response.status, 200);
  const { login, ways, user, role } = await response.json();
  assertEquals([login, ways, user, role], ["done", ["ticket"], null, "operator"]);
  assertMatch(
    response.headers.get("set-cookie")!,
    /^spice-5980=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  assertEquals((await stage.ask("GET", "/spice", { upgrade: true })).status, 200);
  assertEquals(stage.opened[0]!.viewOnly, false);
  assert(!stage.cookie!.includes(stage.opened[0]!.login), "what it is called tells no cookie");
});

Deno.test("inside TLS the cookie is for TLS only", async () => {
  const stage = new ConsoleStage({ ...withTicket, sender: { secure: true } });
  const headers = { origin: `https://${HERE}` };
  const body = { password: "secret" };
  const response = await stage.ask("POST", "/api/session", { body, headers });
  assertMatch(response.headers.get("set-cookie")!, /; Secure$/);
});

Deno.test("a password is not taken where others can read along", async () => {
  const sender = { private: false, local: false, address: "192.0.2.1" };
  const stage = new ConsoleStage({ ...withTicket, sender });
  const response = await stage.login({ password: "secret" });
  assertEquals([response.status, (await response.json()).error], [403, "not-private"]);
});

Deno.test("a user's role is what the configuration says, and a viewer's session only looks", async () => {
  const users = [await user("ann", "admin"), await user("bob", "viewer")];
  const stage = new ConsoleStage({ web: { users } });
  const login = async (user: string, password: string) => {
    const response = await stage.login({ user, password });
    return [response.status, (await response.json()).role];
  };
  assertEquals(await login("ann", "sesame"), [200, "admin"]);
  await stage.ask("GET", "/spice", { upgrade: true });
  assertEquals(await login("bob", "sesame"), [200, "viewer"]);
  await stage.ask("GET", "/spice", { upgrade: true });
  assertEquals(
    stage.opened.map((voucher) => [voucher!.identity, voucher!.viewOnly]),
    [["ann", false], ["bob", true]],
  );
  assertEquals(await login("ann", "wrong"), [401, undefined]);
  assertEquals(await login("eve", "sesame"), [401, undefined]);
  assertEquals((await stage.login({ password: "sesame" })).status, 401, "there is no ticket");
});

Deno.test("the users of SASL log in too, whatever is kept of their password", async () => {
  const { scram } = await user("bob", "viewer");
  const sasl = {
    users: [
      { name: "ann", secret: { password: "plain" } },
      { name: "bob", secret: { scram } },
    ],
  };
  const stage = new ConsoleStage({ sasl, control: { tickets: null } });
  assertEquals((await stage.login({ user: "ann", password: "plain" })).status, 200);
  assertEquals((await stage.login({ user: "bob", password: "sesame" })).status, 200);
  assertEquals((await stage.login({ user: "ann", password: "sesame" })).status, 401);
});

Deno.test("a wrong password takes as much hashing whoever it is said to be of, or of nobody", async () => {
  const kept = async (iterations: number) =>
    await scramKeys("sesame", new Uint8Array(16), iterations);
  const users = [{ name: "ann", role: "admin" as const, scram: await kept(5000) }];
  const sasl = {
    users: [
      { name: "bob", secret: { password: "plain" } },
      { name: "carl", secret: { scram: await kept(9000) } },
      { name: "dora", secret: { scram: await kept(4096) } },
    ],
  };
  for (const name of ["ann", "bob", "carl", "dora", "nobody"]) {
    const stage = new ConsoleStage({ sasl, web: { users }, control: { tickets: null } });
    const taken = await iterationsOf(() => stage.login({ user: name, password: "wrong" }));
    assertEquals(taken, 9000, name);
  }
});

Deno.test("a login ends when it is not used, and in any case", async () => {
  const stage = new ConsoleStage({ ...withTicket, web: { idleMinutes: 10, sessionHours: 1 } });
  const status = async () => (await stage.ask("GET", "/api/status")).status;
  await stage.login({ password: "secret" });
  for (let i = 0; i < 6; i++) {
    stage.nowMs += 9 * 60_000;
    assertEquals(await status(), 200);
  }
  stage.nowMs += 7 * 60_000;
  assertEquals(await status(), 401, "one hour");
  await stage.login({ password: "secret" });
  stage.nowMs += 10 * 60_000;
  assertEquals(await status(), 401, "ten minutes");
  assertEquals(stage.control.gone.length, 2, "what they vouched for went too");
});

Deno.test("logging out ends the login and what it vouched for; the cookie is worth nothing", async () => {
  const stage = new ConsoleStage(withTicket);
  await stage.login({ password: "secret" });
  await stage.ask("GET", "/spice", { upgrade: true });
  const { cookie } = stage;
  const response = await stage.ask("DELETE", "/api/session");
  assertMatch(response.headers.get("set-cookie")!, /Max-Age=0/);
  assertEquals(stage.control.gone, [stage.opened[0]!.login]);
  stage.cookie = cookie;
  assertEquals((await stage.ask("GET", "/api/status")).status, 401);
  assertEquals((await stage.ask("GET", "/spice", { upgrade: true })).status, 401);
});

Deno.test("a new login of the same browser ends the one before", async () => {
  const stage = new ConsoleStage(withTicket);
  await stage.login({ password: "secret" });
  await stage.login({ password: "secret" });
  assertEquals(stage.logins.size, 1);
});

Deno.test("a change needs the login's csrf, and a page of the same origin", async () => {
  const users = [await user("ann", "admin")];
  const stage = new ConsoleStage({ ...withTicket, web: { users } });
  await stage.login({ user: "ann", password: "sesame" });
  const put = async (headers: Record<string, string>) => {
    const body = { password: "new" };
    const response = await stage.ask("PUT", "/api/ticket", { body, headers });
    return [response.status, response.ok || (await response.json()).error];
  };
  assertEquals(await put({ "x-csrf-token": "" }), [403, "csrf"]);
  assertEquals(await put({ "x-csrf-token": "x".repeat(43) }), [403, "csrf"]);
  assertEquals(await put({ origin: "http://evil.example" }), [403, "wrong-origin"]);
  assertEquals(await put({ origin: "null" }), [403, "wrong-origin"]);
  assertEquals(await put({ "sec-fetch-site": "same-site" }), [403, "wrong-origin"]);
  assertEquals(await put({ "content-type": "text/plain" }), [415, "json-only"]);
  assertEquals(await put({}), [200, true]);
});

Deno.test("no request of another origin is answered, where nobody logs in neither", async () => {
  const stage = new ConsoleStage();
  for (const path of ["/api/status", "/api/displays/0/screenshot.png", "/metrics"]) {
    const headers = { "sec-fetch-site": "cross-site" };
    assertEquals((await stage.ask("GET", path, { headers })).status, 403, path);
  }
  const headers = { origin: "http://evil.example" };
  const response = await stage.ask("POST", "/api/ticket/once", { headers });
  assertEquals(response.status, 403);
});

Deno.test("a token opens what its role may, without cookie or csrf", async () => {
  const sha256 = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const tokens = [{ name: "grafana", role: "viewer" as const, sha256: await sha256("t-o-k-e-n") }];
  const stage = new ConsoleStage({ ...withTicket, web: { tokens } });
  const ask = async (method: string, path: string, token: string) =>
    (await stage.ask(method, path, { headers: { authorization: `Bearer ${token}` } })).status;
  assertEquals(await ask("GET", "/metrics", "t-o-k-e-n"), 200);
  assertEquals(await ask("GET", "/metrics", "t-o-k-e-m"), 401);
  assertEquals(await ask("GET", "/metrics", ""), 401);
  assertEquals(await ask("DELETE", "/api/ticket", "t-o-k-e-n"), 403);
  const headers = { authorization: "Bearer t-o-k-e-n" };
  assertEquals((await stage.ask("GET", "/spice", { headers, upgrade: true })).status, 200);
  assertEquals(stage.opened[0]?.identity, "grafana");
  assertEquals(stage.opened[0]?.viewOnly, true);
  const basic = { authorization: "Basic YTpi" };
  assertEquals((await stage.ask("GET", "/metrics", { headers: basic })).status, 401);
  // a proxy's own login, beside a cookie of ours
  assertEquals((await stage.ask("GET", "/api/session", { headers: basic })).status, 200);
  await stage.login({ password: "secret" });
  assertEquals((await stage.ask("GET", "/metrics", { headers: basic })).status, 200);
  const wrong = { authorization: "bearer" };
  assertEquals((await stage.ask("GET", "/metrics", { headers: wrong })).status, 401);
});

Deno.test("of 10 000 wrong passwords few are looked at, and the right one gets in again after a pause", async () => {
  const stage = new ConsoleStage(withTicket);
  const seen: Record<number, number> = {};
  const wrong = (i: number) => stage.ask("POST", "/api/session", { body: { password: `w${i}` } });
  for (let i = 0; i < 10_000; i++) {
    const { status } = await wrong(i);
    seen[status] = (seen[status] ?? 0) + 1;
    stage.nowMs += 1;
  }
  assertEquals(Object.keys(seen), ["401", "429"]);
  // 10 s of trying, and what the console itself made it wait
  assert(seen[401] < 20, `${seen[401]} were looked at`);
  assertEquals(seen[401] + seen[429], 10_000);
  const refused = await stage.ask("POST", "/api/session", { body: { password: "secret" } });
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "30"]);
  const elsewhere = { address: "127.0.0.2" };
  const body = { password: "secret" };
  const other = await stage.ask("POST", "/api/session", { body, sender: elsewhere });
  assertEquals(other.status, 200, "other people are not kept out");
  stage.nowMs += 31_000;
  assertEquals((await stage.login(body)).status, 200);
});

Deno.test("passwords reach neither the log nor an answer", async () => {
  const users = [await user("ann", "admin")];
  const stage = new ConsoleStage({ ...withTicket, web: { users } });
  const said: string[] = [];
  for (const password of ["hunter2-wrong", "secret"]) {
    said.push(await (await stage.login({ password })).text());
  }
  said.push(await (await stage.login({ user: "ann", password: "hunter2-wrong" })).text());
  said.push(await (await stage.ask("POST", "/api/session", { body: '{"password":' })).text());
  const all = said.join() + JSON.stringify(stage.log.lines);
  assert(!/hunter2|secret/.test(all), all);
});

Deno.test("malformed bodies are told what is wrong with them", async () => {
  const stage = new ConsoleStage(withTicket);
  const ask = async (body: string) => {
    const response = await stage.ask("POST", "/api/session", { body });
    return [response.status, (await response.json()).message];
  };
  assertEquals(await ask("{"), [400, "The body is no JSON"]);
  assertEquals((await ask("[]"))[0], 400);
  assertEquals((await ask('{"password":1}'))[0], 400);
  assertMatch(`${(await ask('{"user":"a"}'))[1]}`, /^password: /);
  assertEquals((await ask(`{"password":"${"x".repeat(2000)}"}`))[0], 400);
  assertEquals((await ask(`{"password":"${"x".repeat(20_000)}"}`))[0], 413);
});

Deno.test("more than four attempts of an address at the same time are refused, unchecked", async () => {
  const stage = new ConsoleStage(withTicket);
  const all = Array.from({ length: 6 }, () =>
    stage.ask("POST", "/api/session", {
      body: { password: "secret" },
    }));
  const seen = (await Promise.all(all)).map(({ status }) => status);
  assertEquals(seen.toSorted(), [200, 200, 200, 200, 429, 429]);
  assertEquals((await stage.login({ password: "secret" })).status, 200);
});

Deno.test("with new users those who are gone or have another password or role are logged out", async () => {
  const users = [await user("ann", "admin"), await user("bob", "operator")];
  const ann = new ConsoleStage({ ...withTicket, web: { users } });
  await ann.login({ user: "ann", password: "sesame" });
  const status = async () => (await ann.ask("GET", "/api/status")).status;
  ann.logins.keep(ann.accounts.use({ users: [users[0]], tokens: [], sasl: null }));
  assertEquals(await status(), 200, "bob is gone, ann is not");
  const viewer = [await user("ann", "viewer")];
  ann.logins.keep(ann.accounts.use({ users: viewer, tokens: [], sasl: null }));
  assertEquals([await status(), ann.control.gone.length], [401, 1]);
  ann.cookie = null;
  assertEquals(
    (await (await ann.login({ user: "ann", password: "sesame" })).json()).role,
    "viewer",
  );
});

Deno.test("a console without a login asks for one from the moment on that SPICE asks for a password", async () => {
  const stage = new ConsoleStage();
  const status = async () => (await stage.ask("GET", "/api/status")).status;
  assertEquals(await status(), 200);
  const { tickets } = stage.control;
  tickets!.required = true;
  assertEquals(await status(), 401);
  tickets!.setTicket("new");
  assertEquals((await stage.login({ password: "new" })).status, 200);
  assertEquals(await status(), 200);
});
