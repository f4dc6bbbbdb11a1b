/**
 * A QEMU without SPICE and the appliance, beside the same QEMU with -spice: Debian's X in the same
 * virtual machine does the same, and the same spice-gtk looks. Bytes to the client, processor time of
 * the host's side (what is not the virtual CPU's thread), and the time from a key to a changed pixel.
 *
 * Bars: 1.2 times the bytes, 1.5 times the time, 1.2 times the delay.
 */
import { eventually } from "../kit/desk.ts";
import { DesktopGuest, needsDesktop, oneScreen } from "../kit/desktop_guest.ts";
import { Hand, handProgram } from "../kit/hand.ts";
import { startProgram } from "../kit/program.ts";
import { counting } from "./counting.ts";
import { median } from "./side_by_side.ts";

const KEYS = 40, ROUNDS = 3;
/** What the guest does, and how long it may take; it runs in an xterm of 100 × 40. */
const scripts: Readonly<Record<string, string>> = {
  boot: "",
  scroll:
    "xterm -b 0 -geometry 100x40+20+20 -e sh -c 'for i in $(seq 400); do echo \"$i: the quick brown fox $((i*i)) jumps over the lazy dog\"; sleep 0.02; done'",
  windows: "xterm -b 0 -geometry 80x24+0+0 -e sh -c 'seq 1 60; sleep 100' & " +
    'while ! w=$(xdotool search --onlyvisible --class xterm | head -n 1) || [ -z "$w" ]; do sleep 0.1; done; sleep 1; ' +
    "for i in $(seq 1 80); do xdotool windowmove $w $((i*8)) $((i*4)); sleep 0.03; done; kill $!",
  idle: "sleep 10",
};

interface Cost {
  readonly bytes: number;
  /** Seconds: of all, and without the virtual CPU's thread. */
  readonly all: number;
  readonly host: number;
}

interface Side {
  /** Starts all but the machine; the port that clients connect to. */
  open(guest: DesktopGuest): Promise<{ port: number; pids: () => number[]; close: () => unknown }>;
  prepare(): Promise<DesktopGuest>;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const ours: Side = {
  prepare: () => DesktopGuest.prepare({ screens: oneScreen }),
  async open(guest) {
    const port = freePort();
    const program = await startProgram(`
[spice]
  port = "${port}"
  disable-ticketing = "on"
[web]
  enabled = "off"
[guest]
  driver = "qemu"
  vnc = "unix:${guest.socket("vnc0")}"
  qmp = "unix:${guest.socket("qmp")}"
[chardev "vda"]
  backend = "socket"
  path = "${guest.socket("agent")}"
[device]
  driver = "virtserialport"
  name = "com.redhat.spice.0"
  chardev = "vda"
`);
    return {
      port,
      pids: () => [program.child.pid],
      close: () => program[Symbol.asyncDispose](),
    };
  },
};

const spicePort = freePort();
const theirs: Side = {
  prepare: () =>
    DesktopGuest.prepare({
      screens: () => [
        ...["-device", "virtio-vga,id=video0,edid=on"],
        ...["-spice", `port=${spicePort},addr=127.0.0.1,disable-ticketing=on`],
      ],
      agent: () => [
        ...["-chardev", "spicevmc,id=agent,name=vdagent"],
        ...["-device", "virtserialport,chardev=agent,name=com.redhat.spice.0,id=agentport"],
      ],
    }),
  open: () => Promise.resolve({ port: spicePort, pids: () => [], close: () => {} }),
};

/** Processor time of a process, or of its threads with such names, in seconds. */
function cpu(pid: number, thread = /./): number {
  // the runtime reads /proc for nobody but who may everything
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", thread.source === "." ? `cat /proc/${pid}/stat` : `cat /proc/${pid}/task/*/stat`],
    stderr: "null",
  }).outputSync();
  let ticks = 0;
  for (const stat of new TextDecoder().decode(stdout).trim().split("\n")) {
    const end = stat.lastIndexOf(")");
    if (!thread.test(stat.slice(0, end))) continue;
    const fields = stat.slice(end + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

async function measure(side: Side): Promise<{ costs: Record<string, Cost>; delay: number[] }> {
  await using guest = await side.prepare();
  const early = side === ours ? await side.open(guest) : null;
  guest.qemu.powerOn();
  const opened = early ?? await side.open(guest);
  const way = counting(opened.port);
  const costs: Record<string, Cost> = {};
  try {
    await eventually(async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: opened.port })).close();
        return true;
      } catch {
        return false;
      }
    }, "it listens");
    const look = () => {
      const qemu = guest.qemu.pid!;
      const rest = opened.pids().reduce((sum, pid) => sum + cpu(pid), 0);
      const all = cpu(qemu) + rest;
      return { bytes: way.bytes, all, host: all - cpu(qemu, /CPU 0/) };
    };
    let before = look();
    await using hand = new Hand(way.port);
    for (const [name, script] of Object.entries(scripts)) {
      if (name === "boot") await guest.up();
      else {
        before = look();
        await guest.run(script, 120);
      }
      await new Promise((wake) => setTimeout(wake, 1500));
      const now = look();
      costs[name] = {
        bytes: now.bytes - before.bytes,
        all: now.all - before.all,
        host: now.host - before.host,
      };
    }
    const delay: number[] = [];
    await guest.run("xterm +bc -b 0 -geometry 100x40+20+20 -e cat > /dev/null 2>&1 &");
    await hand.tell("point", 300, 300, 0);
    await new Promise((wake) => setTimeout(wake, 3000));
    for (let i = 0; i < KEYS; i++) {
      const known = hand.said.length;
      await hand.tell("delay", 0x1e + i % 9);
      await hand.says(
        (said) => said.event === "delay" && hand.said.indexOf(said) >= known,
        "seen",
        10,
      );
      delay.push(hand.said.findLast(({ event }) => event === "delay")!.ms);
      await new Promise((wake) => setTimeout(wake, 150 + Math.random() * 100));
    }
    return { costs, delay };
  } finally {
    way.close();
    await opened.close();
  }
}

if (!needsDesktop("xdotool").ignore && handProgram !== null) {
  console.log(
    "             MB to the client             host's s of CPU            with the virtual CPU",
  );
  const [mine, other] = [[], []] as Awaited<ReturnType<typeof measure>>[][];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(await measure(ours));
    other.push(await measure(theirs));
  }
  const cell = (of: (cost: Cost) => number, name: string, digits: number) => {
    const a = median(mine.map(({ costs }) => of(costs[name])));
    const b = median(other.map(({ costs }) => of(costs[name])));
    return `${a.toFixed(digits)} / ${b.toFixed(digits)} = ${(a / b).toFixed(2)}`.padStart(27);
  };
  for (const name of Object.keys(scripts)) {
    console.log(
      name.padEnd(9) + cell(({ bytes }) => bytes / 1e6, name, 3) + cell(
        ({ host }) => host,
        name,
        2,
      ) +
        cell(({ all }) => all, name, 2),
    );
  }
  const [a, b] = [mine, other].map((all) => median(all.flatMap(({ delay }) => delay)));
  console.log(
    `key to pixel: ${a.toFixed(1)} / ${b.toFixed(1)} ms = ${(a / b).toFixed(2)} (median)`,
  );
  // what was started beside must not hold the program
  Deno.exit(0);
}
