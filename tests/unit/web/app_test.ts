import { assert, assertEquals } from "@std/assert";
import { createWeb } from "../../../web/app.ts";

const files = new Map([
  ["/", { type: "text/html; charset=utf-8", bytes: new TextEncoder().encode("<p>page") }],
]);
const upgrade = { upgrade: "websocket", connection: "Upgrade", host: "here:1" };

function stage() {
  const asked: Request[] = [];
  const app = createWeb({
    files,
    spice(request) {
      asked.push(request);
      return new Response("upgraded");
    },
  });
  return { app, asked };
}

Deno.test("the page comes with a policy that allows nothing inline and nothing from elsewhere", async () => {
  const { app } = stage();
  const response = await app.request("/");
  assertEquals(response.status, 200);
  assertEquals(await response.text(), "<p>page");
  const policy = response.headers.get("content-security-policy")!;
  assert(policy.includes("default-src 'self'"));
  assert(policy.includes("script-src 'self' 'wasm-unsafe-eval'"));
  assert(!/unsafe-inline|'unsafe-eval'|\*|https?:/.test(policy), policy);
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("a file that has not changed is not sent again", async () => {
  const { app } = stage();
  const etag = (await app.request("/")).headers.get("etag")!;
  const response = await app.request("/", { headers: { "if-none-match": etag } });
  assertEquals([response.status, await response.text()], [304, ""]);
});

Deno.test("what is none of the console's files is not found, whatever its path", async () => {
  const { app } = stage();
  for (const path of ["/x", "/../deno.json", "/%2e%2e/deno.json", "/console/", "//etc/passwd"]) {
    assertEquals((await app.request(path)).status, 404, path);
  }
});

Deno.test("a WebSocket of the console's own page carries SPICE, one of another origin does not", async () => {
  const { app, asked } = stage();
  const ask = async (headers: Record<string, string>) =>
    (await app.request("/spice", { headers })).status;
  assertEquals(await ask({ host: "here:1" }), 426);
  assertEquals(await ask({ ...upgrade, origin: "http://evil.example" }), 403);
  assertEquals(await ask({ ...upgrade, origin: "http://here:2" }), 403);
  assertEquals(await ask({ ...upgrade, origin: "null" }), 403);
  assertEquals(asked.length, 0);
  assertEquals(await ask({ ...upgrade, origin: "http://here:1" }), 200);
  assertEquals(await ask(upgrade), 200, "a program");
  assertEquals(asked.length, 2);
});
