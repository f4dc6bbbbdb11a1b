import { type Random, randomBytes } from "../../core/binary/random.ts";

/** Bytes in which a third is noise, a third runs of one byte, a third repeats what came before. */
export function randomRuns(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const run = 1 + random.below(40);
    const kind = random.below(3);
    if (kind === 0) bytes.set(randomBytes(random, Math.min(run, length - at)), at);
    else if (kind === 1 && at > run) {
      const from = random.below(at - run + 1);
      bytes.copyWithin(at, from, Math.min(from + run, from + length - at));
    } else bytes.fill(random.below(256), at, at + run);
    at += run;
  }
  return bytes;
}
