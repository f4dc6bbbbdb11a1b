/** Runs libspice-server and this server on the same recording, with the same client program. */
import { zstdDecompressSync } from "node:zlib";
import { peer } from "../kit/peers.ts";
import { v8Flags } from "../kit/program.ts";

/** One pass of replay_server.ts. */
export interface Pass {
  readonly draws: number;
  readonly wallMs: number;
  readonly totalMs: number;
  readonly sentBytes: number;
  /** Of memory, of the process so far. */
  readonly peakBytes: number;
}

export interface Theirs {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly bytes: number;
}

/** Both peers can be built here; says so when not. */
export function peersHere(): boolean {
  const here = peer("replay") !== null && peer("consumer") !== null;
  if (!here) {
    console.log("libspice-server cannot be measured here: there is nothing to compare with");
  }
  return here;
}

/** libspice-server's replay with these arguments. */
export async function libspice(
  packed: string,
  args: string[],
  client: string[] = [],
): Promise<Theirs> {
  const port = String(freePort());
  const child = new Deno.Command(peer("replay")!, {
    args: ["-p", port, "-n", "1", ...args, unpacked(packed)],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  await new Deno.Command(peer("consumer")!, { args: ["-p", port, ...client], stdout: "null" })
    .output();
  const { stdout } = await child.output();
  const { worker_cpu_s, wall_s, bytes_sent } = JSON.parse(new TextDecoder().decode(stdout));
  return { cpuSeconds: worker_cpu_s, wallSeconds: wall_s, bytes: bytes_sent };
}

let last: { packed: string; file: string } | null = null;
addEventListener("unload", () => last && Deno.removeSync(last.file));

/** The recording as replay reads it, until another is asked for. */
function unpacked(packed: string): string {
  if (last?.packed === packed) return last.file;
  if (last) Deno.removeSync(last.file);
  last = { packed, file: Deno.makeTempFileSync({ suffix: ".rec" }) };
  const bytes = zstdDecompressSync(Deno.readFileSync(packed), { maxOutputLength: 2 ** 30 });
  Deno.writeFileSync(last.file, bytes);
  return last.file;
}

/** The passes of replay_server.ts, the first with V8 still compiling; none: it does not know the setting. */
export async function ours(
  packed: string,
  passes: number,
  pace: "max" | "lockstep" | "recorded",
  compression: string,
  streaming = "off",
  clientArgs: string[] = [],
  viewers = 1,
): Promise<Pass[]> {
  const script = new URL("./replay_server.ts", import.meta.url).pathname;
  const how = [packed, String(passes), pace, compression, streaming, String(viewers)];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...v8Flags, script, ...how],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines: string[] = [];
  let text = "", clients: Promise<unknown>[] = [];
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      lines.push(text.slice(0, end));
    }
    if (lines.length > 0 && clients.length === 0) {
      const args = ["-p", String(JSON.parse(lines[0]).port), ...clientArgs];
      clients = Array.from(
        { length: viewers },
        () =>
          new Deno.Command(peer("consumer")!, { args, stdout: "null", stderr: "null" }).output(),
      );
    }
  }
  await Promise.all(clients);
  await child.status;
  return lines.slice(1).map((line) => JSON.parse(line));
}

/**
 * CPU of the guest's own work in each pass, in milliseconds: the same program with a card that gives
 * every command back unread, and no server. Its first pass, too, has V8 compiling, and card memory
 * that nobody touched before: so it is compared pass by pass.
 */
export async function guestAlone(
  packed: string,
  passes: number,
  pace: "max" | "lockstep" | "recorded" = "max",
): Promise<number[]> {
  const all = await ours(packed, passes, pace, "off", "off", [], 0);
  return all.map(({ totalMs }) => totalMs);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
