import { assertEquals } from "@std/assert";
import { createSurface, type Surface } from "../../../../core/raster/surface.ts";
import { toCanvas } from "../../../../web/client/swizzle.ts";

/** r, g, b, a of one pixel of a 2 × 2 surface, through a rect of one pixel. */
function seen(surface: Surface, x: number, y: number): number[] {
  const out = new Int32Array(9);
  toCanvas(surface, { left: x, top: y, right: x + 1, bottom: y + 1 }, out, 4, 3);
  assertEquals([...out].filter((pixel) => pixel !== 0).length, 1, "one pixel is written");
  return [...new Uint8Array(out.buffer, 16, 4)];
}

Deno.test("32-bit pixels are opaque r, g, b, a, whatever their fourth byte says", () => {
  for (const format of ["xrgb32", "argb32"] as const) {
    const surface = createSurface(format, 2, 2);
    new DataView(surface.bytes.buffer).setUint32(12, 0x7f_10_a0_ff, true);
    assertEquals(seen(surface, 1, 1), [0x10, 0xa0, 0xff, 255]);
  }
});

Deno.test("16-bit pixels are widened so that the brightest stays the brightest", () => {
  const surface = createSurface("rgb565", 2, 2);
  const view = new DataView(surface.bytes.buffer);
  view.setUint16(0, 0xffff, true);
  view.setUint16(2, 0b10000_100000_00001, true);
  assertEquals(seen(surface, 0, 0), [255, 255, 255, 255]);
  assertEquals(seen(surface, 1, 0), [0x84, 0x82, 0x08, 255]);
  const other = createSurface("rgb555", 2, 2);
  new DataView(other.bytes.buffer).setUint16(4, 0b10000_00001_11111, true);
  assertEquals(seen(other, 0, 1), [0x84, 0x08, 255, 255]);
});

Deno.test("a surface whose bottom row lies first is turned", () => {
  const { bytes } = createSurface("xrgb32", 2, 2);
  bytes[0] = 9;
  const surface: Surface = { width: 2, height: 2, format: "xrgb32", bytes, origin: 8, stride: -8 };
  assertEquals(seen(surface, 0, 1), [0, 0, 9, 255]);
});
