/** Codecs that read pictures where they lie make of them what they make of copies, and write nowhere else. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { adopt, linearBuffer, memoryOf } from "../../core/binary/linear.ts";
import { seeded } from "../../core/binary/random.ts";
import { encodeLzInPlace } from "../../core/codecs/lz/in_place.ts";
import { encodeLz, type LzFormat, type LzRows } from "../../core/codecs/lz/mod.ts";
import { encodeLz4InPlace } from "../../core/codecs/lz4/in_place.ts";
import { encodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { BitmapFormat } from "../../core/protocol/image.ts";
import { lzFormats, lzPicture } from "../kit/lz_pictures.ts";
import { rowBytesOf } from "../oracles/lz.ts";

const MEMORY = 1 << 20;

/** The same picture in that memory. */
function placed(picture: LzRows, buffer: SharedArrayBuffer, at: number): LzRows {
  const data = new Uint8Array(buffer, at, picture.data.length);
  data.set(picture.data);
  return { ...picture, data };
}

const lz4Of = (
  encode: typeof encodeLz4,
  { format, width, height, stride, data, topDown }: LzRows,
) =>
  encode(
    { data, height, stride, rowBytes: rowBytesOf(format, width) },
    topDown,
    format === "xxxa" ? 0 : BitmapFormat.values[format],
  );

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;

/** Without its last row's padding, so that it can end where the memory does. */
function cut(picture: LzRows): LzRows {
  const { format, width, height, stride, data } = picture;
  return { ...picture, data: data.subarray(0, stride * (height - 1) + rowBytesOf(format, width)) };
}

function* pictures(): Generator<LzRows> {
  const random = seeded(21);
  for (const format of lzFormats) {
    for (let i = 0; i < 60; i++) {
      yield cut(lzPicture(random, format, 1 + random.below(70), 1 + random.below(70)));
    }
    yield cut(lzPicture(random, format, 230, 310));
  }
}

Deno.test("pictures are encoded where they lie as copies of them are, and stay as they are", () => {
  const buffer = linearBuffer(MEMORY), all = new Uint8Array(buffer);
  const untouched = new Uint8Array(MEMORY).fill(0x5a);
  const random = seeded(22);
  for (const picture of pictures()) {
    const { format, width, height, data } = picture;
    const end = MEMORY - data.length;
    // at the beginning, where nothing lies before it, at the end, and anywhere between words
    for (const at of [0, end, random.below(end), random.below(end) & ~3]) {
      all.fill(0x5a);
      const where = placed(picture, buffer, at), name = `${format} ${width}×${height} at ${at}`;
      assert(same(encodeLzInPlace(where), encodeLz(picture)), `LZ, ${name}`);
      assert(same(lz4Of(encodeLz4InPlace, where), lz4Of(encodeLz4, picture)), `LZ4, ${name}`);
      assert(same(where.data, data), name);
      all.fill(0x5a, at, at + data.length);
      assert(same(all, untouched), name);
    }
  }
  const pages = memoryOf(buffer)!.buffer.byteLength / 65536;
  assertEquals(pages, 16 + 2 * 16, "LZ and LZ4 have a room of 1 MiB each");
});

Deno.test("where there is no room left, and where WebAssembly cannot work, they are copied", () => {
  const picture = cut(lzPicture(seeded(23), "bit32", 90, 80));
  const full = adopt(new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
  for (const buffer of [full, new SharedArrayBuffer(1 << 17)]) {
    const where = placed(picture, buffer, 0x10000);
    for (let i = 0; i < 2; i++) {
      assert(same(encodeLzInPlace(where), encodeLz(picture)));
      assert(same(lz4Of(encodeLz4InPlace, where), lz4Of(encodeLz4, picture)));
    }
  }
});

Deno.test("LZ's two planes and LZ4's growing numbers outlive a room that grows", () => {
  const buffer = linearBuffer(8 << 20), random = seeded(24);
  for (const [width, height] of [[60, 50], [900, 800], [61, 50], [1200, 1000], [3, 2]]) {
    for (const format of ["rgba", "bit32"] satisfies LzFormat[]) {
      const pixels = { ...lzPicture(random, format, width, height), stride: width * 4 };
      const picture = { ...pixels, data: pixels.data.subarray(0, width * height * 4) };
      const where = placed(picture, buffer, 1 << 16);
      assert(same(encodeLzInPlace(where), encodeLz(picture)));
      assert(same(lz4Of(encodeLz4InPlace, where), lz4Of(encodeLz4, picture)));
    }
  }
});
