/**
 * What moved between two pictures of one size, scrolled text as well as dragged windows. Runs of 64
 * pixels whose hash says so are anchors, wherever they are; the way that most of them went is tried.
 */
import type { Rect } from "../../core/protocol/drawing.ts";
import { areaOf, intersection, isEmptyRect, moved } from "../../core/raster/rect.ts";
import { differingCells, joinCells } from "./changes.ts";

/** Pixels of `to` are what stood dx to the left and dy above before. */
export interface Move {
  readonly to: Rect;
  readonly dx: number;
  readonly dy: number;
}

const RUN = 64;
/** One of so many runs is an anchor. */
const RARITY = 16;
const FACTOR = 0x01000193;
/** FACTOR to the power of RUN, in 32 bits. */
const FACTOR_RUN = Array.from({ length: RUN }).reduce<number>((n) => Math.imul(n, FACTOR), 1);
const TABLE_BITS = 13;
const EMPTY = -1, SEVERAL = -2;
/** Fewer anchors that agree are chance. */
const LEAST_VOTES = 4;
/** Smaller areas are drawn as cheaply as they are copied. */
const LEAST_AREA = 2048;
const MOST_MOVES = 8;

/** A way to go: to the right, and down. */
export interface Way {
  readonly dx: number;
  readonly dy: number;
}

/** What can be copied within rect to make b of a if things went this way, in the order to do it. */
export function movesAlong(
  a: Uint32Array,
  b: Uint32Array,
  width: number,
  rect: Rect,
  { dx, dy }: Way,
): Move[] {
  const inside = intersection(rect, moved(rect, dx, dy));
  if (isEmptyRect(inside)) return [];
  const cells = differingCells(a, b, width, inside, dy * width + dx);
  const moves = joinCells(inside, cells, 0).filter((to) => areaOf(to) >= LEAST_AREA)
    .sort((p, q) => areaOf(q) - areaOf(p)).slice(0, MOST_MOVES);
  // none may overwrite what another is still to take
  moves.sort((p, q) => (dy > 0 ? q.top - p.top : p.top - q.top) || (q.left - p.left) * dx);
  return moves.map((to) => ({ to, dx, dy }));
}

/**
 * Whether most of what differs within rect went this way: what scrolls or is dragged goes on as it went
 * before, and to ask costs far less than to seek.
 */
export function wentAlong(
  a: Uint32Array,
  b: Uint32Array,
  width: number,
  rect: Rect,
  { dx, dy }: Way,
): boolean {
  const inside = intersection(rect, moved(rect, dx, dy));
  if (isEmptyRect(inside) || areaOf(inside) * 2 < areaOf(rect)) return false;
  const differ = differingCells(a, b, width, inside, 0);
  const still = differingCells(a, b, width, inside, dy * width + dx);
  let all = 0, along = 0;
  for (let i = 0; i < differ.length; i++) {
    all += differ[i];
    along += differ[i] & (still[i] ^ 1);
  }
  return along * 4 >= all * 3 && along >= LEAST_VOTES;
}

/** The way that most of what differs went; null: none, or it stayed. */
export function findWay(
  a: Uint32Array,
  b: Uint32Array,
  width: number,
  rect: Rect,
): Way | null {
  // runs reach beyond what differs: a column of figures is narrower than they are
  const left = Math.max(0, rect.left - RUN), right = Math.min(width, rect.right + RUN);
  const hashes = new Int32Array(1 << TABLE_BITS);
  const places = new Int32Array(1 << TABLE_BITS).fill(EMPTY);
  for (let y = rect.top; y < rect.bottom; y++) {
    anchors(a, y * width + left, y * width + right, (hash, at) => {
      const slot = hash >>> 32 - TABLE_BITS;
      if (places[slot] === EMPTY) {
        places[slot] = at;
        hashes[slot] = hash;
      } else places[slot] = SEVERAL;
    });
  }
  const votes = new Map<number, number>();
  let best = 0, most = 0, all = 0;
  for (let y = rect.top; y < rect.bottom; y++) {
    anchors(b, y * width + left, y * width + right, (hash, at) => {
      const slot = hash >>> 32 - TABLE_BITS, place = places[slot];
      if (place < 0 || hashes[slot] !== hash) return;
      all++;
      const dy = y - Math.floor(place / width), dx = at % width - place % width;
      const key = dy * 65536 + dx;
      const count = (votes.get(key) ?? 0) + 1;
      votes.set(key, count);
      if (key !== 0 && count > most) most = count, best = key;
    });
  }
  if (most < LEAST_VOTES || most * 4 < all - (votes.get(0) ?? 0)) return null;
  const dx = ((best % 65536) + 65536 + 32768) % 65536 - 32768;
  return { dx, dy: (best - dx) / 65536 };
}

/** Calls found with the hash and the last pixel of every run in [from, to) that is an anchor and not of one colour. */
function anchors(
  pixels: Uint32Array,
  from: number,
  to: number,
  found: (hash: number, at: number) => void,
): void {
  if (to - from < RUN) return;
  let hash = 0, changed = -1;
  for (let i = from; i < from + RUN; i++) {
    hash = Math.imul(hash, FACTOR) + pixels[i] | 0;
    if (i > from && pixels[i] !== pixels[i - 1]) changed = i;
  }
  for (let i = from + RUN; i < to; i++) {
    const pixel = pixels[i];
    if (pixel !== pixels[i - 1]) changed = i;
    hash = Math.imul(hash, FACTOR) + pixel - Math.imul(pixels[i - RUN], FACTOR_RUN) | 0;
    const mixed = Math.imul(hash ^ hash >>> 15, 0x2c1b3c6d);
    if ((mixed >>> 8) % RARITY === 0 && i - changed < RUN - 1) found(mixed, i);
  }
}
