/**
 * The same work as libspice-server, command by command: every drawing is encoded and sent before
 * the next is taken, so bytes can be compared. CPU is that of the worker thread there, and of the whole
 * process here without what the guest takes alone in the same pass; the lesser of two runs counts.
 *
 * "cold" is a process's first pass, in which V8 still compiles: libspice-server has no such pass.
 * What misses its bar (bytes 1.02, and 0.85 over all of the automatic mode; CPU 1.2, automatic 1.3;
 * wall 0.7) has a star.
 */
import { recording } from "../kit/appliance.ts";
import { guestAlone, libspice, ours, peersHere } from "./side_by_side.ts";

const NAMES = (Deno.env.get("NAMES") ?? "browser,office-dfps,video360,qemu").split(",");
const SETTINGS = (Deno.env.get("SETTINGS") ?? "auto_glz,quic,lz,lz4").split(",");
const RUNS = Number(Deno.env.get("RUNS") ?? 2);

/** One side of a cell, or the sum of cells. */
interface Cost {
  bytes: number;
  cpu: number;
  wall: number;
}

interface Sides {
  readonly theirs: Cost[];
  readonly cold: Cost[];
  readonly warm: Cost[];
}

const least = (costs: Cost[]): Cost => ({
  bytes: Math.min(...costs.map(({ bytes }) => bytes)),
  cpu: Math.min(...costs.map(({ cpu }) => cpu)),
  wall: Math.min(...costs.map(({ wall }) => wall)),
});
const sum = (costs: Cost[]): Cost =>
  costs.reduce((all, { bytes, cpu, wall }) => ({
    bytes: all.bytes + bytes,
    cpu: all.cpu + cpu,
    wall: all.wall + wall,
  }), { bytes: 0, cpu: 0, wall: 0 });

async function there(name: string, setting: string): Promise<Cost> {
  const runs: Cost[] = [];
  for (let i = 0; i < RUNS; i++) {
    const run = await libspice(recording(name), ["-c", setting, "-s", "off", "-L", "1"]);
    runs.push({ bytes: run.bytes, cpu: run.cpuSeconds, wall: run.wallSeconds });
  }
  return least(runs);
}

async function here(
  name: string,
  setting: string,
  guestMs: number[],
): Promise<{ cold: Cost; warm: Cost }> {
  const passes = await ours(recording(name), 1 + RUNS, "lockstep", setting);
  const [cold, ...warm] = passes.map(({ sentBytes, totalMs, wallMs }) => ({
    bytes: sentBytes,
    cpu: totalMs / 1000,
    wall: wallMs / 1000,
  }));
  cold.cpu -= guestMs[0] / 1000;
  const all = least(warm);
  return { cold, warm: { ...all, cpu: all.cpu - Math.min(...guestMs.slice(1)) / 1000 } };
}

function line(name: string, setting: string, theirs: Cost, cold: Cost, warm: Cost, most: number) {
  const f = (n: number, width: number) => n.toFixed(2).padStart(width);
  const ratio = (ours: number, theirs: number, bar: number, width: number) =>
    f(ours / theirs, width) + (ours / theirs > bar ? "*" : " ");
  const cpu = setting.startsWith("auto") ? 1.3 : 1.2;
  console.log(
    name.padEnd(12) + setting.padEnd(10) +
      f(theirs.bytes / 1e6, 8) + f(warm.bytes / 1e6, 7) +
      ratio(warm.bytes, theirs.bytes, most, 6) +
      f(theirs.cpu, 8) + f(warm.cpu, 6) + ratio(warm.cpu, theirs.cpu, cpu, 6) +
      ratio(cold.cpu, theirs.cpu, cpu, 6) +
      f(theirs.wall, 9) + f(warm.wall, 6) + ratio(warm.wall, theirs.wall, 0.7, 6) +
      ratio(cold.wall, theirs.wall, 0.7, 6),
  );
}

if (peersHere()) {
  console.log(`load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
  console.log(
    "recording   setting   MB there   here  ratio  CPU there  here ratio  cold   wall there here ratio  cold",
  );
  const all = new Map(
    SETTINGS.map((setting) => [setting, { theirs: [], cold: [], warm: [] } as Sides]),
  );
  for (const name of NAMES) {
    const guestMs = await guestAlone(recording(name), 1 + RUNS, "lockstep");
    for (const [setting, sides] of all) {
      const theirs = await there(name, setting);
      const { cold, warm } = await here(name, setting, guestMs);
      line(name, setting, theirs, cold, warm, 1.02);
      sides.theirs.push(theirs), sides.cold.push(cold), sides.warm.push(warm);
    }
  }
  for (const [setting, { theirs, cold, warm }] of all) {
    const most = setting.startsWith("auto") ? 0.85 : 1.02;
    line("sum", setting, sum(theirs), sum(cold), sum(warm), most);
  }
}
