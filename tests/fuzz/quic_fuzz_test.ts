/** Damaged QUIC: what is read or refused is what the twin reads and refuses, and nothing else happens. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { seeded } from "../../core/binary/random.ts";
import {
  decodeQuic,
  encodeQuic,
  quicFormats,
  type QuicPicture,
} from "../../core/codecs/quic/mod.ts";
import { effort } from "../kit/effort.ts";
import { mutate } from "../kit/mutate.ts";
import { randomPicture } from "../kit/quic_pictures.ts";
import { decodeTwin } from "../oracles/quic.ts";

/** Null: a RangeError; any other is thrown. */
function attempt(
  decode: typeof decodeQuic,
  stream: Uint8Array,
  size: { width: number; height: number },
): QuicPicture | null {
  try {
    return decode(stream, size);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

// a stack for each of a million errors would take longer than all the rest
Error.stackTraceLimit = 0;
const HEAD = 20;

Deno.test(`QUIC reads or refuses ${effort.quicInputs} damaged streams as its twin does`, () => {
  const random = seeded(10);
  const seeds = Array.from({ length: 250 }, (_, i) => {
    const [width, height] = [1 + random.below(24), 1 + random.below(12)];
    const picture = randomPicture(random, quicFormats[i % 5], width, height);
    return { width, height, stream: encodeQuic(picture).slice() };
  });
  const room = new Uint8Array(4096);
  let read = 0, compared = 0;
  for (let i = 0; i < effort.quicInputs; i++) {
    const size = seeds[random.below(seeds.length)];
    const other = seeds[random.below(seeds.length)].stream;
    let input;
    if (random.below(8) === 0) {
      input = room.subarray(0, mutate(random, size.stream, other, room));
    } else {
      // the head is whole, or says another format of the same depth: the bits are what is tried
      const n = mutate(random, size.stream.subarray(HEAD), other, room.subarray(HEAD));
      input = room.subarray(0, HEAD + n);
      input.set(size.stream.subarray(0, HEAD));
      if (random.below(8) === 0) input[8] = 1 + random.below(5);
    }
    const got = attempt(decodeQuic, input, size);
    if (got) {
      read++;
      const bytes = { gray: 1, rgb16: 2, rgb24: 3, rgb32: 4, rgba: 4 }[got.format];
      assertEquals(got.data.length, size.width * size.height * bytes);
    }
    if (i % 100 > 0) continue;
    const expected = attempt(decodeTwin, input, size);
    assertEquals(got === null, expected === null, `input ${i}`);
    if (got && expected) assert(Buffer.compare(got.data, expected.data) === 0, `input ${i}`);
    compared++;
  }
  assert(read > effort.quicInputs / 20 && read < effort.quicInputs, `${read} are pictures`);
  assert(compared > effort.quicInputs / 200);
});

Deno.test("QUIC takes no longer for a hostile stream than for the size of its picture", () => {
  // ones are runs without an end, zeroes the longest codes
  for (const fill of [0x00, 0xff, 0x55, 0x80]) {
    for (const [width, height] of [[1, 100_000], [100_000, 1], [2000, 2000]]) {
      const stream = new Uint8Array(40_000).fill(fill);
      new Uint32Array(stream.buffer).set([0x43495551, 0, 4, width, height]);
      // refused or read, it ends: the runner's time is the judge
      const got = attempt(decodeQuic, stream, { width, height });
      assert(got === null || got.data.length === width * height * 4);
    }
  }
});
