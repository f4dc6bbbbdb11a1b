import { type Random, randomBytes, seeded } from "../../core/binary/random.ts";
import type { Brush, Clip, Drawing, QMask, Rect } from "../../core/protocol/drawing.ts";
import { Ropd } from "../../core/protocol/drawing.ts";
import { type Bitmap, ImageFlags } from "../../core/protocol/image.ts";

/** What random drawings are drawn on and from. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  /** Surfaces that may be drawn on. */
  readonly surfaceIds: readonly number[];
  /** Images with the same id are the same picture; so many ids there are. */
  readonly cachedImages: number;
  readonly paletteIds: number;
}

const noMask: QMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };

/** A drawing such as guests make: mostly fills and copies, now and then something else. */
export function randomDrawing(random: Random, stage: Stage): Drawing {
  const surfaceId = stage.surfaceIds[random.below(stage.surfaceIds.length)];
  const box = randomRect(random, stage.width, stage.height);
  const clip = randomClip(random, stage);
  const base = { surfaceId, box, clip };
  const width = box.right - box.left, height = box.bottom - box.top;
  const whole = { top: 0, left: 0, bottom: height, right: width };
  const ropDescriptor = random.below(4) === 0 ? Ropd.opXor : Ropd.opPut;
  switch (random.below(8)) {
    case 0:
    case 1:
      return {
        kind: "drawFill",
        base,
        data: { brush: randomBrush(random, stage), ropDescriptor, mask: noMask },
      };
    case 2: {
      const x = random.below(stage.width), y = random.below(stage.height);
      return { kind: "copyBits", base, srcPos: { x, y } };
    }
    case 3:
      return { kind: "drawInvers", base, data: { mask: noMask } };
    case 4: {
      const other = stage.surfaceIds.filter((id) => id !== surfaceId);
      if (other.length > 0) {
        const srcBitmap = {
          type: "surface",
          id: 0n,
          flags: 0,
          width: stage.width,
          height: stage.height,
          surfaceId: other[random.below(other.length)],
        } as const;
        const data = {
          srcBitmap,
          srcArea: box,
          ropDescriptor,
          scaleMode: "nearest",
          mask: noMask,
        } as const;
        return { kind: "drawCopy", base, data };
      }
    } // falls through
    default: {
      const cached = random.below(2) === 0;
      const srcBitmap = cached
        ? cachedImage(stage, random.below(stage.cachedImages))
        : randomImage(random, stage, width, height, 0n, 0);
      const srcArea = cached
        ? { top: 0, left: 0, bottom: srcBitmap.height, right: srcBitmap.width }
        : whole;
      const at = {
        ...base,
        box: {
          top: box.top,
          left: box.left,
          bottom: box.top + srcArea.bottom,
          right: box.left + srcArea.right,
        },
      };
      const data = {
        srcBitmap,
        srcArea,
        ropDescriptor,
        scaleMode: "nearest",
        mask: noMask,
      } as const;
      return { kind: random.below(4) === 0 ? "drawBlend" : "drawCopy", base: at, data };
    }
  }
}

function cachedImage(stage: Stage, n: number): Bitmap {
  const random = seeded(n + 1);
  const width = 4 + random.below(40), height = 4 + random.below(40);
  return randomImage(random, stage, width, height, BigInt(n + 1), ImageFlags.cacheMe);
}

function randomImage(
  random: Random,
  stage: Stage,
  width: number,
  height: number,
  id: bigint,
  flags: number,
): Bitmap {
  const indexed = random.below(3) === 0;
  const stride = (width * (indexed ? 1 : 4) + 3) & ~3;
  const data = new Uint8Array(stride * height);
  // flat areas with some noise: something to compress
  const noise = randomBytes(random, 64);
  for (let i = 0; i < data.length; i++) data[i] = (i >> 6 & 3) === 0 ? noise[i & 63] : i >> 8;
  const unique = BigInt(1 + random.below(stage.paletteIds));
  const colours = seeded(Number(unique));
  const palette = indexed
    ? { unique, entries: Array.from({ length: 256 }, () => colours.below(1 << 24)) }
    : null;
  return {
    type: "bitmap",
    id,
    flags,
    width,
    height,
    format: indexed ? "bit8" : "bit32",
    bitmapFlags: random.below(2) === 0 ? 4 : 0,
    x: width,
    y: height,
    stride,
    palette,
    data,
  };
}

function randomBrush(random: Random, stage: Stage): Brush {
  if (random.below(4) > 0) return { type: "solid", color: random.below(1 << 24) };
  const pat = cachedImage(stage, random.below(stage.cachedImages));
  return { type: "pattern", pat, pos: { x: random.below(9), y: random.below(9) } };
}

function randomRect(random: Random, width: number, height: number): Rect {
  const left = random.below(width - 1), top = random.below(height - 1);
  const right = left + 1 + random.below(Math.min(60, width - left));
  return { top, left, bottom: top + 1 + random.below(Math.min(60, height - top)), right };
}

function randomClip(random: Random, { width, height }: Stage): Clip {
  if (random.below(4) > 0) return { type: "none" };
  const rects = Array.from(
    { length: 1 + random.below(12) },
    () => randomRect(random, width, height),
  );
  return { type: "rects", rects: disjoint(rects) };
}

/** Guests give clip rects that do not overlap. */
function disjoint(rects: Rect[]): Rect[] {
  const kept: Rect[] = [];
  for (const r of rects) {
    const apart = (k: Rect) =>
      r.right <= k.left || k.right <= r.left || r.bottom <= k.top || k.bottom <= r.top;
    if (kept.every(apart)) kept.push(r);
  }
  return kept;
}
