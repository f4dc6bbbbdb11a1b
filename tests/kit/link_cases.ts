/** What is said to a server before it knows who is there, and what servers answer. */
import { zstdDecompressSync } from "node:zlib";
import type { Duplex } from "../../core/link/duplex.ts";
import { writeAll } from "../../core/link/exact.ts";
import { clientCommonCaps } from "../../core/link/connect.ts";
import { linkMessage } from "../../core/link/handshake.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import { recording } from "./appliance.ts";
import { peer } from "./peers.ts";

/** A libspice-server that waits for its first client. */
export async function libspice(): Promise<AsyncDisposable & { port: number }> {
  const file = await Deno.makeTempFile({ suffix: ".rec" });
  await Deno.writeFile(file, zstdDecompressSync(await Deno.readFile(recording("alltypes"))));
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const child = new Deno.Command(peer("replay")!, {
    args: ["-p", String(port), file],
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (let i = 0; i < 200; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    conn?.close();
    if (conn) break;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(file);
    },
  };
}

/** All that a server says to these bytes: before it closes, or until it is silent for a while. */
export async function answer(port: number, bytes: Uint8Array): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn as unknown as Duplex, bytes);
  const heard: number[] = [];
  const some = new Uint8Array(1000);
  let silence: ReturnType<typeof setTimeout> | undefined;
  const quiet = () => {
    clearTimeout(silence);
    silence = setTimeout(() => conn.close(), 300);
  };
  quiet();
  try {
    for (let n; (n = await conn.read(some)) !== null; quiet()) heard.push(...some.subarray(0, n));
    conn.close();
  } catch { /* closed, here or there */ }
  clearTimeout(silence);
  return comparable(bytes, heard);
}

/** The key of a reply differs, and must; migration, two bits of the main channel, is not offered here. */
export function comparable(said: Uint8Array, heard: number[]): string {
  if (heard[16] === 0) heard.fill(0, 20, 20 + 162);
  if (heard[16] === 0 && said[20] === 1) heard[198] |= 0b1001;
  return Uint8Array.from(heard).toHex();
}

export const link = (channelType: number, commonCaps = clientCommonCaps, connectionId = 0) =>
  linkMessage({
    connectionId,
    channelType,
    channelId: 0,
    commonCaps,
    channelCaps: Capabilities.of(),
  });
const hello = link(1);

function withWord(at: number, value: number): Uint8Array {
  const changed = hello.slice();
  new DataView(changed.buffer).setUint32(at, value, true);
  return changed;
}

export const linkCases: Record<string, Uint8Array> = {
  "a proper main link": hello,
  "a main link without capabilities": link(1, Capabilities.of()),
  "a cursor link": link(4),
  "bad magic": withWord(0, 0x52444552),
  "four bytes of nonsense": hello.subarray(1, 5),
  "major 0": withWord(4, 0),
  "major 1": withWord(4, 1),
  "major 3": withWord(4, 3),
  "another minor": withWord(8, 99),
  "size 0": withWord(12, 0),
  "size 17": withWord(12, 17),
  "size 4097": withWord(12, 4097),
  "size 0xffffffff": withWord(12, 0xffffffff),
  "1025 common words": withWord(22, 1025),
  "0xffffffff channel words": withWord(26, 0xffffffff),
  "words beyond the message": withWord(26, 1),
  "words inside the fixed part": withWord(30, 17),
  "words at 0xffffffff": withWord(30, 0xffffffff),
  "mechanism 3": new Uint8Array([...hello, 3, 0, 0, 0]),
  "mechanism 0": new Uint8Array([...hello, 0, 0, 0, 0]),
  "a ticket that does not decrypt": new Uint8Array([...hello, 1, 0, 0, 0, ...new Uint8Array(128)]),
};
