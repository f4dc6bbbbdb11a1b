/**
 * The same work as libspice-server, command by command: every drawing is encoded and sent before
 * the next is taken, so bytes can be compared. CPU is that of the whole process here without the
 * guest's driver, and of the worker thread there.
 */
import { recording } from "../kit/appliance.ts";
import { libspice, ours, peersHere } from "./side_by_side.ts";

const NAMES = (Deno.env.get("NAMES") ?? "browser,office-dfps,video360,qemu").split(",");
const SETTINGS = (Deno.env.get("SETTINGS") ?? "auto_glz,auto_lz,quic,glz,lz,lz4").split(",");

if (peersHere()) {
  console.log(
    "recording    setting     MB there  here  ratio   CPU s there  here  ratio   wall ratio",
  );
  for (const name of NAMES) {
    for (const setting of SETTINGS) {
      const there = await libspice(recording(name), ["-c", setting, "-s", "off", "-L", "1"]);
      const [, here] = await ours(recording(name), 2, "lockstep", setting);
      if (!here) {
        console.log(`${name.padEnd(12)} ${setting.padEnd(9)} not in this release`);
        continue;
      }
      const f = (n: number, width: number) => n.toFixed(2).padStart(width);
      console.log(
        `${name.padEnd(12)} ${setting.padEnd(9)}` +
          f(there.bytes / 1e6, 11) + f(here.sentBytes / 1e6, 6) +
          f(here.sentBytes / there.bytes, 7) +
          f(there.cpuSeconds, 14) + f(here.serverMs / 1000, 6) +
          f(here.serverMs / 1000 / there.cpuSeconds, 7) +
          f(here.wallMs / 1000 / there.wallSeconds, 13),
      );
    }
  }
}
