import type { Bitmap } from "../../core/protocol/image.ts";

/** One square in so many pixels is looked at, and in large pictures in more. */
const JUMP = 15;
const MOST_SAMPLES = 4096;
/** A part of colour that differs by so much makes an edge; of 255, and of 31. */
const EDGE = { wide: 60, narrow: 8 };
/** Scores of a pair of neighbours: what flat areas and edges add, gentle changes take away. */
const SAME = 0.5, SHARP = 1, GENTLE = -0.25;
/** What 16-bit pictures, whose edges are fewer, count more gently. */
const NARROW_BONUS = 0.03;

/** Below this score QUIC makes a picture smaller than LZ: photographs, gradients. */
export const GRADUAL = -0.03;
/**
 * Below this one it is smaller than what a dictionary makes of it, too: a page with photographs that
 * is scrolled is made of what was there before, a film is not.
 */
export const PHOTOGRAPHIC = -0.1;

/**
 * How gently a picture changes, told from samples: below 0 gently, above it by flat areas and edges.
 * The scores are libspice's, so that both choose alike where there is nothing better to know.
 * Source of truth: spice-bitmap-utils.tmpl.c, compute_lines_gradual_score.
 */
export function graduality(bitmap: Bitmap): number {
  const { width, height, stride, data, format } = bitmap;
  const bytes = format === "bit16" ? 2 : format === "bit24" ? 3 : 4;
  if (width < 2 || height < 2) return 1;
  const narrow = bytes === 2, edge = narrow ? EDGE.narrow : EDGE.wide;
  const words = bytes === 4 && (data.byteOffset | stride) % 4 === 0
    ? new Int32Array(data.buffer, data.byteOffset, data.length >> 2)
    : null;
  const step = stride >> 2;
  const at = words
    ? (x: number, y: number) => words[y * step + x] & 0xffffff
    : narrow
    ? (x: number, y: number) => {
      const from = y * stride + x * 2, pixel = data[from] | data[from + 1] << 8;
      return (pixel >> 10 & 31) << 16 | (pixel >> 5 & 31) << 8 | pixel & 31;
    }
    : (x: number, y: number) => {
      const from = y * stride + x * bytes;
      return data[from + 2] << 16 | data[from + 1] << 8 | data[from];
    };
  const pair = (a: number, b: number): number => {
    if (a === b) return SAME;
    const red = Math.abs((a >> 16) - (b >> 16));
    const green = Math.abs((a >> 8 & 255) - (b >> 8 & 255));
    const blue = Math.abs((a & 255) - (b & 255));
    return red >= edge || green >= edge || blue >= edge ? SHARP : GENTLE;
  };
  const wanted = Math.max(JUMP, Math.floor(width * height / MOST_SAMPLES) | 1);
  const jump = wanted % width ? wanted : wanted - 1;
  let score = 0, samples = 0;
  const end = width * (height - 1);
  for (let n = width >> 1; n < end; n += jump) {
    let x = n % width;
    if (x === width - 1) n--, x--;
    const y = Math.floor(n / width);
    const corner = at(x, y), right = at(x + 1, y), below = at(x, y + 1), across = at(x + 1, y + 1);
    samples++;
    // what is all one colour says nothing
    if (corner === right && corner === below && corner === across) continue;
    score += pair(corner, right) + pair(corner, below) + pair(corner, across);
  }
  return score / samples - (narrow ? NARROW_BONUS : 0);
}
