import { assertEquals, assertThrows } from "@std/assert";
import { randomBytes, seeded } from "../../../../../core/binary/random.ts";
import { decodeLz4, encodeLz4 } from "../../../../../core/codecs/lz4/mod.ts";
import { compressBlock, decompressBlock, worstCase } from "../../../../../core/codecs/lz4/block.ts";

function picture(seed: number, length: number): Uint8Array {
  const random = seeded(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const run = 1 + random.below(40);
    if (random.below(3) === 0) bytes.set(randomBytes(random, Math.min(run, length - at)), at);
    else if (random.below(2) === 0 && at > run) {
      const from = random.below(at - run + 1);
      bytes.copyWithin(at, from, Math.min(from + run, from + length - at));
    } else bytes.fill(random.below(256), at, at + run);
    at += run;
  }
  return bytes;
}

Deno.test("an LZ4 block gives back every byte, at every length from 0 to 400 and some long ones", () => {
  for (const length of [...Array(401).keys(), 5000, 70001, 300000]) {
    const source = picture(length + 1, length);
    const out = new Uint8Array(worstCase(length));
    const end = compressBlock(source, out, 0);
    const back = new Uint8Array(length);
    assertEquals(decompressBlock(out.subarray(0, end), back, 0), length);
    assertEquals(back, source);
  }
});

Deno.test("an LZ4 image keeps rows without their padding", () => {
  const data = picture(7, 40 * 100);
  const encoded = encodeLz4({ data, height: 100, stride: 40, rowBytes: 36 }, true, 8)!;
  const { topDown, format, rows } = decodeLz4(encoded, () => 3600);
  assertEquals([topDown, format], [true, 8]);
  for (let y = 0; y < 100; y++) {
    assertEquals(rows.subarray(y * 36, y * 36 + 36), data.subarray(y * 40, y * 40 + 36));
  }
});

Deno.test("noise does not shrink, so there is no LZ4 image of it", () => {
  const data = randomBytes(seeded(3), 4096);
  assertEquals(encodeLz4({ data, height: 32, stride: 128, rowBytes: 128 }, true, 8), null);
});

Deno.test("mutated LZ4 images end in a picture or a RangeError", () => {
  const random = seeded(11);
  const data = picture(5, 4000);
  const encoded = encodeLz4({ data, height: 10, stride: 400, rowBytes: 400 }, true, 8)!.slice();
  let refused = 0;
  for (let i = 0; i < 200_000; i++) {
    const hurt = encoded.slice(
      0,
      random.below(10) === 0 ? random.below(encoded.length) : undefined,
    );
    for (let n = random.below(4); n >= 0; n--) {
      if (hurt.length > 0) hurt[random.below(hurt.length)] = random.below(256);
    }
    try {
      decodeLz4(hurt, () => 4000);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused++;
    }
  }
  assertThrows(() => decodeLz4(new Uint8Array([1]), () => 4), RangeError);
  // most mutations break something, some only change pixels
  assertEquals(refused > 50_000 && refused < 200_000, true);
});
