/** Damaged LZ and GLZ: what is read or refused is what the twins read and refuse, and nothing else happens. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { seeded } from "../../core/binary/random.ts";
import { GlzDictionary, type GlzFormat, GlzWindow } from "../../core/codecs/glz/mod.ts";
import { decodeLz, encodeLz } from "../../core/codecs/lz/mod.ts";
import { effort } from "../kit/effort.ts";
import { lzFormats, lzPicture } from "../kit/lz_pictures.ts";
import { mutate } from "../kit/mutate.ts";
import { Window } from "../oracles/glz.ts";
import { decode } from "../oracles/lz.ts";

/** What a call returns; null: RangeError, any other is thrown. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

// a stack for each of a million errors would take longer than all the rest
Error.stackTraceLimit = 0;
const MOST = 1024;

Deno.test(`LZ reads or refuses ${effort.lzInputs} damaged pictures as its twin does`, () => {
  const random = seeded(5);
  const seeds = Array.from({ length: 220 }, (_, i) => {
    const size = () => 1 + random.below(24);
    return encodeLz(lzPicture(random, lzFormats[i % lzFormats.length], size(), size())).slice();
  });
  const room = new Uint8Array(8192);
  let read = 0;
  for (let i = 0; i < effort.lzInputs; i++) {
    const seed = seeds[random.below(seeds.length)];
    const other = seeds[random.below(seeds.length)];
    const input = room.subarray(0, mutate(random, seed, other, room));
    // most of what is damaged in the header is refused at once: leave it whole more often than not
    if (input.length > 28 && random.below(4) > 0) input.set(seed.subarray(0, 28));
    const got = attempt(() => decodeLz(input, MOST));
    if (got) read++, assert(got.width * got.height <= MOST && got.data.length <= MOST * 4);
    if (i % 20 > 0) continue;
    const expected = attempt(() => decode(input, MOST));
    assertEquals(got === null, expected === null, `input ${i}`);
    if (got && expected) assert(Buffer.compare(got.data, expected.data) === 0, `input ${i}`);
  }
  assert(read > effort.lzInputs / 50 && read < effort.lzInputs, `${read} are pictures`);
});

Deno.test(`GLZ reads or refuses ${effort.lzInputs} damaged pictures as its twin does`, () => {
  const random = seeded(6);
  const formats: GlzFormat[] = ["bit16", "bit24", "bit32", "rgba"];
  const conversations = Array.from({ length: 40 }, () => {
    using dictionary = new GlzDictionary(2048);
    return Array.from({ length: 6 }, () => {
      const size = () => 1 + random.below(16);
      const format = formats[random.below(random.below(3) > 0 ? 1 : 4)];
      const { data, width, height, stride, topDown } = lzPicture(random, format, size(), size());
      return dictionary.encode({ data, width, height, stride, topDown, format }).bytes.slice();
    });
  });
  const room = new Uint8Array(8192);
  let read = 0, missing = 0;
  for (let i = 0; i < effort.lzInputs;) {
    const messages = conversations[random.below(conversations.length)];
    using kept = new GlzWindow(2048);
    const twin = new Window();
    for (let k = 0; k < 40 && i < effort.lzInputs; i++, k++) {
      const seed = messages[random.below(messages.length)];
      const next = messages[Math.min(k, messages.length - 1)];
      let input = next;
      // the first go in whole, so that something is there to refer to
      if (k > 2) {
        input = room.subarray(0, mutate(random, random.below(2) > 0 ? seed : next, seed, room));
        if (input.length > 33 && random.below(4) > 0) {
          input.set(seed.subarray(0, 33));
          input[28] = random.below(8);
          input[32] = random.below(input[28] + 1);
        }
      }
      const got = attempt(() => kept.decode(input, MOST));
      const expected = attempt(() => twin.decode(input, MOST));
      // the window also has a bound, which the twin has not
      if (got === null && expected !== null) {
        assert(isFar(input), `input ${i}`);
        break;
      }
      assertEquals(got === null, expected === null, `input ${i}`);
      if (!got || !expected) continue;
      if ("missing" in got || "missing" in expected) {
        missing++;
        assertEquals(got, expected, `input ${i}`);
      } else {
        read++;
        assert(Buffer.compare(got.pixels, new Uint8Array(expected.buffer)) === 0, `input ${i}`);
      }
    }
  }
  assert(read > effort.lzInputs / 50 && missing > 0, `${read} are pictures, ${missing} lack one`);
});

/** An id far from the others. */
function isFar(input: Uint8Array): boolean {
  return Number(new DataView(input.buffer, input.byteOffset).getBigUint64(21)) > 64;
}
