import { assert, assertEquals } from "@std/assert";
import { type Random, seeded } from "../../core/binary/random.ts";
import { decodeLz4, encodeLz4, type Lz4Picture } from "../../core/codecs/lz4/mod.ts";
import { effort } from "../kit/effort.ts";
import { mutate } from "../kit/mutate.ts";
import { randomRuns } from "../kit/random_runs.ts";
import * as twin from "../oracles/lz4.ts";

const SIZE = 600;
/** Of so many mutations one is judged by the slow twin too. */
const JUDGED = 8;

/** Images of 600 bytes, some in several blocks that refer to earlier ones. */
function seeds(random: Random): Uint8Array[] {
  return Array.from({ length: 64 }, (_, i) => {
    const data = randomRuns(random, SIZE);
    const format = 6 + i % 3;
    const image = encodeLz4({ data, height: 10, stride: 60, rowBytes: 60 }, true, format);
    if (image === null) throw new Error("a seed does not shrink");
    if (i % 2 === 0) return image.slice();
    // 100 zeros, as a literal and a match, stand for the first 100 bytes: the rest refers behind them
    const rest = image.subarray(6);
    const zeros = [0, 0, 0, 5, 0x1f, 0, 1, 0, 80];
    const joined = new Uint8Array(2 + zeros.length + 4 + rest.length);
    joined.set([1, format, ...zeros]);
    new DataView(joined.buffer).setUint32(2 + zeros.length, rest.length);
    joined.set(rest, 6 + zeros.length);
    return joined;
  });
}

Deno.test("mutated LZ4 images end in the twin's picture or in a RangeError", () => {
  const random = seeded(11);
  const all = seeds(random);
  const into = new Uint8Array(1200);
  let refused = 0;
  for (let i = 0; i < effort.mutations; i++) {
    const seed = all[random.below(all.length)];
    const n = mutate(random, seed, all[random.below(all.length)], into);
    const hurt = into.subarray(0, n);
    const size = () => seed.length % 2 === 0 ? SIZE : SIZE + 100;
    const got = tried(() => decodeLz4(hurt, size));
    if (got === null) refused++;
    if (i % JUDGED === 0) {
      const expected = tried(() => twin.decode(hurt, size));
      assertEquals(got === null, expected === null, `mutation ${i}`);
      if (got !== null && expected !== null) {
        assert(got.rows.every((byte, j) => byte === expected.rows[j]), `mutation ${i}`);
      }
    }
  }
  assert(refused > effort.mutations / 10 && refused < effort.mutations, `${refused} refused`);
});

Deno.test("random LZ4 pictures are encoded as the twin does, and come back", () => {
  const random = seeded(5);
  for (let i = 0; i < effort.samples; i++) {
    const data = randomRuns(random, 1 + random.below(3000));
    const format = 5 + random.below(5);
    const rows = { data, height: 1, stride: data.length, rowBytes: data.length };
    const image = encodeLz4(rows, i % 2 === 0, format)?.slice() ?? null;
    assertEquals(image, twin.encode(data, i % 2 === 0, format), `picture ${i}`);
    if (image !== null) assertEquals(decodeLz4(image, () => data.length).rows, data);
  }
});

function tried(decode: () => Lz4Picture): Lz4Picture | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
