/**
 * CPU per drawing beside libspice-server, in one run on one machine: pace max, images uncompressed,
 * streaming off, the same client program. What the guest does itself is left out on both sides:
 * there, the thread that reads the recording; here, what the same program takes in the same pass
 * when its card gives every command back unread (giving_card.ts).
 *
 * "cold" is the first pass of a process, in which V8 still compiles. "warm" is the median of the
 * later ones, which is how a server that has run for a second costs. Of each the least of three
 * processes counts: what else runs on the machine makes them dearer, never cheaper.
 */
import { recording } from "../kit/appliance.ts";
import { guestAlone, libspice, median, ours, peersHere } from "./side_by_side.ts";

const PASSES = 7;
/** The first passes still compile. */
const COMPILING = 3;
const RUNS = 3;

if (peersHere()) {
  console.log(
    "recording    libspice µs/draw   ours cold   ours warm   guest cold   guest warm" +
      "   ratio cold   ratio warm   MB sent",
  );
  for (const name of ["office", "qemu"]) {
    const file = recording(name);
    const runs = [], served = [], guests = [];
    for (let i = 0; i < RUNS; i++) {
      runs.push(await libspice(file, ["-c", "off", "-s", "off"]));
      served.push(await ours(file, PASSES, "max", "off"));
      guests.push(await guestAlone(file, PASSES));
    }
    const { draws } = served[0][0];
    const us = (ms: readonly number[]) => Math.min(...ms) * 1000 / draws;
    const later = (passes: readonly number[]) => median(passes.slice(COMPILING));
    const totals = served.map((passes) => passes.map(({ totalMs }) => totalMs));
    const theirs = us(runs.map(({ cpuSeconds }) => cpuSeconds * 1000));
    const guestCold = us(guests.map(([first]) => first)), guestWarm = us(guests.map(later));
    const cold = us(totals.map(([first]) => first)) - guestCold;
    const warm = us(totals.map(later)) - guestWarm;
    const cell = (value: number, width: number) => value.toFixed(2).padStart(width);
    console.log(
      name.padEnd(10) + cell(theirs, 19) + cell(cold, 12) + cell(warm, 12) +
        cell(guestCold, 13) + cell(guestWarm, 13) + cell(cold / theirs, 13) +
        cell(warm / theirs, 13) +
        `   ${(median(runs.map(({ bytes }) => bytes)) / 1e6).toFixed(0)} / ` +
        (median(served[0].map(({ sentBytes }) => sentBytes)) / 1e6).toFixed(0),
    );
  }
}
