/** Makes lists of rects shorter by covering more pixels. */
import { areaOf, around, overlap, type Rect } from "./rect.ts";

/** Adds a rect to others, together with all that it overlaps, as one. */
export function absorb(rects: Rect[], rect: Rect): void {
  for (let i = 0; i < rects.length; i++) {
    if (!overlap(rects[i], rect)) continue;
    rect = around(rect, rects[i]);
    rects[i] = rects[rects.length - 1];
    rects.pop();
    i = -1;
  }
  rects.push(rect);
}

/**
 * Replaces the two whose common bounds waste the least, again and again until there are at most `most`
 * (1 or more). Each remembers its cheapest partner: asking all pairs anew each time costs ten times that.
 */
export function joinCheapest(rects: Rect[], most: number): void {
  const all: (Rect | null)[] = rects.slice(), areas = rects.map(areaOf);
  const partners = new Int32Array(all.length), wastes = new Float64Array(all.length);
  const look = (i: number) => {
    const rect = all[i]!;
    wastes[i] = Infinity;
    for (let j = i + 1; j < all.length; j++) {
      const other = all[j];
      if (other === null) continue;
      const waste = boundsArea(rect, other) - areas[i] - areas[j];
      if (waste < wastes[i]) wastes[i] = waste, partners[i] = j;
    }
  };
  for (let i = 0; i < all.length; i++) look(i);
  for (let count = all.length; count > most;) {
    let at = 0, least = Infinity;
    for (let i = 0; i < all.length; i++) {
      if (all[i] !== null && wastes[i] < least) least = wastes[i], at = i;
    }
    const other = partners[at];
    let joined = around(all[at]!, all[other]!);
    all[at] = all[other] = null;
    count -= 2;
    for (let i = 0; i < all.length; i++) {
      const met = all[i];
      if (met === null || !overlap(met, joined)) continue;
      joined = around(joined, met);
      all[i] = null;
      count--;
      i = -1;
    }
    all[at] = joined;
    areas[at] = areaOf(joined);
    count++;
    for (let i = 0; i <= at; i++) {
      const rect = all[i];
      if (rect === null) continue;
      const waste = boundsArea(rect, joined) - areas[i] - areas[at];
      if (i === at || partners[i] === at) look(i);
      else if (waste < wastes[i]) wastes[i] = waste, partners[i] = at;
    }
    for (let i = 0; i < all.length; i++) {
      if (all[i] !== null && wastes[i] < Infinity && all[partners[i]] === null) look(i);
    }
  }
  rects.length = 0;
  for (const rect of all) if (rect !== null) rects.push(rect);
}

/** Pixels of the smallest rect around both. */
function boundsArea(a: Rect, b: Rect): number {
  const top = a.top < b.top ? a.top : b.top, bottom = a.bottom > b.bottom ? a.bottom : b.bottom;
  const left = a.left < b.left ? a.left : b.left, right = a.right > b.right ? a.right : b.right;
  return (bottom - top) * (right - left);
}
