/**
 * Pictures that change while they are encoded where they lie: what comes out is a picture of their size,
 * and nothing is written outside the encoder's room.
 */
import { assert, assertEquals } from "@std/assert";
import { linearBuffer, memoryOf } from "../../core/binary/linear.ts";
import { encodeLzInPlace } from "../../core/codecs/lz/in_place.ts";
import { decodeLz } from "../../core/codecs/lz/mod.ts";
import { encodeLz4InPlace } from "../../core/codecs/lz4/in_place.ts";
import { decodeLz4 } from "../../core/codecs/lz4/mod.ts";
import { BitmapFormat } from "../../core/protocol/image.ts";
import { effort } from "../kit/effort.ts";
import { lzFormats } from "../kit/lz_pictures.ts";
import { rowBytesOf } from "../oracles/lz.ts";

const MEMORY = 1 << 17, AT = 1 << 16, BYTES = 1 << 14;

Deno.test(`${effort.torn} pictures that are drawn into meanwhile stay pictures, in their room`, async () => {
  const buffer = linearBuffer(MEMORY), memory = memoryOf(buffer)!;
  const card = new Uint8Array(buffer).fill(0x5a);
  const drawn = new Uint8Array(buffer, AT, BYTES);
  const worker = new Worker(new URL("../kit/scribbler.worker.ts", import.meta.url), {
    type: "module",
  });
  try {
    await new Promise<unknown>((drawing, reject) => {
      worker.onmessage = drawing;
      worker.onerror = (event) => reject(event.message);
      worker.postMessage(drawn);
    });
    let guard: Uint8Array | undefined;
    let smaller = 0;
    for (let i = 0; i < effort.torn; i++) {
      const format = lzFormats[i % lzFormats.length];
      const width = 1 + i % 61, height = 1 + i % 59;
      const rowBytes = rowBytesOf(format, width), stride = rowBytes + (i % 5 === 0 ? 4 : 0);
      const rows = { format, width, height, stride, topDown: true, data: drawn };
      const lz = decodeLz(encodeLzInPlace(rows), width * height);
      assertEquals([lz.format, lz.width, lz.height], [format, width, height]);
      const code = format === "xxxa" ? 0 : BitmapFormat.values[format];
      const lz4 = encodeLz4InPlace({ data: drawn, height, stride, rowBytes }, true, code);
      if (lz4) {
        smaller++;
        assertEquals(decodeLz4(lz4, () => rowBytes * height).rows.length, rowBytes * height);
      }
      // behind the rooms, which are there by now, lies somebody else's
      if (!guard) {
        const at = memory.grow(1) << 16;
        guard = new Uint8Array(memory.buffer, at, 1 << 16);
      }
      if (i % 1000 > 0 && i + 1 < effort.torn) continue;
      assert(guard.every((byte) => byte === 0), "behind the rooms");
      assert(card.subarray(0, AT).every((byte) => byte === 0x5a), "before the picture");
      assert(card.subarray(AT + BYTES).every((byte) => byte === 0x5a), "behind the picture");
    }
    assert(smaller > effort.torn / 2, `${smaller} of LZ4 are smaller`);
  } finally {
    worker.terminate();
  }
});
