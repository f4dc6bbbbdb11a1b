/** From a stream to a picture of known size. Source of truth: RFC 6143, 7.1 to 7.3. */
import { decode } from "../../../core/binary/codec.ts";
import { ProtocolError } from "../../../core/binary/error.ts";
import { textOf } from "../../../core/binary/text.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { readExactly, writeAll } from "../../../core/link/exact.ts";
import { authenticate, chooseSecurity, type Credentials, readCounted } from "./security.ts";
import { Security, ServerInit } from "./wire.ts";

export interface Greeted {
  /** What the rest goes through: inside TLS, if there is any. */
  readonly duplex: Duplex;
  readonly width: number;
  readonly height: number;
  readonly name: string;
}

const MAX_REASON = 4096;
const MAX_NAME = 1 << 16;

/** Greets a server. ProtocolError: it speaks something else, or does not let us in. */
export async function greet(duplex: Duplex, known: Credentials): Promise<Greeted> {
  const minor = await agreeOnVersion(duplex);
  const type = minor === 3 ? await dictated(duplex, known) : await chosen(duplex, known);
  const inside = await authenticate(type, duplex, known);
  if (type !== Security.none || minor >= 8) await hearResult(inside, minor);
  // shared: whoever else looks at the screen may go on
  await writeAll(inside, new Uint8Array([1]));
  const init = decode(ServerInit, await readExactly(inside, ServerInit.size!));
  if (init.nameLength > MAX_NAME) {
    throw new ProtocolError(`The server's name has ${init.nameLength} bytes`);
  }
  const name = textOf(await readExactly(inside, init.nameLength));
  return { duplex: inside, width: init.width, height: init.height, name };
}

/** 3, 7 or 8: servers of newer or odd versions speak 3.8, of other old ones 3.3. */
async function agreeOnVersion(duplex: Duplex): Promise<3 | 7 | 8> {
  const said = textOf(await readExactly(duplex, 12));
  const [, major, least] = /^RFB (\d{3})\.(\d{3})\n$/.exec(said) ?? [];
  if (major === undefined) {
    throw new ProtocolError(`The server begins with ${JSON.stringify(said)}, not "RFB 003.008"`);
  }
  const number = Number(major) * 1000 + Number(least);
  const minor = number >= 3008 ? 8 : number === 3007 ? 7 : 3;
  await writeAll(duplex, new TextEncoder().encode(`RFB 003.00${minor}\n`));
  return minor;
}

/** 3.3: the server says which. */
async function dictated(duplex: Duplex, known: Credentials): Promise<number> {
  const type = new DataView((await readExactly(duplex, 4)).buffer).getUint32(0);
  if (type === Security.invalid) throw await refusal(duplex);
  return chooseSecurity([type], known);
}

async function chosen(duplex: Duplex, known: Credentials): Promise<number> {
  const [count] = await readExactly(duplex, 1);
  if (count === 0) throw await refusal(duplex);
  const type = chooseSecurity([...await readExactly(duplex, count)], known);
  await writeAll(duplex, new Uint8Array([type]));
  return type;
}

async function hearResult(duplex: Duplex, minor: number): Promise<void> {
  const result = new DataView((await readExactly(duplex, 4)).buffer).getUint32(0);
  if (result === 0) return;
  if (minor >= 8) throw await refusal(duplex);
  throw new ProtocolError("The server does not let us in: is the password right?");
}

async function refusal(duplex: Duplex): Promise<ProtocolError> {
  const reason = await readCounted(duplex, MAX_REASON);
  return new ProtocolError(`The server does not let us in: ${textOf(reason)}`);
}
