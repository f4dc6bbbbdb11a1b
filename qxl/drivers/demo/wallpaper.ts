/** The picture behind everything: an evening over hills, made by rule for any size. */
import type { Head } from "../../../core/protocol/display.ts";
import type { Drawing, Rect } from "../../../core/protocol/drawing.ts";
import { bold, huge } from "./font.ts";
import type { Order } from "./order.ts";
import { box, Painter } from "./painter.ts";
import { picture } from "./picture.ts";

type Rgb = readonly [number, number, number];

/** Colours of the sky from top to horizon: at which part of the height, which colour. */
const sky: readonly (readonly [number, Rgb])[] = [
  [0, [24, 34, 66]],
  [0.35, [52, 78, 122]],
  [0.6, [142, 132, 158]],
  [0.75, [226, 162, 138]],
  [0.85, [248, 204, 152]],
  [1, [252, 226, 178]],
];

interface Ridge {
  readonly level: number;
  readonly waves: readonly (readonly [amplitude: number, cycles: number, phase: number])[];
  readonly top: Rgb;
  readonly foot: Rgb;
}

const ridges: readonly Ridge[] = [
  {
    level: 0.64,
    waves: [[0.05, 1.3, 0.4], [0.025, 3.1, 2.1], [0.008, 9.7, 0.3]],
    top: [120, 112, 148],
    foot: [176, 140, 150],
  },
  {
    level: 0.74,
    waves: [[0.06, 0.9, 2.6], [0.02, 2.7, 0.9], [0.006, 11.3, 1.7]],
    top: [72, 82, 122],
    foot: [112, 104, 132],
  },
  {
    level: 0.86,
    waves: [[0.05, 1.1, 5.1], [0.02, 3.7, 4.2], [0.004, 17, 0.2]],
    top: [36, 50, 84],
    foot: [48, 60, 92],
  },
];

const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

function skyAt(part: number): Rgb {
  for (let i = 1; i < sky.length; i++) {
    const [start, from] = sky[i - 1], [stop, to] = sky[i];
    if (part <= stop) return mix(from, to, (part - start) / (stop - start));
  }
  return sky[sky.length - 1][1];
}

/** Ordered dithering: without it such slow changes show steps. */
const bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map((n) => (n + 0.5) / 16);

/** Where a ridge's line is at this column: in parts of the height. */
function lineOf(ridge: Ridge, x: number, width: number): number {
  let y = ridge.level;
  for (const [amplitude, cycles, phase] of ridge.waves) {
    y -= amplitude * Math.sin(x / width * cycles * 2 * Math.PI + phase);
  }
  return y;
}

/** Rows [top, bottom) of a wallpaper of this size: bytes b, g, r, x. */
function wallpaperRows(
  width: number,
  height: number,
  top: number,
  bottom: number,
): Uint8Array {
  const pixels = new Uint8Array(width * (bottom - top) * 4);
  const lines = ridges.map((ridge) =>
    Float64Array.from({ length: width }, (_, x) => lineOf(ridge, x, width) * height)
  );
  for (let y = top, at = 0; y < bottom; y++) {
    const air = skyAt(Math.min(1, y / height / 0.9));
    const slopes = ridges.map((ridge) =>
      mix(ridge.top, ridge.foot, Math.min(1, Math.max(0, (y / height - ridge.level + 0.1) / 0.2)))
    );
    for (let x = 0; x < width; x++, at += 4) {
      let color = air;
      for (let i = 0; i < slopes.length; i++) {
        const inside = y + 0.5 - lines[i][x];
        if (inside >= 0.5) color = slopes[i];
        else if (inside > -0.5) color = mix(color, slopes[i], inside + 0.5);
      }
      const noise = bayer[(y & 3) << 2 | x & 3];
      pixels[at] = color[2] + noise;
      pixels[at + 1] = color[1] + noise;
      pixels[at + 2] = color[0] + noise;
    }
  }
  return pixels;
}

/** The off-screen surface that holds it, and how many rows go there in one drawing. */
const surfaceId = 1, band = 64;

/** The wallpaper lies in the card once; painting copies from there. */
export class Wallpaper {
  #size = { width: 0, height: 0 };

  /** Makes it anew for a mode, around the mode's own order. */
  *orders(width: number, height: number, mode: Order): Generator<Order> {
    if (this.#size.width > 0) yield { kind: "destroySurface", id: surfaceId };
    this.#size = { width, height };
    yield mode;
    yield { kind: "createSurface", id: surfaceId, width, height };
    for (let top = 0; top < height; top += band) {
      const bottom = Math.min(height, top + band), out: Drawing[] = [];
      const rows = wallpaperRows(width, height, top, bottom);
      const painter = new Painter(
        out,
        [box(0, top, width, bottom - top)],
        { x: 0, y: 0 },
        surfaceId,
      );
      painter.copy(picture(rows, width, bottom - top, { id: 0n, cached: false }), 0, top);
      for (const drawing of out) yield { kind: "draw", drawing };
    }
  }

  /** heads: those that show their number, counted from `first`. */
  paint(painter: Painter, screen: Rect, heads: readonly Head[], first: number): void {
    painter.copySurface(surfaceId, this.#size, 0, 0, screen);
    heads.forEach(({ x, y, height }, i) => {
      const digit = `${first + i}`, label = "Display";
      const centre = x + 64, line = y + height - 96;
      painter.text(digit, Math.round(centre - huge.measure(digit) / 2), line, 0xf4ecec, huge);
      painter.text(label, Math.round(centre - bold.measure(label) / 2), line + 22, 0xf4ecec, bold);
    });
  }
}
