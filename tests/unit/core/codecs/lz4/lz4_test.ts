import { assertEquals, assertThrows } from "@std/assert";
import { randomBytes, seeded } from "../../../../../core/binary/random.ts";
import { decodeLz4, encodeLz4 } from "../../../../../core/codecs/lz4/mod.ts";
import { randomRuns } from "../../../../kit/random_runs.ts";
import * as twin from "../../../../oracles/lz4.ts";

const BIT16 = 6, BIT24 = 7, BIT32 = 8;

Deno.test("an LZ4 image gives back every byte and is its twin's, at every length from 0 to 400 and some long ones", () => {
  for (const format of [BIT16, BIT24, BIT32]) {
    for (const length of [...Array(401).keys(), 5000, 70001, 300000]) {
      const data = randomRuns(seeded(length + 1), length);
      const encoded = encodeLz4({ data, height: 1, stride: length, rowBytes: length }, true, format)
        ?.slice() ?? null;
      assertEquals(encoded, twin.encode(data, true, format), `${length} bytes, format ${format}`);
      if (encoded !== null) assertEquals(decodeLz4(encoded, () => length).rows, data);
    }
  }
});

Deno.test("an LZ4 image keeps rows without their padding", () => {
  const data = randomRuns(seeded(7), 40 * 100);
  const encoded = encodeLz4({ data, height: 100, stride: 40, rowBytes: 36 }, true, BIT32)!;
  const { topDown, format, rows } = decodeLz4(encoded, () => 3600);
  assertEquals([topDown, format], [true, BIT32]);
  for (let y = 0; y < 100; y++) {
    assertEquals(rows.subarray(y * 36, y * 36 + 36), data.subarray(y * 40, y * 40 + 36));
  }
});

Deno.test("noise does not shrink, so there is no LZ4 image of it", () => {
  const data = randomBytes(seeded(3), 4096);
  assertEquals(encodeLz4({ data, height: 32, stride: 128, rowBytes: 128 }, true, BIT32), null);
});

Deno.test("LZ4 refuses rows that are not in the data", () => {
  const data = new Uint8Array(100);
  for (const [height, stride, rowBytes] of [[2, 60, 60], [2, 40, 50], [1, 101, 101]]) {
    assertThrows(() => encodeLz4({ data, height, stride, rowBytes }, true, BIT32), RangeError);
  }
  assertEquals(
    encodeLz4({ data, height: 2, stride: 60, rowBytes: 40 }, true, BIT32) !== null,
    true,
  );
});

Deno.test("what one LZ4 image held is not found by the next", () => {
  const data = randomBytes(seeded(9), 8192);
  const twice = new Uint8Array(16384);
  twice.set(data);
  twice.set(data, 8192);
  encodeLz4({ data: twice, height: 1, stride: 16384, rowBytes: 16384 }, true, BIT32);
  assertEquals(encodeLz4({ data, height: 1, stride: 8192, rowBytes: 8192 }, true, BIT32), null);
});

Deno.test("an LZ4 picture that its bytes cannot hold is refused before there is room for it", () => {
  const said = "cannot hold";
  assertThrows(() => decodeLz4(new Uint8Array([1]), () => 4), RangeError);
  assertThrows(() => decodeLz4(new Uint8Array(100), () => 100 * 255 + 1), RangeError, said);
  assertThrows(() => decodeLz4(new Uint8Array(100), () => NaN), RangeError, said);
  assertThrows(() => decodeLz4(new Uint8Array(100), () => 2 ** 40), RangeError, said);
});

Deno.test("an LZ4 length of more than 32 bits is refused", () => {
  for (const nibbles of [0xf0, 0x0f]) {
    const data = new Uint8Array(17_000_000).fill(255);
    data.set([1, BIT32]);
    new DataView(data.buffer).setUint32(2, data.length - 6);
    // a literal, so that a match has somewhere to lie
    data.set(nibbles === 0x0f ? [0x1f, 7, 1, 0] : [0xf0], 6);
    data[data.length - 1] = 0;
    assertThrows(() => decodeLz4(data, () => 1000), RangeError);
  }
});
