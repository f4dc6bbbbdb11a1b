/**
 * How CPU and memory grow with the number of clients: the same recording in lock-step, every client
 * sent every drawing. CPU is that of the whole process without what the guest takes alone, the least
 * of the passes after the first; memory is the peak of the process, which has the recording in it, too
 * (memory_bench.ts has the program alone). libspice-server costs 3.4 to 4.1 times the CPU for four clients.
 */
import { recording } from "../kit/appliance.ts";
import { guestAlone, ours, peersHere } from "./side_by_side.ts";

const NAMES = ["browser", "office-dfps"];
const SETTINGS = ["auto_glz", "lz4"];
const CLIENTS = [1, 2, 4, 8, 16];
const PASSES = 5;

if (peersHere()) {
  console.log(
    "recording    setting   clients   CPU s   of one   MB sent   peak MiB   each further",
  );
  for (const name of NAMES) {
    const [, ...guest] = await guestAlone(recording(name), PASSES, "lockstep");
    const guestMs = Math.min(...guest);
    for (const setting of SETTINGS) {
      let first: { cpu: number; peak: number } | null = null;
      for (const clients of CLIENTS) {
        const [, ...passes] = await ours(
          recording(name),
          PASSES,
          "lockstep",
          setting,
          "off",
          [],
          clients,
        );
        const pass = passes.at(-1)!;
        const cpu = (Math.min(...passes.map(({ totalMs }) => totalMs)) - guestMs) / 1000;
        const peak = pass.peakBytes / 2 ** 20;
        first ??= { cpu, peak };
        const each = clients > 1 ? (peak - first.peak) / (clients - 1) : 0;
        console.log(
          `${name.padEnd(12)} ${setting.padEnd(9)} ${String(clients).padStart(7)}` +
            cpu.toFixed(2).padStart(8) + (cpu / first.cpu).toFixed(2).padStart(9) +
            (pass.sentBytes / 1e6).toFixed(1).padStart(10) + peak.toFixed(0).padStart(11) +
            each.toFixed(1).padStart(15),
        );
      }
    }
  }
}
