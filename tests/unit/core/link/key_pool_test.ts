import { assert, assertEquals } from "@std/assert";
import { encryptTicket } from "../../../../core/link/connect.ts";
import { KeyPool } from "../../../../core/link/key_pool.ts";

/** Waits until the background has made a key. */
async function until<T>(get: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let i = 0; i < 500; i++) {
    const value = await get();
    if (good(value)) return value;
    await new Promise((wake) => setTimeout(wake, 10));
  }
  throw new Error("It did not happen");
}

Deno.test("a key serves a bounded number of links, then a spare takes over", async () => {
  const pool = new KeyPool({ now: () => 0, linksPerKey: 3 });
  await pool.prepare();
  const first = await pool.take();
  assertEquals(await pool.take(), first);
  assertEquals(await pool.take(), first);
  const second = await until(() => pool.take(), (key) => key !== first);
  assert(first.links >= 3);
  assert(second.spki.length === 162);
});

Deno.test("a key serves for a bounded time", async () => {
  let now = 0;
  const pool = new KeyPool({ now: () => now });
  const first = await pool.take();
  now = 59_999;
  assertEquals(await pool.take(), first);
  now = 60_000;
  assert(await until(() => pool.take(), (key) => key !== first));
});

Deno.test("links never wait for a key to be made while there is one", async () => {
  const pool = new KeyPool({ now: () => 0, linksPerKey: 1 });
  await pool.prepare();
  const keys = new Set();
  // 2000 links in one go: making keys for all would take 40 s
  for (let i = 0; i < 2000; i++) keys.add(await pool.take());
  assert(keys.size < 200);
});

Deno.test("a key decrypts what was encrypted for it, once, and nothing else", async () => {
  const pool = new KeyPool({ now: () => 0, linksPerKey: 1 });
  const key = await pool.take();
  const other = await until(() => pool.take(), (taken) => taken !== key);
  const ticket = new Uint8Array(await encryptTicket(key.spki, "sesame"));
  assertEquals(await other.decrypt(ticket), null);
  assertEquals(new TextDecoder().decode(await key.decrypt(ticket) ?? undefined), "sesame\0");
  assertEquals(await key.decrypt(ticket), null);
  assertEquals(await key.decrypt(new Uint8Array(128).fill(255)), null);
  assertEquals(await key.decrypt(new Uint8Array(128)), null);
});
