/**
 * Bytes a second through a tunnel and through `ssh -L`, in either direction, by turns between the same
 * two programs on this machine, and the CPU that both sides of each took. SSH encrypts, so the tunnel
 * is taken inside TLS too. The goal: 0.7 of `ssh -L`. Ratios are medians of those within a round.
 *
 *     deno run -A tests/bench/tunnel_bench.ts [rounds]
 */
import { median } from "./side_by_side.ts";
import { pkiFile } from "../kit/pki.ts";
import { installed, run } from "../kit/peers.ts";
import { freePorts, v8Flags, watchProgram } from "../kit/program.ts";

const MiB = 1 << 20;
const JOB_BYTES = 256 * MiB;
const ROUNDS = Number(Deno.args[0] ?? 5);

const main = new URL("../../main.ts", import.meta.url).pathname;

/** As its first byte says: takes a connection's bytes to their end, and answers with how many; or gives some. */
const TARGET = `
const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
const all = Number(Deno.args[1]);
for await (const conn of listener) (async () => {
  const buffer = new Uint8Array(1 << 18);
  let sum = await conn.read(buffer);
  if (buffer[0] === 1) for (let left = all; left > 0;) left -= await conn.write(buffer.subarray(0, left));
  else {
    for (let n; (n = await conn.read(buffer)) !== null;) sum += n;
    await conn.write(new TextEncoder().encode(String(sum)));
  }
  conn.close();
})().catch(() => {});
`;

const DIRECTIONS = { "host to client": push, "client to host": pull };

interface Way {
  readonly name: string;
  readonly port: number;
  /** Processes that carry. */
  readonly pids: () => Promise<number[]>;
}

await using undo = new AsyncDisposableStack();
const folder = await Deno.makeTempDir();
undo.defer(() => Deno.remove(folder, { recursive: true }));

function start(program: string, args: string[], env: Record<string, string> = {}): number {
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  undo.defer(async () => {
    try {
      child.kill("SIGTERM");
    } catch { /* it ended */ }
    await child.status;
  });
  return child.pid;
}

async function answered(port: number): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (tries === 300) throw error;
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
}

/** One job into the client's network; seconds until the target has counted it. */
async function push(port: number): Promise<number> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const piece = new Uint8Array(256 << 10);
  const since = performance.now();
  for (let left = JOB_BYTES; left > 0;) left -= await conn.write(piece.subarray(0, left));
  await conn.closeWrite();
  const answer = await new Response(conn.readable).text();
  if (answer !== `${JOB_BYTES}`) throw new Error(`${answer} of ${JOB_BYTES} bytes arrived`);
  return (performance.now() - since) / 1000;
}

/** One job out of the client's network; seconds until it is here. */
async function pull(port: number): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(256 << 10);
  const since = performance.now();
  await conn.write(Uint8Array.of(1));
  let sum = 0;
  for (let n; (n = await conn.read(buffer)) !== null;) sum += n;
  if (sum !== JOB_BYTES) throw new Error(`${sum} of ${JOB_BYTES} bytes arrived`);
  return (performance.now() - since) / 1000;
}

/** Seconds of CPU that these took so far. */
async function cpuOf(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += fields ? Number(fields[11]) + Number(fields[12]) : 0;
  }
  return ticks / 100;
}

