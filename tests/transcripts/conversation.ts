/** A whole conversation with a real client: what it said on each connection, and what the guest felt. */
import { TICKET_ALGORITHM, TicketKey } from "../../core/link/key_pool.ts";
import type { PointerEvent } from "../kit/fake_guest.ts";
import { type Served, serveDemo } from "../kit/served.ts";

export interface Conversation {
  /** In the order in which they came: the connection's number, and bytes in hex. */
  readonly said: readonly (readonly [connection: number, bytes: string])[];
  readonly keys: readonly (readonly number[])[];
  readonly moves: readonly PointerEvent[];
}

/** Every client's later channels name it. */
const SESSION_ID = 0x5eed;

/**
 * The demo with what a recorded client answers to: the session's number, and an RSA key that
 * opens its tickets. The key stands in the repository: it is worth nothing, and nothing but these
 * transcripts was ever encrypted with it.
 */
export async function serveRecorded(): Promise<Served> {
  const jwk = JSON.parse(await Deno.readTextFile(new URL("key.json", import.meta.url)));
  const { kty, n, e } = jwk;
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", jwk, TICKET_ALGORITHM, false, ["decrypt"]),
    crypto.subtle.importKey("jwk", { kty, n, e }, TICKET_ALGORITHM, true, ["encrypt"]),
  ]);
  const key = await TicketKey.of({ privateKey, publicKey }, 0);
  const keys = { prepare: () => Promise.resolve(), take: () => Promise.resolve(key) };
  return await serveDemo({ keys, sessionId: SESSION_ID });
}
