/** Which screens a guest without fixed ones makes of what clients wish for. */
import type { Head } from "../../core/protocol/display.ts";

export interface WantedHead {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Arrangement {
  readonly width: number;
  readonly height: number;
  readonly heads: Head[];
}

/** Smaller screens are of no use. */
const least = { width: 320, height: 200 };

/** A surface with so many heads at most; null: there are none, or it takes more than so many bytes. */
export function arrange(
  wanted: readonly WantedHead[],
  maxHeads: number,
  maxBytes: number,
): Arrangement | null {
  const heads: Head[] = [];
  wanted.slice(0, maxHeads).forEach(({ x, y, ...size }, monitorId) => {
    if (size.width <= 0 || size.height <= 0) return;
    const width = Math.max(least.width, size.width), height = Math.max(least.height, size.height);
    heads.push({ monitorId, surfaceId: 0, width, height, x, y, flags: 0 });
  });
  if (heads.length === 0) return null;
  const left = Math.min(...heads.map((head) => head.x));
  const top = Math.min(...heads.map((head) => head.y));
  for (const head of heads) {
    head.x -= left;
    head.y -= top;
  }
  const width = Math.max(...heads.map((head) => head.x + head.width));
  const height = Math.max(...heads.map((head) => head.y + head.height));
  return width * height * 4 <= maxBytes ? { width, height, heads } : null;
}
