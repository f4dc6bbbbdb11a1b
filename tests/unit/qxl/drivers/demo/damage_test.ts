import { assertEquals } from "@std/assert";
import { seeded } from "../../../../../core/binary/random.ts";
import { Damage } from "../../../../../qxl/drivers/demo/damage.ts";
import { box } from "../../../../../qxl/drivers/demo/painter.ts";
import { ensure } from "../replay/recorder.ts";

const size = 40, screen = box(0, 0, size, size);

/** Pixels of a square screen, by rule. */
class Grid {
  readonly cells = new Int32Array(size * size);
  set(left: number, top: number, right: number, bottom: number, value: (i: number) => number) {
    for (let y = Math.max(0, top); y < Math.min(size, bottom); y++) {
      for (let x = Math.max(0, left); x < Math.min(size, right); x++) {
        this.cells[y * size + x] = value(y * size + x);
      }
    }
  }
}

Deno.test("damage: after its copies and a painting of its region, everything is right", () => {
  const dice = seeded(7);
  for (let round = 0; round < 300; round++) {
    const damage = new Damage(), wanted = new Grid(), shown = new Grid();
    wanted.set(0, 0, size, size, (i) => i);
    shown.cells.set(wanted.cells);
    let fresh = 10_000;
    for (let step = dice.below(14); step >= 0; step--) {
      const x = dice.below(30), y = dice.below(30), w = 1 + dice.below(10), h = 1 + dice.below(10);
      if (dice.below(2)) {
        wanted.set(x, y, x + w, y + h, () => fresh++);
        damage.add(box(x, y, w, h));
      } else {
        const dx = dice.below(size - w - x + 1) - dice.below(x + 1);
        const dy = dice.below(size - h - y + 1) - dice.below(y + 1);
        const before = wanted.cells.slice();
        const there = [x + dx, y + dy, x + dx + w, y + dy + h] as const;
        wanted.set(...there, (i) => before[i - dx - dy * size]);
        damage.move(box(x, y, w, h), dx, dy);
      }
    }
    const { copies, region } = damage.take(screen);
    for (const copy of copies) {
      ensure(copy.kind === "copyBits");
      const { left, top, right, bottom } = copy.base.box, before = shown.cells.slice();
      const from = (copy.srcPos.x - left) + (copy.srcPos.y - top) * size;
      shown.set(left, top, right, bottom, (i) => before[i + from]);
    }
    for (const { left, top, right, bottom } of region.rects) {
      shown.set(left, top, right, bottom, (i) => wanted.cells[i]);
    }
    assertEquals(shown.cells, wanted.cells, `round ${round}`);
    ensure(damage.isEmpty);
  }
});

Deno.test("damage: a window that moves on is copied once", () => {
  const damage = new Damage();
  damage.move(box(0, 0, 10, 10), 3, 0);
  damage.move(box(3, 0, 10, 10), 4, 5);
  const { copies } = damage.take(screen);
  assertEquals(copies.map((copy) => copy.base.box), [box(7, 5, 10, 10)]);
});

Deno.test("damage: what piles up is bounded, and covers all that was said", () => {
  const damage = new Damage(), dice = seeded(3), big = box(0, 0, 5000, 5000);
  const said = [];
  for (let i = 0; i < 2000; i++) {
    const rect = box(dice.below(4990), dice.below(4990), 1 + dice.below(9), 1 + dice.below(9));
    said.push(rect);
    damage.add(rect);
    damage.move(box(dice.below(100), 0, 5, 5), 1, 1);
  }
  const { copies, region } = damage.take(big);
  ensure(region.rects.length <= 24 && copies.length <= 8);
  // rects on the moved strip may have been carried along
  ensure(said.filter(({ top }) => top > 10).every((rect) => region.contains(rect)));
});
