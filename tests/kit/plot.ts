/** Curves as a picture: no words, so whoever draws them says what they are. */
import { encodePng } from "../../core/raster/png.ts";
import { createSurface } from "../../core/raster/surface.ts";

export interface Curve {
  /** 0x00rrggbb */
  readonly color: number;
  /** What the upper edge stands for; the lower one is 0. */
  readonly most: number;
  /** At equal steps from the left edge to the right. */
  readonly values: readonly number[];
}

const width = 960, height = 400;

/** A PNG file with lines at each tenth of the height. */
export function plotted(curves: readonly Curve[]): Promise<Uint8Array> {
  const surface = createSurface("xrgb32", width, height);
  const pixels = new Uint32Array(surface.bytes.buffer).fill(0xffffff);
  for (let i = 1; i < 10; i++) {
    pixels.fill(
      0xe4e4e4,
      Math.round(i * height / 10) * width,
      Math.round(i * height / 10) * width + width,
    );
  }
  for (const { color, most, values } of curves) {
    let before: number | null = null;
    for (let x = 0; x < width && values.length > 1; x++) {
      const place = x / (width - 1) * (values.length - 1),
        i = Math.min(values.length - 2, Math.trunc(place));
      const value = values[i] + (values[i + 1] - values[i]) * (place - i);
      const y = Math.min(height - 1, Math.max(0, Math.round((1 - value / most) * (height - 1))));
      const from = Math.min(before ?? y, y), to = Math.max(before ?? y, y);
      for (let row = from; row <= Math.min(height - 1, to + 1); row++) {
        pixels[row * width + x] = color;
      }
      before = y;
    }
  }
  return encodePng(surface);
}
