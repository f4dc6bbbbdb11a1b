/** A client's side of `sasl.ts`. */
import { ProtocolError } from "../binary/error.ts";
import type { Duplex } from "./duplex.ts";
import { readExactly, writeAll } from "./exact.ts";
import { LinkRefused } from "./handshake.ts";
import { scramClient } from "./scram.ts";

/**
 * Logs in, for `ConnectOptions.sasl`; the link's own result word is next. LinkRefused: the server
 * said no. Without `mechanism` it is SCRAM-SHA-256 where that is offered.
 */
export function logIn(
  user: string,
  password: string,
  mechanism?: "PLAIN" | "SCRAM-SHA-256",
): (duplex: Duplex) => Promise<void> {
  return async (duplex) => {
    const offered = text(await readExactly(duplex, await readSize(duplex, 300))).split(",");
    const chosen = mechanism ??
      ["SCRAM-SHA-256", "PLAIN"].find((name) => offered.includes(name));
    if (chosen === undefined) throw new ProtocolError(`The server offers only ${offered}`);
    const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
    const scram = chosen === "PLAIN" ? null : scramClient(user, password, nonce);
    await writeAll(duplex, concat(u32(chosen.length), bytesOf(chosen)));
    await say(duplex, scram === null ? `\0${user}\0${password}` : scram.first);
    let { data, complete } = await hear(duplex);
    if (scram !== null && !complete) {
      await say(duplex, await scram.final(data));
      ({ data, complete } = await hear(duplex));
    }
    if (!complete) throw new ProtocolError("The server wants to go on, and there is nothing left");
    const code = new DataView((await readExactly(duplex, 4)).buffer).getUint32(0, true);
    if (code !== 0) throw new LinkRefused("permissionDenied", `SASL ended with ${code}`);
    if (scram !== null && !scram.isServer(data)) {
      throw new ProtocolError("The server does not know the password either");
    }
  };
}

const bytesOf = (value: string) => new TextEncoder().encode(value);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const concat = (a: Uint8Array, b: Uint8Array) => new Uint8Array([...a, ...b]);

async function say(duplex: Duplex, message: string): Promise<void> {
  const bytes = bytesOf(message + "\0");
  await writeAll(duplex, concat(u32(bytes.length), bytes));
}

async function hear(duplex: Duplex): Promise<{ data: string; complete: boolean }> {
  const bytes = await readExactly(duplex, await readSize(duplex, 1 << 20));
  const [complete] = await readExactly(duplex, 1);
  return { data: text(bytes.subarray(0, -1)), complete: complete !== 0 };
}

async function readSize(duplex: Duplex, most: number): Promise<number> {
  const size = new DataView((await readExactly(duplex, 4)).buffer).getUint32(0, true);
  if (size > most) throw new ProtocolError(`The server sends ${size} bytes of SASL data`);
  return size;
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
