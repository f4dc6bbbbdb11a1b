/**
 * A JetDirect printer that prints nothing, as a program: `deno run printer.ts ADDRESS`. It takes a job
 * to its end and then answers with its length and SHA-256. A second port accepts and never reads.
 * Says both ports in its first line.
 */
const [hostname] = Deno.args;
const printer = Deno.listen({ hostname, port: 0 });
const stuck = Deno.listen({ hostname, port: 0 });
console.log(JSON.stringify({ printer: printer.addr.port, stuck: stuck.addr.port }));

const held: Deno.Conn[] = [];
async function hold(): Promise<void> {
  for await (const conn of stuck) held.push(conn);
}

async function print(conn: Deno.Conn): Promise<void> {
  const parts: Uint8Array<ArrayBuffer>[] = [], buffer = new Uint8Array(1 << 16);
  for (let n; (n = await conn.read(buffer)) !== null;) parts.push(buffer.slice(0, n));
  // the job's direction is closed by now: this one is not
  const job = await new Blob(parts).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", job)).toHex();
  await conn.write(new TextEncoder().encode(`${job.byteLength} ${hash}`));
  conn.close();
}

hold();
for await (const conn of printer) print(conn).catch(() => conn.close());
