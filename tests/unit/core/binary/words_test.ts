import { assertEquals } from "@std/assert";
import { copyInto } from "../../../../core/binary/words.ts";

Deno.test("copyInto puts the same bytes there, however they lie and whosever memory it is", () => {
  const sizes = [0, 1, 511, 512, 513, 4099, 65535, 65536, 65537, 200_003];
  for (const memory of [new SharedArrayBuffer(1 << 18), new ArrayBuffer(1 << 18)]) {
    const all = new Uint8Array(memory);
    for (let i = 0; i < all.length; i++) all[i] = i * 31 ^ i >> 8;
    for (const size of sizes) {
      for (const [from, to] of [[0, 0], [4, 3], [7, 8], [13, 5]]) {
        const bytes = all.subarray(from, from + size);
        const expected = new Uint8Array(size + 16).fill(0xee);
        for (let i = 0; i < size; i++) expected[to + i] = bytes[i];
        for (const room of [new ArrayBuffer(size + 24), new SharedArrayBuffer(size + 24)]) {
          const target = new Uint8Array(room, 8).fill(0xee);
          copyInto(target, bytes, to);
          const copy = new Uint8Array(target);
          assertEquals(copy, expected, `${size} bytes from ${from} to ${to}`);
        }
      }
    }
  }
});
