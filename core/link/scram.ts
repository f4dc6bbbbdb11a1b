/** SCRAM-SHA-256 without channel binding, both ends. Source of truth: RFC 5802, RFC 7677. */
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

/** What a server keeps of a password: enough to check it, not enough to log in with it. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  /** RFC 7677: at least 4096. */
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

const LEAST_ITERATIONS = 4096;

const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

/** null: that is not base64. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

async function hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", new Uint8Array(key), algorithm, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, new Uint8Array(message)));
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
}

const xor = (a: Uint8Array, b: Uint8Array) => a.map((byte, i) => byte ^ b[i]);

/** RFC 5802 §3: ClientKey and ServerKey of a password. SPEC: taken as it is, without SASLprep. */
async function keysOf(password: string, salt: Uint8Array, iterations: number) {
  const imported = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const salted = new Uint8Array(
    await crypto.subtle.deriveBits(
      { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(salt), iterations },
      imported,
      256,
    ),
  );
  const clientKey = await hmac(salted, utf8("Client Key"));
  return { clientKey, serverKey: await hmac(salted, utf8("Server Key")) };
}

/** RangeError: fewer iterations than RFC 7677 allows. */
export async function scramKeys(
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  if (iterations < LEAST_ITERATIONS) {
    throw new RangeError(`${iterations} iterations are less than ${LEAST_ITERATIONS}`);
  }
  const { clientKey, serverKey } = await keysOf(password, salt, iterations);
  return { salt, iterations, storedKey: await sha256(clientKey), serverKey };
}

/** Whether this is the password of these keys. */
export async function isPassword(password: string, keys: ScramKeys): Promise<boolean> {
  const { clientKey } = await keysOf(password, keys.salt, keys.iterations);
  return timingSafeEqual(await sha256(clientKey), keys.storedKey);
}

/** The first message of a client, taken apart; null: malformed, or it asks for what is not offered. */
export function clientFirst(
  message: string,
): { user: string; gs2: string; bare: string; nonce: string } | null {
  const parts = /^([ny],(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]{1,200})(?:,[^\0]*)?)$/.exec(
    message,
  );
  if (parts === null) return null;
  const [, gs2, authzid, bare, escaped, nonce] = parts;
  const user = unescape(escaped);
  if (user === null || (authzid !== undefined && unescape(authzid) !== user)) return null;
  return { user, gs2, bare, nonce };
}

const escape = (name: string) => name.replaceAll("=", "=3D").replaceAll(",", "=2C");
const unescape = (name: string) =>
  /=(?!2C|3D)/.test(name) ? null : name.replaceAll("=2C", ",").replaceAll("=3D", "=");

/** The server's first message. nonce: the server's own part of it. */
export function serverFirst(clientNonce: string, nonce: string, keys: ScramKeys): string {
  return `r=${clientNonce}${nonce},s=${base64(keys.salt)},i=${keys.iterations}`;
}

/** Checks the client's final message; the answer to it, or null: it does not know the password. */
export async function serverFinal(
  first: { gs2: string; bare: string },
  serverFirst: string,
  clientFinal: string,
  keys: ScramKeys,
): Promise<string | null> {
  const parts = /^(c=([^,]*),r=([^,]*)(?:,[^\0]*)?),p=([^,]*)$/.exec(clientFinal);
  if (parts === null) return null;
  const [, withoutProof, binding, nonce, proofText] = parts;
  const proof = fromBase64(proofText);
  const nonceRight = serverFirst.startsWith(`r=${nonce},`);
  if (binding !== base64(utf8(first.gs2)) || !nonceRight || proof?.length !== 32) return null;
  const message = utf8(`${first.bare},${serverFirst},${withoutProof}`);
  const clientKey = xor(proof, await hmac(keys.storedKey, message));
  const right = timingSafeEqual(await sha256(clientKey), keys.storedKey);
  return right ? `v=${base64(await hmac(keys.serverKey, message))}` : null;
}

/** A client's side: its first message, the answer to the server's first, the check of the last. */
export function scramClient(user: string, password: string, nonce: string) {
  const bare = `n=${escape(user)},r=${nonce}`;
  let expected = "";
  return {
    first: `n,,${bare}`,
    /** Error: the server is not one to log in at. */
    async final(serverFirst: string): Promise<string> {
      const parts = /^r=([^,]+),s=([^,]+),i=(\d{1,9})(?:,|$)/.exec(serverFirst);
      const salt = parts && fromBase64(parts[2]);
      if (parts === null || salt === null || !parts[1].startsWith(nonce)) {
        throw new Error("The server's SCRAM message is malformed");
      }
      const iterations = Number(parts[3]);
      if (iterations < LEAST_ITERATIONS || iterations > 10_000_000) {
        throw new Error(`The server asks for ${iterations} iterations`);
      }
      const { clientKey, serverKey } = await keysOf(password, salt, iterations);
      const withoutProof = `c=${base64(utf8("n,,"))},r=${parts[1]}`;
      const message = utf8(`${bare},${serverFirst},${withoutProof}`);
      const proof = xor(clientKey, await hmac(await sha256(clientKey), message));
      expected = `v=${base64(await hmac(serverKey, message))}`;
      return `${withoutProof},p=${base64(proof)}`;
    },
    /** Whether the server knows the password too. */
    isServer: (serverFinal: string) => timingSafeEqual(utf8(serverFinal), utf8(expected)),
  };
}
