/** What a configuration keeps of secrets instead of themselves. */
import { scramKeys } from "./scram.ts";

/** OWASP's advice for PBKDF2 with SHA-256; it takes about 0.15 s of a core. */
const ITERATIONS = 600_000;

const base64 = (bytes: Uint8Array) => bytes.toBase64();

/** A password as `user` of `[web]` and of `[sasl]` take it: `SCRAM-SHA-256$600000:salt$StoredKey:ServerKey`. */
export async function hashPassword(password: string, iterations = ITERATIONS): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const { storedKey, serverKey } = await scramKeys(password, salt, iterations);
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}

/** A new token for a program, of 256 random bits, and what `token` of `[web]` keeps of it. */
export async function makeToken(): Promise<{ token: string; hash: string }> {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const token = random.toBase64({ alphabet: "base64url", omitPadding: true });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return { token, hash: `SHA-256$${base64(new Uint8Array(digest))}` };
}
