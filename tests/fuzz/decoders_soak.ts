/**
 * The decoders for as long as is wanted: `deno run tests/fuzz/decoders_soak.ts [inputs] [seed] [names…]`.
 * Ends with an error at the first input that hurts, and prints it.
 */
import { type DecoderName, decoders, soak } from "../kit/damaged.ts";

const [inputs = "1000000", seed = "1", ...names] = Deno.args;
Error.stackTraceLimit = 0;
console.log("decoder         inputs   pictures    refused   seconds   longest ms   MiB");
for (const name of names.length > 0 ? names as DecoderName[] : decoders) {
  const { pictures, seconds, longestMs } = soak(name, Number(inputs), Number(seed));
  const cell = (value: number, width: number, digits = 0) => value.toFixed(digits).padStart(width);
  console.log(
    name.padEnd(11) + cell(Number(inputs), 11) + cell(pictures, 11) +
      cell(Number(inputs) - pictures, 11) + cell(seconds, 10) + cell(longestMs, 13, 1) +
      cell(Deno.memoryUsage().rss / 2 ** 20, 6),
  );
}
