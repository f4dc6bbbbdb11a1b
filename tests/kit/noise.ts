import { encodePng } from "../../core/raster/png.ts";
import { createSurface } from "../../core/raster/surface.ts";

/** A picture of 320 × 200 pixels, as PNG: no pixel like its neighbour, no compressor's friend. */
export async function noisePng(seed: number): Promise<Uint8Array<ArrayBuffer>> {
  const surface = createSurface("xrgb32", 320, 200);
  const view = new DataView(surface.bytes.buffer);
  for (let i = 0; i < 320 * 200; i++) {
    view.setUint32(4 * i, Math.imul(i + seed, 0x9e3779b1) >>> 8, true);
  }
  return await encodePng(surface);
}
