/**
 * Damaged pictures for every decoder. `deno run tests/fuzz/decoders_soak.ts 10000000` is the same with more
 * of them.
 */
import { assert, assertEquals } from "@std/assert";
import { decoders, soak } from "../kit/damaged.ts";
import { effort } from "../kit/effort.ts";

// a stack for each of so many errors would take longer than all the rest
Error.stackTraceLimit = 0;

for (const name of decoders) {
  Deno.test(`${name} of ${effort.decoderInputs} damaged pictures reads or refuses each`, () => {
    const { inputs, pictures } = soak(name, effort.decoderInputs, 12);
    assertEquals(inputs, effort.decoderInputs);
    assert(pictures > inputs / 50 && pictures < inputs, `${pictures} are pictures`);
  });
}
