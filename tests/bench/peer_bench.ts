/**
 * CPU per drawing beside libspice-server, in one run on one machine: pace max, images uncompressed,
 * streaming off, the same client program. What the guest does itself is left out on both sides:
 * there, reading the recording; here, the driver writing commands into card memory.
 *
 * "cold" is the first pass of a process, in which V8 still compiles; "warm" is the median of the
 * later ones, which is how a server that has run for a second costs.
 */
import { peer } from "../kit/peers.ts";
import { recording } from "../kit/appliance.ts";
import { zstdDecompressSync } from "node:zlib";

const PASSES = 9;
/** Drawings in each recording. */
const DRAWS: Record<string, number> = { office: 30193, qemu: 17170 };
const replay = peer("replay"), consumer = peer("consumer");

if (replay === null || consumer === null) {
  console.log("libspice-server cannot be measured here, so there is nothing to compare with");
} else {
  console.log(
    "recording    libspice µs/draw   ours cold   ours warm   ratio cold   ratio warm   MB sent",
  );
  for (const name of ["office", "qemu"]) {
    const theirs = await libspice(replay, consumer, name);
    const ours = await appliance(consumer, name);
    const cell = (text: string | number, width: number) =>
      (typeof text === "number" ? text.toFixed(2) : text).padStart(width);
    console.log(
      name.padEnd(10) + cell(theirs.us, 19) + cell(ours.coldUs, 12) + cell(ours.warmUs, 12) +
        cell(ours.coldUs / theirs.us, 13) + cell(ours.warmUs / theirs.us, 13) +
        `   ${(theirs.bytes / 1e6).toFixed(0)} / ${(ours.bytes / 1e6).toFixed(0)}`,
    );
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

async function libspice(server: string, client: string, name: string) {
  const file = await Deno.makeTempFile({ suffix: ".rec" });
  const packed = Deno.readFileSync(recording(name));
  Deno.writeFileSync(file, zstdDecompressSync(packed, { maxOutputLength: 2 ** 30 }));
  const runs: { us: number; bytes: number }[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      const port = String(freePort());
      const args = ["-p", port, "-c", "off", "-s", "off", "-n", "1", file];
      const child = new Deno.Command(server, { args, stdout: "piped", stderr: "null" }).spawn();
      await new Deno.Command(client, { args: ["-p", port], stdout: "null" }).output();
      const { stdout } = await child.output();
      const { worker_cpu_s, bytes_sent } = JSON.parse(new TextDecoder().decode(stdout));
      runs.push({ us: worker_cpu_s * 1e6 / DRAWS[name], bytes: bytes_sent });
    }
  } finally {
    await Deno.remove(file);
  }
  return { us: median(runs.map(({ us }) => us)), bytes: median(runs.map(({ bytes }) => bytes)) };
}

async function appliance(client: string, name: string) {
  const script = new URL("./replay_server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, recording(name), String(PASSES)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines: string[] = [];
  let text = "", running: Promise<unknown> | null = null;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      lines.push(text.slice(0, end));
    }
    if (lines.length > 0 && running === null) {
      const { port } = JSON.parse(lines[0]);
      const args = ["-p", String(port)];
      running = new Deno.Command(client, { args, stdout: "null", stderr: "null" }).output();
    }
  }
  await running;
  await child.status;
  const [cold, ...warm] = lines.slice(1).map((line) => JSON.parse(line));
  return {
    coldUs: cold.serverMs * 1000 / cold.draws,
    // the first passes still compile
    warmUs: median(warm.slice(2).map(({ serverMs, draws }) => serverMs * 1000 / draws)),
    bytes: median(warm.map(({ sentBytes }) => sentBytes)),
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
