/** A film over 3 Mbit/s and 80 ms each way; tests/bench/shaped_bench.ts measures the same more closely. */
import { assert } from "@std/assert";
import { overFilm, playShaped } from "../bench/shaped_link.ts";

Deno.test("a film over a narrow way leaves room for what keys do", async () => {
  const way = { bitsPerSecond: 3e6, delayMs: 80, queueBytes: 96 << 10 };
  const { frames, delaysMs } = await overFilm((port) => playShaped(port, way, 10, 4000));
  assert(frames.length >= 20, `${frames.length} frames`);
  assert(delaysMs.length >= 3, `${delaysMs.length} keys were pressed`);
  const [middle] = delaysMs.toSorted((a, b) => a - b).slice(delaysMs.length >> 1);
  // a film sent as fast as the system takes it fills its buffers for ten seconds and more
  assert(middle < 2500, `a key's picture comes after ${middle} ms`);
});
