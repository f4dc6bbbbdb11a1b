import { assertEquals } from "@std/assert";
import { i16, u16, u32, u64, u8 } from "../../../../core/binary/cell.ts";
import { layout, reserved, row, union } from "../../../../core/binary/layout.ts";

const Point = layout({ x: i16, y: i16 });
const Thing = layout({
  kind: u8,
  size: u32,
  gap: reserved(3),
  u: union({ point: Point, number: u64 }),
  corners: row(Point, 2),
  counts: row(u16, 3),
});

Deno.test("a layout's parts lie one behind the other without gaps", () => {
  assertEquals(Thing.at.kind, 0);
  assertEquals(Thing.at.size, 1);
  assertEquals(Thing.at.gap, 5);
  assertEquals(Thing.at.corners, [{ x: 16, y: 18 }, { x: 20, y: 22 }]);
  assertEquals(Thing.at.counts, [24, 26, 28]);
  assertEquals(Thing.size, 30);
});

Deno.test("a union's parts share their first byte, and it is as large as the largest", () => {
  assertEquals(Thing.at.u, { point: { x: 8, y: 10 }, number: 8 });
  assertEquals(Thing.parts.u.size, 8);
});

Deno.test("a layout over memory is looked at, not decoded", () => {
  const view = new DataView(new ArrayBuffer(40));
  const thing = Thing.over(view, 4);
  view.setUint32(5, 7, true);
  assertEquals(thing.size, 7);
  view.setUint32(5, 8, true);
  assertEquals(thing.size, 8);
});

Deno.test("what is set in a layout is written where it lies", () => {
  const view = new DataView(new ArrayBuffer(40));
  const thing = Thing.over(view, 4);
  thing.u.point.y = -2;
  thing.corners[1].x = 5;
  thing.counts[2] = 9;
  thing.gap.fill(1);
  assertEquals(view.getInt16(14, true), -2);
  assertEquals(view.getInt16(24, true), 5);
  assertEquals(view.getUint16(32, true), 9);
  assertEquals([view.getUint8(8), view.getUint8(9), view.getUint8(11), view.getUint8(12)], [
    0,
    1,
    1,
    0,
  ]);
  assertEquals(thing.u.number, 0xfffe0000n);
});
