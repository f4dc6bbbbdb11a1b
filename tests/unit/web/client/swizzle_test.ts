import { assertEquals } from "@std/assert";
import { createSurface, type Surface } from "../../../../core/raster/surface.ts";
import { toCanvas } from "../../../../web/client/swizzle.ts";

/** r, g, b, a of one pixel of a surface. */
function seen(surface: Surface, x: number, y: number): number[] {
  return [...toCanvas(surface, { left: x, top: y, right: x + 1, bottom: y + 1 })];
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

Deno.test("a rect of any width comes without padding, and no pixel beside it", () => {
  const surface = createSurface("xrgb32", 23, 9);
  const words = new Uint32Array(surface.bytes.buffer);
  for (let i = 0; i < words.length; i++) words[i] = i * 2654435761;
  for (const [left, top, right, bottom] of [[0, 0, 23, 9], [3, 2, 10, 7], [22, 8, 23, 9]]) {
    const want: number[] = [];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const [blue, green, red] = surface.bytes.subarray((y * 23 + x) * 4);
        want.push(red, green, blue, 255);
      }
    }
    assertEquals([...toCanvas(surface, { left, top, right, bottom })], want);
  }
});
