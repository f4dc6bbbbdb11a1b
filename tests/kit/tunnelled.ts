/** The program with tunnels, a printer in another network, and `connect` beside it there. */
import { anotherNetwork, type Network } from "./network.ts";
import {
  freePorts,
  loggingCommand,
  type Program,
  programCommand,
  watchProgram,
} from "./program.ts";

const printerProgram = new URL("./printer.ts", import.meta.url).pathname;

export interface Tunnelled extends AsyncDisposable {
  readonly network: Network;
  readonly server: Program;
  /** Where SPICE is, at `network.here`. */
  readonly port: number;
  /** Sockets of the host: to the printer, to what never reads, to where nobody listens. */
  readonly printer: number;
  readonly stuck: number;
  readonly nobody: number;
  /** What `--tunnel` is given for all three. */
  readonly tunnels: readonly string[];
  /** Arguments of `connect` for all three. */
  readonly connect: readonly string[];
}

/** What runs the program with these arguments in the other network. */
export function connectCommand(network: Network, args: readonly string[]): string[] {
  return [...network.prefix, ...programCommand(["connect", ...args])];
}

export async function startTunnelled(more = ""): Promise<Tunnelled> {
  await using undo = new AsyncDisposableStack();
  const network = undo.use(await anotherNetwork());
  const [first, ...rest] = [...network.prefix, Deno.execPath(), "run", "--no-prompt", "-N"]
    .concat(printerProgram, network.there);
  const child = new Deno.Command(first, { args: rest, stdin: "null", stdout: "piped" }).spawn();
  undo.defer(async () => {
    child.kill("SIGTERM");
    await child.stdout.cancel();
    await child.status;
  });
  const targets = JSON.parse(await firstLine(child.stdout));
  // nobody listens there: this machine's free ports are likely to be free in the other network too
  const [port, printer, stuck, nobody, closed] = freePorts(5);
  const folder = await Deno.makeTempDir();
  const ends = [["printer", printer, targets.printer], ["stuck", stuck, targets.stuck]]
    .concat([["nobody", nobody, closed]]) as [string, number, number][];
  const config = `[spice]\nport = "${port}"\naddr = "${network.here}"\npassword = "secret"\n` +
    `[web]\nenabled = "off"\n` +
    ends.map(([name, listen, target]) =>
      `[tunnel "${name}"]\nlisten = "127.0.0.1:${listen}"\n` +
      `target = "${network.there}:${target}"\n`
    ).join("") + more;
  await Deno.writeTextFile(`${folder}/spice.cfg`, config);
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const server = undo.use(
    await watchProgram(
      loggingCommand(["--config", `${folder}/spice.cfg`, "--audit-log", `${folder}/audit.log`]),
    ),
  );
  const tunnels = ends.map(([name, , target]) => `${name}=${network.there}:${target}`);
  const connect = [`spice://${network.here}:${port}`, "--log-format", "json"]
    .concat(tunnels.flatMap((tunnel) => ["--tunnel", tunnel]));
  const running = undo.move();
  return {
    network,
    server,
    port,
    printer,
    stuck,
    nobody,
    tunnels,
    connect,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** `connect --yes`, until it is told to go. */
export function startConnect({ network, connect }: Tunnelled) {
  const [first, ...args] = connectCommand(network, [...connect, "--yes"]);
  const child = new Deno.Command(first, {
    args,
    env: { SPICE_PASSWORD: "secret" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch { /* it ended by itself */ }
      await child.status;
    },
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The printer ended: ${text}`);
    text += new TextDecoder().decode(value);
    if (!text.includes("\n")) continue;
    reader.releaseLock();
    return text.split("\n")[0];
  }
}

/** A whole job into a socket of the host; the result is what the printer answered after its end. */
export async function print(port: number, job: Uint8Array): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const sending = (async () => {
    for (let at = 0; at < job.length;) at += await conn.write(job.subarray(at));
    await conn.closeWrite();
  })();
  const answer: Uint8Array<ArrayBuffer>[] = [], buffer = new Uint8Array(1 << 12);
  for (let n; (n = await conn.read(buffer)) !== null;) answer.push(buffer.slice(0, n));
  await sending;
  conn.close();
  return await new Blob(answer).text();
}
