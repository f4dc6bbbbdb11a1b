import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Random, seeded } from "../../../../core/binary/random.ts";
import type { Rect } from "../../../../core/protocol/drawing.ts";
import { Region } from "../../../../core/raster/region.ts";

const SIZE = 24;
const rect = (left: number, top: number, right: number, bottom: number): Rect => ({
  top,
  left,
  bottom,
  right,
});

/** The slow twin: one byte a pixel, 2 where two rects lie on each other. */
function pixels(region: Region): Uint8Array {
  const grid = new Uint8Array(SIZE * SIZE);
  for (const r of region.rects) {
    for (let y = r.top; y < r.bottom; y++) {
      for (let x = r.left; x < r.right; x++) grid[y * SIZE + x]++;
    }
  }
  return grid;
}

function paint(grid: Uint8Array, r: Rect, value: (old: number, inside: boolean) => number) {
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const inside = x >= r.left && x < r.right && y >= r.top && y < r.bottom;
      grid[y * SIZE + x] = value(grid[y * SIZE + x], inside);
    }
  }
}

/** Some are empty or inverted. */
function randomRect(random: Random): Rect {
  const left = random.below(SIZE), top = random.below(SIZE);
  const right = Math.min(SIZE, left - 2 + random.below(SIZE));
  const bottom = Math.min(SIZE, top - 2 + random.below(SIZE));
  return rect(left, top, right, bottom);
}

Deno.test("a region agrees with a grid of pixels under any sequence of changes", () => {
  const random = seeded(7);
  for (let round = 0; round < 200; round++) {
    const region = new Region();
    let grid = new Uint8Array(SIZE * SIZE);
    for (let step = 0; step < 20; step++) {
      const r = randomRect(random);
      const kind = random.below(8);
      if (kind < 4) {
        region.add(r);
        paint(grid, r, (old, inside) => inside ? 1 : old);
      } else if (kind < 6) {
        region.subtract(r);
        paint(grid, r, (old, inside) => inside ? 0 : old);
      } else if (kind === 6 && step > 10) {
        region.intersect(r);
        paint(grid, r, (old, inside) => inside ? old : 0);
      } else {
        const other = new Region([r, randomRect(random)]);
        const twin = pixels(other);
        const both = step % 3;
        if (both === 0) region.addAll(other), grid = grid.map((v, i) => v | twin[i]);
        else if (both === 1) region.subtractAll(other), grid = grid.map((v, i) => v & ~twin[i] & 1);
        else region.intersectAll(other), grid = grid.map((v, i) => v & twin[i]);
      }
      assertEquals(pixels(region), grid);
      assertEquals(region.area, grid.reduce((a, b) => a + b, 0));
      assertEquals(region.isEmpty, region.area === 0);
      const probe = randomRect(random);
      let all = true, some = false;
      paint(grid, probe, (old, inside) => {
        if (inside) all &&= old === 1, some ||= old === 1;
        return old;
      });
      assertEquals(region.contains(probe), all);
      assertEquals(region.overlaps(probe), some);
    }
  }
});

Deno.test("a simplified region covers what it covered, in disjoint rects, at most so many", () => {
  const random = seeded(8);
  for (let round = 0; round < 100; round++) {
    const region = new Region(Array.from({ length: 12 }, () => randomRect(random)));
    const before = pixels(region), bounds = region.bounds;
    const most = 1 + random.below(6);
    region.simplify(most);
    assert(region.rects.length <= most);
    const after = pixels(region);
    for (let i = 0; i < before.length; i++) assert(after[i] <= 1 && after[i] >= before[i]);
    assertEquals(region.bounds, bounds);
  }
  assertThrows(() => new Region([rect(0, 0, 1, 1)]).simplify(0), RangeError);
});

Deno.test("thousands of rects are simplified as well", () => {
  const random = seeded(9);
  const region = new Region();
  for (let i = 0; i < 3000; i++) {
    const x = random.below(4000), y = random.below(4000);
    region.add(rect(x, y, x + 3, y + 3));
  }
  const copy = region.clone();
  region.simplify(20);
  assert(region.rects.length <= 20);
  for (const r of copy.rects) assert(region.contains(r));
});

Deno.test("rects that continue each other become one", () => {
  const region = new Region();
  for (let y = 0; y < 4; y++) for (let x = 0; x < 6; x++) region.add(rect(x, y, x + 1, y + 1));
  assertEquals(region.rects, [rect(0, 0, 6, 4)]);
  region.translate(5, -3);
  assertEquals(region.bounds, rect(5, -3, 11, 1));
  region.clear();
  assertEquals(region.bounds, null);
});
