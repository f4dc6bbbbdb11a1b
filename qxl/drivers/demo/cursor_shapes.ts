/** How the pointer looks: drawn by rule, as QXL cursors. */
import type { Cursor } from "../../../core/protocol/cursor.ts";

export type CursorName = "arrow" | "text" | "hand" | "resize" | "cross";

type Polygon = readonly (readonly [x: number, y: number])[];

const arrow: Polygon = [[1, 1], [1, 17], [5, 13.4], [8, 20], [10.8, 18.7], [7.9, 12.4], [13, 12]];
const resize: Polygon = [
  [2, 2],
  [9, 2],
  [6.6, 4.4],
  [13.6, 11.4],
  [16, 9],
  [16, 16],
  [9, 16],
  [11.4, 13.6],
  [4.4, 6.6],
  [2, 9],
];
const hand: Polygon = [
  [6, 2],
  [7.5, 1],
  [9, 2],
  [9, 8],
  [11, 7.6],
  [12, 8.6],
  [14, 8.4],
  [15, 9.6],
  [16.6, 9.8],
  [17.4, 11.2],
  [17.2, 15.5],
  [15.5, 19],
  [15.5, 21],
  [8, 21],
  [8, 19],
  [4.5, 15],
  [2, 11.6],
  [3, 10.2],
  [4.6, 10.8],
  [6, 12.4],
];

function inside(polygon: Polygon, x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i], [xj, yj] = polygon[j];
    if ((yi > y) !== (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}

function distance(polygon: Polygon, x: number, y: number): number {
  let least = Infinity;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i], [xj, yj] = polygon[j];
    const dx = xj - xi, dy = yj - yi;
    const t = Math.max(0, Math.min(1, ((x - xi) * dx + (y - yi) * dy) / (dx * dx + dy * dy)));
    least = Math.min(least, Math.hypot(x - xi - t * dx, y - yi - t * dy));
  }
  return least;
}

const clamp = (n: number) => Math.max(0, Math.min(1, n));

/** Dark within, a light rim, both smooth: bytes b, g, r, a, premultiplied. */
function alpha(
  unique: bigint,
  size: number,
  polygon: Polygon,
  hot: readonly [number, number],
): Cursor {
  const data = new Uint8Array(size * size * 4);
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at += 4) {
      const far = distance(polygon, x + 0.5, y + 0.5);
      const depth = inside(polygon, x + 0.5, y + 0.5) ? far : -far;
      const dark = clamp(depth + 0.5), all = clamp(depth + 1.7);
      const light = 255 * (all - dark * all);
      data[at] = light + 0x2e * dark;
      data[at + 1] = light + 0x22 * dark;
      data[at + 2] = light + 0x1b * dark;
      data[at + 3] = 255 * all;
    }
  }
  return shape(unique, "alpha", size, size, hot, data);
}

/** One bit a pixel that turns the screen's colours around; rows as text. */
function mono(unique: bigint, rows: readonly string[], hot: readonly [number, number]): Cursor {
  const stride = rows[0].length + 7 >> 3;
  const data = new Uint8Array(stride * rows.length * 2).fill(0xff, 0, stride * rows.length);
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] === "#") data[(rows.length + y) * stride + (x >> 3)] |= 0x80 >> (x & 7);
    }
  });
  return shape(unique, "mono", rows[0].length, rows.length, hot, data);
}

function shape(
  unique: bigint,
  type: "alpha" | "mono",
  width: number,
  height: number,
  [hotSpotX, hotSpotY]: readonly [number, number],
  data: Uint8Array,
): Cursor {
  return { flags: 0, header: { unique, type, width, height, hotSpotX, hotSpotY }, data };
}

const beam = [
  "..##.##.........",
  "....#...........",
  ...Array<string>(13).fill("....#..........."),
];
const bar = ".......#........", gap = "................";
const cross = [
  ...Array<string>(6).fill(bar),
  gap,
  "######...######.",
  gap,
  ...Array<string>(6).fill(bar),
];

const makers: Record<CursorName, () => Cursor> = {
  arrow: () => alpha(1n, 24, arrow, [1, 1]),
  hand: () => alpha(2n, 24, hand, [7, 1]),
  resize: () => alpha(3n, 24, resize, [9, 9]),
  text: () => mono(4n, [...beam, "....#...........", "..##.##........."], [4, 8]),
  cross: () => mono(5n, cross, [7, 7]),
};
const made = new Map<CursorName, Cursor>();

/** Drawn when it is first shown: other guests load this module too, and need none. */
export function cursorShape(name: CursorName): Cursor {
  let cursor = made.get(name);
  if (!cursor) made.set(name, cursor = makers[name]());
  return cursor;
}
