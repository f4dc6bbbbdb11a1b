import { assertEquals } from "@std/assert";
import { TicketKey } from "../../../../core/link/key_pool.ts";

/** Tickets whose number begins with so many zero bytes, as spice-html5 writes them: moved to the front. */
async function moved(key: TicketKey, zeros: number): Promise<Uint8Array<ArrayBuffer>> {
  const hash = { name: "RSA-OAEP", hash: "SHA-1" };
  const publicKey = await crypto.subtle.importKey("spki", new Uint8Array(key.spki), hash, false, [
    "encrypt",
  ]);
  const secret = new TextEncoder().encode("secret\0");
  for (;;) {
    const proper = new Uint8Array(await crypto.subtle.encrypt(hash, publicKey, secret));
    if (proper.subarray(0, zeros).some((byte) => byte !== 0)) continue;
    const ticket = new Uint8Array(proper.length);
    ticket.set(proper.subarray(zeros));
    return ticket;
  }
}

Deno.test("ticket that lost its leading zero, as spice-html5's do, is understood once", async () => {
  const key = await TicketKey.make(0);
  const ticket = await moved(key, 1);
  const plain = await key.decrypt(ticket);
  assertEquals(new TextDecoder().decode(plain!), "secret\0");
  assertEquals(await key.decrypt(ticket), null);
});

Deno.test("ticket of zeros is refused, however often it is moved", async () => {
  const key = await TicketKey.make(0);
  assertEquals(await key.decrypt(new Uint8Array(128)), null);
});
