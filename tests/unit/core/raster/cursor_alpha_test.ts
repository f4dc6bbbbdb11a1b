import { assertEquals } from "@std/assert";
import { alphaPixels } from "../../../../core/raster/cursor_alpha.ts";
import type { CursorType } from "../../../../core/protocol/cursor.ts";

/** Pixels as 0xaarrggbb. */
function pixels(type: CursorType, width: number, height: number, data: number[]): number[] {
  const out = alphaPixels({ type, width, height, data: Uint8Array.from(data) });
  const view = new DataView(out.buffer);
  return Array.from({ length: out.length / 4 }, (_, i) => view.getUint32(i * 4, true));
}

const BLACK = 0xff000000, WHITE = 0xffffffff, CLEAR = 0;
const DARK = 0x80303030, LIGHT = 0x80505050;

Deno.test("alpha cursors stay as they are", () => {
  assertEquals(pixels("alpha", 1, 2, [1, 2, 3, 4, 5, 6, 7, 8, 99]), [0x04030201, 0x08070605]);
});

Deno.test("mono cursors are black, white, clear, or a chequer where they invert", () => {
  // and: 0 0 1 1, xor: 0 1 0 1; rows padded to bytes
  assertEquals(
    pixels("mono", 4, 2, [0b0011_0000, 0b0011_0000, 0b0101_0000, 0b0101_0000]),
    [BLACK, WHITE, CLEAR, LIGHT, BLACK, WHITE, CLEAR, DARK],
  );
});

Deno.test("mono cursors wider than a byte take their bits from the right one", () => {
  const row = pixels("mono", 10, 1, [0xff, 0b1000_0000, 0, 0]);
  assertEquals(row, [...Array(9).fill(CLEAR), BLACK]);
});

Deno.test("32-bit cursors are opaque but where the mask says otherwise", () => {
  const px = (rgb: number) => [rgb & 0xff, rgb >> 8 & 0xff, rgb >> 16 & 0xff, 0];
  assertEquals(
    pixels("color32", 2, 2, [
      ...px(0x112233),
      ...px(0xffffff),
      ...px(0xffffff),
      ...px(0x445566),
      0b0000_0000,
      0b1100_0000,
    ]),
    [0xff112233, WHITE, LIGHT, CLEAR],
  );
});

Deno.test("24-, 16-, 8- and 4-bit cursors have the colours that they say", () => {
  assertEquals(pixels("color24", 1, 1, [0x33, 0x22, 0x11, 0]), [0xff112233]);
  assertEquals(pixels("color16", 2, 1, [0x1f, 0x7c, 0xff, 0x7f, 0b0100_0000]), [0xffff00ff, LIGHT]);
  const palette = (n: number, at: number, rgb: number) =>
    Array.from({ length: n * 4 }, (_, i) => i >> 2 === at ? rgb >> (i & 3) * 8 & 0xff : 0);
  assertEquals(pixels("color8", 1, 1, [200, ...palette(256, 200, 0xabcdef), 0]), [0xffabcdef]);
  // odd width: each row begins in a byte of its own
  assertEquals(
    pixels("color4", 3, 2, [0x05, 0x00, 0x50, 0x50, ...palette(16, 5, 0x123456), 0, 0]),
    [BLACK, 0xff123456, BLACK, 0xff123456, BLACK, 0xff123456],
  );
});

Deno.test("cursors with fewer bytes than they need are finished with zeros", () => {
  assertEquals(pixels("color32", 2, 1, [1]), [0xff000001, BLACK]);
  assertEquals(pixels("color8", 2, 1, []), [BLACK, BLACK]);
});
