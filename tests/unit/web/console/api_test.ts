import { assertEquals, assertRejects } from "@std/assert";
import { Api } from "../../../../web/console/api.ts";

Deno.test("a server that takes what it is asked and never answers is not waited for", async () => {
  const before = globalThis.fetch, asked: string[] = [];
  globalThis.fetch = (url, what) => {
    asked.push(`${url}`);
    const { promise, reject } = Promise.withResolvers<Response>();
    what?.signal?.addEventListener("abort", () => reject(what.signal!.reason));
    return promise;
  };
  // a test that waits has something to wait for
  const alive = setInterval(() => {}, 1000);
  try {
    const api = new Api(20);
    for (const ask of [() => api.hello(), () => api.clients()]) {
      await assertRejects(ask, TypeError, "The server has not answered within 0.02 s");
    }
    assertEquals(asked, ["api/session", "api/clients"]);
  } finally {
    clearInterval(alive);
    globalThis.fetch = before;
  }
});
