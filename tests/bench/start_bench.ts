/**
 * What the executable costs before anybody looks: from its start to the first link that it accepts,
 * beside QEMU with -spice in the same run; its size, what `--version` takes, and its memory, idle with
 * the demo desktop. Links are tried every 10 ms. CPU is that of the whole process until the link.
 */
import { Main } from "../../core/protocol/main.ts";
import { makeExecutable } from "../kit/executable.ts";
import { installed, run } from "../kit/peers.ts";
import { freePorts } from "../kit/program.ts";
import { linkChannel } from "../kit/spice_client.ts";

const ROUNDS = 5;
const MiB = 1 << 20;

/** Of a process so far: milliseconds of CPU, and resident bytes. */
async function costOf(pid: number): Promise<{ cpuMs: number; bytes: number }> {
  // SPEC: Deno itself reads these only when all is allowed
  const { out } = await run("cat", [`/proc/${pid}/stat`, `/proc/${pid}/statm`]);
  const [stat, statm] = out.split("\n");
  const fields = stat.replace(/^.*\) /, "").split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuMs: ticks * 10, bytes: Number(statm.split(" ")[1]) * 4096 };
}

/** Whether a link of the main channel is accepted at this port. */
const linked = (port: number) =>
  linkChannel(port, Main).then((stream) => (stream.close(), true), () => false);

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly idleBytes: number;
}

async function start(program: string, args: string[], port: number): Promise<Start> {
  const began = performance.now();
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
  let ended = false;
  const over = child.status.then(() => ended = true);
  try {
    while (!await linked(port)) {
      if (ended) throw new Error(`${program} ended`);
      await new Promise((wake) => setTimeout(wake, 10));
    }
    const wallMs = performance.now() - began, { cpuMs } = await costOf(child.pid);
    await new Promise((wake) => setTimeout(wake, 2000));
    return { wallMs, cpuMs, idleBytes: (await costOf(child.pid)).bytes };
  } finally {
    if (!ended) child.kill();
    await over;
  }
}

function print(name: string, starts: readonly Start[]): void {
  const middle = (of: (start: Start) => number) =>
    starts.map(of).toSorted((a, b) => a - b)[starts.length >> 1];
  console.log(
    `${name.padEnd(16)} first link after ${middle((s) => s.wallMs).toFixed(0)} ms, ` +
      `${middle((s) => s.cpuMs)} ms of CPU; idle ${
        (middle((s) => s.idleBytes) / MiB).toFixed(0)
      } MiB`,
  );
}

if (Deno.build.os === "linux") {
  const folder = await Deno.makeTempDir();
  try {
    const program = await makeExecutable(folder);
    const ours: Start[] = [], theirs: Start[] = [];
    const qemu = installed("qemu-system-x86_64");
    for (let i = 0; i < ROUNDS; i++) {
      const [port, web, other] = freePorts(3);
      const config = `${folder}/spice.cfg`;
      const text = `[spice]\nport = "${port}"\ndisable-ticketing = "on"\n[web]\nport = "${web}"\n`;
      await Deno.writeTextFile(config, text);
      ours.push(await start(program, ["--config", config], port));
      if (!qemu) continue;
      const spice = `port=${other},addr=127.0.0.1,disable-ticketing=on`;
      const machine = ["-nodefaults", "-m", "64", "-vga", "qxl", "-display", "none"];
      theirs.push(await start("qemu-system-x86_64", [...machine, "-spice", spice], other));
    }
    console.log(`executable       ${(Deno.statSync(program).size / MiB).toFixed(1)} MiB`);
    print("spice-appliance", ours);
    if (qemu) print("QEMU -spice", theirs);
    else console.log("not installed: qemu-system-x86_64");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
