import { seeded } from "../../core/binary/random.ts";
import { type Drawing, type Rect, Ropd } from "../../core/protocol/drawing.ts";
import type { Bitmap } from "../../core/protocol/image.ts";

/** A copy of these pixels (b, g, r, x, the first row on top) to a place on the primary surface. */
export function copyOf(pixels: Uint8Array, rect: Rect, of = rect): Drawing {
  const width = rect.right - rect.left, height = rect.bottom - rect.top;
  const stride = (of.right - of.left) * 4;
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = (rect.top - of.top + y) * stride + (rect.left - of.left) * 4;
    data.set(pixels.subarray(from, from + width * 4), y * width * 4);
  }
  const srcBitmap: Bitmap = {
    ...{ type: "bitmap", id: 0n, flags: 0, width, height, format: "bit32", bitmapFlags: 4 },
    ...{ x: width, y: height, stride: width * 4, palette: null, data },
  };
  return {
    kind: "drawCopy",
    base: { surfaceId: 0, box: rect, clip: { type: "none" } },
    data: {
      srcBitmap,
      srcArea: { top: 0, left: 0, bottom: height, right: width },
      ropDescriptor: Ropd.opPut,
      scaleMode: "nearest",
      mask: { flags: 0, pos: { x: 0, y: 0 }, bitmap: null },
    },
  };
}

/** A frame of something that looks photographed: waves that move, and grain. */
export function filmFrame({ left, top, right, bottom }: Rect, frame: number): Uint8Array {
  const width = right - left, height = bottom - top, random = seeded(frame + 1);
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const wave = Math.sin((x + frame * 5) / 23) + Math.cos((y - frame * 3) / 17);
      const grain = random.below(9);
      pixels[at] = 110 + 40 * wave + grain;
      pixels[at + 1] = 120 + 30 * Math.sin((x + y + frame * 4) / 31) + grain;
      pixels[at + 2] = 100 + 45 * Math.cos((x - frame * 6) / 41) + grain;
    }
  }
  return pixels;
}

/** A frame of something that looks like text, which scrolls. */
export function textFrame({ left, top, right, bottom }: Rect, frame: number): Uint8Array {
  const width = right - left, height = bottom - top;
  const pixels = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    const line = y + frame * 3, letters = seeded((line >> 4) + 7);
    for (let x = 0; x + 8 <= width; x += 8) {
      const shape = letters.below(1 << 16);
      if (line % 16 > 11 || !(shape >> (line % 16) & 1)) continue;
      pixels.fill(0, (y * width + x) * 4, (y * width + x + 5) * 4);
    }
  }
  return pixels;
}
