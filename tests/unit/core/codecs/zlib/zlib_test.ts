import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { constants, deflateRawSync, deflateSync, inflateSync } from "node:zlib";
import { seeded } from "../../../../../core/binary/random.ts";
import { GlzDictionary } from "../../../../../core/codecs/glz/mod.ts";
import { deflateGlz } from "../../../../../core/codecs/zlib/deflate.ts";
import { inflate } from "../../../../../core/codecs/zlib/inflate.ts";
import { lzPicture } from "../../../../kit/lz_pictures.ts";
import { mutate } from "../../../../kit/mutate.ts";

const { Z_FIXED, Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE } = constants;

/** Streams with blocks of all kinds. */
function streams(): { bytes: Uint8Array; packed: Uint8Array }[] {
  const random = seeded(10);
  return Array.from({ length: 300 }, (_, i) => {
    const letters = [1, 2, 20, 256][random.below(4)];
    const bytes = Uint8Array.from(
      { length: random.below(i < 290 ? 900 : 200_000) },
      (_, at) => random.below(30) === 0 ? at : random.below(letters),
    );
    const strategy = [Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE][random.below(4)];
    const packed = deflateSync(bytes, { level: random.below(10), strategy });
    return { bytes, packed: new Uint8Array(packed) };
  });
}

Deno.test("zlib streams of every level and strategy are read", () => {
  for (const { bytes, packed } of streams()) {
    assert(Buffer.compare(inflate(packed, bytes.length), bytes) === 0);
  }
});

Deno.test("zlib streams of another size, with another sum or nothing in them are refused", () => {
  const bytes = new TextEncoder().encode("GLZ, GLZ, GLZ and GLZ");
  const packed = new Uint8Array(deflateSync(bytes));
  assertThrows(() => inflate(packed, 20), RangeError, "more bytes");
  assertThrows(() => inflate(packed, 22), RangeError, "21 bytes");
  packed[packed.length - 1] ^= 1;
  assertThrows(() => inflate(packed, 21), RangeError, "checksum");
  assertThrows(() => inflate(packed.subarray(0, 9), 21), RangeError, "cut off");
  assertThrows(() => inflate(new Uint8Array(deflateRawSync(bytes)), 21), RangeError, "no zlib");
  assertThrows(() => inflate(new Uint8Array(0), 21), RangeError, "no zlib");
});

Deno.test("zlib reads of 100000 damaged streams what node reads", () => {
  const random = seeded(11);
  const whole = streams().slice(0, 200);
  const room = new Uint8Array(4096);
  let read = 0;
  for (let i = 0; i < 100_000; i++) {
    const { packed, bytes } = whole[random.below(whole.length)];
    const other = whole[random.below(whole.length)].packed;
    const input = room.subarray(0, mutate(random, packed, other, room));
    let own: Uint8Array | null = null;
    try {
      own = inflate(input, bytes.length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    if (own === null && i % 10 > 0) continue;
    let theirs: Uint8Array | null = null;
    try {
      theirs = inflateSync(input, { maxOutputLength: Math.max(1, bytes.length) });
    } catch { /* refused */ }
    if (theirs?.length !== bytes.length) theirs = null;
    assertEquals(own === null, theirs === null, `stream ${i}`);
    if (own && theirs) read++, assert(Buffer.compare(own, theirs) === 0, `stream ${i}`);
  }
  assert(read > 1000, `${read} were read`);
});

Deno.test("GLZ goes through zlib and back where that is smaller", () => {
  using dictionary = new GlzDictionary(1 << 16);
  const random = seeded(12);
  let smaller = 0;
  for (let i = 0; i < 100; i++) {
    const rows = lzPicture(random, "bit32", 1 + random.below(60), 1 + random.below(60));
    const glz = dictionary.encode({ ...rows, format: "bit32" }).bytes.slice();
    const packed = deflateGlz(glz);
    if (packed === null) continue;
    smaller++;
    assert(packed.length < glz.length && glz.length >= 100);
    assertEquals(inflate(packed, glz.length), glz);
  }
  assert(smaller > 20 && smaller < 100, `${smaller} are smaller`);
});
