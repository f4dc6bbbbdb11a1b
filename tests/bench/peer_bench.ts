/**
 * CPU per drawing beside libspice-server, in one run on one machine: pace max, images uncompressed,
 * streaming off, the same client program. What the guest does itself is left out on both sides:
 * there, reading the recording; here, the driver writing commands into card memory.
 *
 * "cold" is the first pass of a process, in which V8 still compiles; "warm" is the median of the
 * later ones, which is how a server that has run for a second costs.
 */
import { recording } from "../kit/appliance.ts";
import { libspice, median, ours, type Pass, peersHere } from "./side_by_side.ts";

const PASSES = 9;

if (peersHere()) {
  console.log(
    "recording    libspice µs/draw   ours cold   ours warm   ratio cold   ratio warm   MB sent",
  );
  for (const name of ["office", "qemu"]) {
    const runs = [];
    for (let i = 0; i < 3; i++) {
      runs.push(await libspice(recording(name), ["-c", "off", "-s", "off"]));
    }
    const [cold, ...warm] = await ours(recording(name), PASSES, "max", "off");
    const us = (pass: Pass) => pass.serverMs * 1000 / pass.draws;
    const theirs = median(runs.map(({ cpuSeconds }) => cpuSeconds)) * 1e6 / cold.draws;
    // the first passes still compile
    const later = median(warm.slice(2).map(us));
    const cell = (value: number, width: number) => value.toFixed(2).padStart(width);
    console.log(
      name.padEnd(10) + cell(theirs, 19) + cell(us(cold), 12) + cell(later, 12) +
        cell(us(cold) / theirs, 13) + cell(later / theirs, 13) +
        `   ${(median(runs.map(({ bytes }) => bytes)) / 1e6).toFixed(0)} / ` +
        (median(warm.map(({ sentBytes }) => sentBytes)) / 1e6).toFixed(0),
    );
  }
}
