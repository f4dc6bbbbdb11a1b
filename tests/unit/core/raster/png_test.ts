import { assertEquals } from "@std/assert";
import { seeded } from "../../../../core/binary/random.ts";
import { encodePng } from "../../../../core/raster/png.ts";
import { createSurface } from "../../../../core/raster/surface.ts";
import { assertSamePixels, decodePng, pictureOf } from "../../../kit/png.ts";

Deno.test("a surface's PNG shows its pixels, bottom-up or not", async () => {
  const random = seeded(3);
  const surface = createSurface("xrgb32", 37, 21);
  for (let i = 0; i < surface.bytes.length; i++) surface.bytes[i] = random.below(256);
  assertSamePixels(await decodePng(await encodePng(surface)), pictureOf(surface));
  const flipped = { ...surface, origin: surface.stride * 20, stride: -surface.stride };
  assertSamePixels(await decodePng(await encodePng(flipped)), pictureOf(flipped));
});

Deno.test("16-bit pixels are spread over 8 bits a channel, alpha alone is grey", async () => {
  const surface = createSurface("rgb565", 2, 1);
  new Uint16Array(surface.bytes.buffer).set([0xf800, 0x07e1]);
  assertEquals([...(await decodePng(await encodePng(surface))).pixels], [0xff0000, 0x00ff08]);
  const alpha = createSurface("a8", 2, 1);
  alpha.bytes.set([0, 0x80]);
  assertEquals([...(await decodePng(await encodePng(alpha))).pixels], [0, 0x808080]);
  const bits = createSurface("a1", 3, 1);
  bits.bytes[0] = 0b101;
  assertEquals([...(await decodePng(await encodePng(bits))).pixels], [0xffffff, 0, 0xffffff]);
});

Deno.test("colours that were multiplied with alpha are divided by it again", async () => {
  const surface = createSurface("argb32", 3, 1);
  new Uint32Array(surface.bytes.buffer).set([0x80402010, 0xff123456, 0]);
  const { pixels } = await decodePng(await encodePng(surface));
  assertEquals([...pixels], [0x80804020, 0xff123456, 0]);
});