async function tunnel(name: string, target: number, tls: boolean): Promise<Way> {
  const [spice, port] = freePorts(2);
  const x509 = `tls-port = "${spice}"\nx509-key-file = "${pkiFile("server-key.pem")}"\n` +
    `x509-cert-file = "${pkiFile("v3-cert.pem")}"\n`;
  await Deno.writeTextFile(
    `${folder}/${name}.cfg`,
    `[spice]\n${tls ? x509 : `port = "${spice}"\n`}disable-ticketing = "on"\n` +
      `[web]\nenabled = "off"\n` +
      `[tunnel "job"]\nlisten = "127.0.0.1:${port}"\ntarget = "127.0.0.1:${target}"\n`,
  );
  const flags = ["run", "--no-prompt", ...v8Flags, "-NRWSE", main];
  const server = await watchProgram(
    new Deno.Command(Deno.execPath(), {
      args: [...flags, "--config", `${folder}/${name}.cfg`, "--log-format", "json"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }),
  );
  undo.use(server);
  const url = `spice${tls ? "+tls" : ""}://localhost:${spice}`;
  const client = start(
    Deno.execPath(),
    [...flags, "connect", url, "--tunnel", `job=127.0.0.1:${target}`, "--yes"]
      .concat(tls ? ["--ca-file", pkiFile("ca-cert.pem")] : []),
    { SPICE_PASSWORD: "" },
  );
  await server.logged("tunnel-consent");
  return { name, port, pids: () => Promise.resolve([server.child.pid, client]) };
}

/** An OpenSSH server of our own, with keys of its own, and a client of it. */
async function ssh(target: number): Promise<Way | null> {
  if (!installed("ssh") || !installed("/usr/sbin/sshd")) {
    console.log("openssh-server is not installed: nothing to compare with");
    return null;
  }
  const [sshd, port] = freePorts(2);
  for (const key of ["host", "user"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${folder}/${key}`]);
  }
  await Deno.copyFile(`${folder}/user.pub`, `${folder}/authorized`);
  await Deno.writeTextFile(
    `${folder}/sshd_config`,
    `ListenAddress 127.0.0.1:${sshd}\nHostKey ${folder}/host\nPidFile none\nUsePAM no\n` +
      `StrictModes no\nAuthorizedKeysFile ${folder}/authorized\nPasswordAuthentication no\n`,
  );
  // where privileges are separated
  await Deno.mkdir("/run/sshd", { recursive: true }).catch(() => {});
  const daemon = start("/usr/sbin/sshd", ["-D", "-e", "-f", `${folder}/sshd_config`]);
  await answered(sshd);
  const options = ["StrictHostKeyChecking=no", `UserKnownHostsFile=${folder}/known`]
    .concat("BatchMode=yes", "ExitOnForwardFailure=yes").flatMap((option) => ["-o", option]);
  const client = start("ssh", [
    "-F",
    "none",
    ...options,
    "-i",
    `${folder}/user`,
    "-p",
    `${sshd}`,
    "-N",
    "-L",
    `127.0.0.1:${port}:127.0.0.1:${target}`,
    "127.0.0.1",
  ]);
  await answered(port);
  const pids = async () => {
    const { out } = await run("pgrep", ["-P", `${daemon}`], { fails: true });
    return [client, ...out.split("\n").filter(Boolean).map(Number)];
  };
  return { name: "ssh -L", port, pids };
}

const [target] = freePorts(1);
await Deno.writeTextFile(`${folder}/target.ts`, TARGET);
const targetFlags = ["run", "--no-prompt", "-N", `${folder}/target.ts`];
start(Deno.execPath(), [...targetFlags, `${target}`, `${JOB_BYTES}`]);
await answered(target);

const ways = [
  await ssh(target),
  await tunnel("tunnel", target, false),
  await tunnel("tunnel in TLS", target, true),
].filter((way) => way !== null);

const load = () => `load ${Deno.loadavg()[0].toFixed(1)}`;

for (const [direction, job] of Object.entries(DIRECTIONS)) {
  console.log(`${direction}, ${load()}`);
  const rates = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  const cpus = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (const { port } of ways) await job(port);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, port, pids } of ways) {
      const processes = await pids();
      const before = await cpuOf(processes);
      const seconds = await job(port);
      cpus.get(name)!.push((await cpuOf(processes) - before) * 1024 * MiB / JOB_BYTES);
      rates.get(name)!.push(JOB_BYTES / MiB / seconds);
    }
    const each = ways.map(({ name }) => `${name} ${rates.get(name)![round].toFixed(0)}`);
    console.log(`  MiB/s: ${each.join(", ")}; ${load()}`);
  }
  const reference = rates.get("ssh -L");
  for (const { name } of ways) {
    const own = rates.get(name)!;
    const ratio = reference
      ? `, ${median(own.map((rate, i) => rate / reference[i])).toFixed(2)} of ssh -L`
      : "";
    console.log(
      `  ${name}: ${median(own).toFixed(0)} MiB/s${ratio}; ${
        median(cpus.get(name)!).toFixed(2)
      } s of CPU for a GiB`,
    );
  }
}
