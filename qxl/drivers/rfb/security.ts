/**
 * How a client proves who it is. Sources of truth: RFC 6143, 7.2; rfbproto.rst, VeNCrypt and SASL;
 * QEMU's ui/vnc-auth-vencrypt.c and ui/vnc-auth-sasl.c.
 */
import { createCipheriv } from "node:crypto";
import { counted } from "../../../core/binary/bytes.ts";
import { be } from "../../../core/binary/cell.ts";
import { encode } from "../../../core/binary/codec.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import { bytesOfText, textOf } from "../../../core/binary/text.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../core/link/exact.ts";
import { Security, VeNCrypt } from "./wire.ts";

/** What we know, and what we insist on. */
export interface Credentials {
  readonly username: string | null;
  readonly password: string | null;
  /** Puts TLS on a stream, and makes sure who the server is; null: without TLS. */
  readonly secure: ((duplex: Duplex) => Promise<Duplex>) | null;
}

const Counted = counted(be.u32);

/** The best of the security types that a server offers; ProtocolError: it offers none that we can do. */
export function chooseSecurity(offered: readonly number[], known: Credentials): number {
  const { none, vncAuth, veNCrypt } = Security;
  const able = known.secure !== null
    ? [veNCrypt]
    : known.password !== null
    ? [vncAuth, none]
    : [none];
  const best = able.find((type) => offered.includes(type));
  if (best !== undefined) return best;
  const names = offered.map((type) =>
    Object.entries(Security).find(([, n]) => n === type)?.[0] ?? `type ${type}`
  );
  throw new ProtocolError(
    `The server offers ${names.join(", ") || "nothing"}; ${advice(offered, known)}`,
  );
}

function advice(offered: readonly number[], { secure }: Credentials): string {
  if (secure !== null) return "it has no TLS, so remove tls-ca-file or give it a certificate";
  if (offered.includes(Security.vncAuth)) return "give it a password with password-secret";
  if (offered.includes(Security.veNCrypt)) return "name its authority with tls-ca-file";
  return "we can do none, vncAuth, and veNCrypt with X.509";
}

/** Says what the security type wants to hear; the stream that the rest goes through. */
export async function authenticate(
  type: number,
  duplex: Duplex,
  known: Credentials,
): Promise<Duplex> {
  if (type === Security.vncAuth) await answerChallenge(duplex, known);
  if (type === Security.veNCrypt) return await veNCrypt(duplex, known);
  return duplex;
}

async function answerChallenge(duplex: Duplex, { password }: Credentials): Promise<void> {
  const challenge = await readExactly(duplex, 16);
  if (password === null) throw new ProtocolError("The server wants a password, and there is none");
  await writeAll(duplex, vncResponse(challenge, password));
}

/**
 * RFC 6143, 7.2.2: the challenge under DES, with the password's first 8 bytes as the key. SPEC: each
 * byte's bits are mirrored. DES is triple DES with three times the same key, which OpenSSL still has.
 */
export function vncResponse(challenge: Uint8Array, password: string): Uint8Array {
  const key = new Uint8Array(8);
  key.set(bytesOfText(password).subarray(0, 8));
  const mirrored = key.map((byte) => {
    let out = 0;
    for (let bit = 0; bit < 8; bit++) out |= (byte >> bit & 1) << 7 - bit;
    return out;
  });
  const response = new Uint8Array(16);
  for (const at of [0, 8]) {
    const cipher = createCipheriv(
      "des-ede3-cbc",
      new Uint8Array([...mirrored, ...mirrored, ...mirrored]),
      new Uint8Array(8),
    );
    cipher.setAutoPadding(false);
    response.set(cipher.update(challenge.subarray(at, at + 8)), at);
  }
  return response;
}

async function veNCrypt(duplex: Duplex, known: Credentials): Promise<Duplex> {
  const [major, minor] = await readExactly(duplex, 2);
  if (major === 0 && minor < 2) {
    throw new ProtocolError(`The server speaks VeNCrypt ${major}.${minor}; 0.2 is needed`);
  }
  await writeAll(duplex, new Uint8Array([0, 2]));
  const [refused, count] = await readExactly(duplex, 2);
  if (refused !== 0) throw new ProtocolError("The server refuses VeNCrypt 0.2");
  const bytes = await readExactly(duplex, count * 4);
  const view = new DataView(bytes.buffer);
  const offered = Array.from({ length: count }, (_, i) => view.getUint32(i * 4));
  const { x509Plain, x509Sasl, x509Vnc, x509None } = VeNCrypt;
  const able = [
    ...known.username !== null && known.password !== null ? [x509Sasl, x509Plain] : [],
    ...known.password !== null ? [x509Vnc] : [],
    x509None,
  ];
  const subtype = able.find((type) => offered.includes(type));
  if (subtype === undefined) {
    throw new ProtocolError(
      `The server's VeNCrypt offers ${offered.join(", ")}; of those with a certificate we can do ${
        able.join(", ")
      } with what was configured`,
    );
  }
  await writeAll(duplex, encode(be.u32, subtype));
  const [accepted] = await readExactly(duplex, 1);
  if (accepted !== 1) throw new ProtocolError(`The server refuses VeNCrypt's ${subtype}`);
  const inside = await known.secure!(duplex);
  if (subtype === x509Vnc) await answerChallenge(inside, known);
  if (subtype === x509Plain) await sayPlain(inside, known);
  if (subtype === x509Sasl) await saySasl(inside, known);
  return inside;
}

async function sayPlain(duplex: Duplex, { username, password }: Credentials): Promise<void> {
  const user = bytesOfText(username!), secret = bytesOfText(password!);
  const lengths = [...encode(be.u32, user.length), ...encode(be.u32, secret.length)];
  await writeAll(duplex, new Uint8Array([...lengths, ...user, ...secret]));
}

/** SASL PLAIN (RFC 4616), which is only said inside TLS. */
async function saySasl(duplex: Duplex, { username, password }: Credentials): Promise<void> {
  const mechanisms = textOf(await readCounted(duplex, 4096)).split(",");
  if (!mechanisms.includes("PLAIN")) {
    throw new ProtocolError(`The server's SASL has ${mechanisms.join(", ")}; PLAIN is needed`);
  }
  await writeAll(duplex, encode(Counted, bytesOfText("PLAIN")));
  // SPEC: lengths count a terminating NUL, as in QEMU's vnc-auth-sasl.c
  await writeAll(duplex, encode(Counted, bytesOfText(`\0${username}\0${password}\0`)));
  await readCounted(duplex, 1 << 20);
  const [complete] = await readExactly(duplex, 1);
  if (complete !== 1) throw new ProtocolError("The server's SASL wants more than PLAIN says");
}

/** Bytes behind their number, which may be so much at most. */
export async function readCounted(duplex: Duplex, most: number): Promise<Uint8Array> {
  const size = new DataView((await readExactly(duplex, 4)).buffer).getUint32(0);
  if (size > most) {
    throw new ProtocolError(`The server announces ${size} bytes where ${most} make sense`);
  }
  return await readExactly(duplex, size);
}
