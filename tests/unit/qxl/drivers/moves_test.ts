import { assertEquals } from "@std/assert";
import { findWay, type Way, wentAlong } from "../../../../qxl/drivers/moves.ts";
import { seeded } from "../../../../core/binary/random.ts";

const WIDTH = 320, HEIGHT = 240;
const rect = { top: 0, left: 0, bottom: HEIGHT, right: WIDTH };

/** Rows of 13 pixels with marks on white, as a terminal has them. */
function text(): Uint32Array {
  const random = seeded(7);
  const pixels = new Uint32Array(WIDTH * HEIGHT).fill(0xffffff);
  for (let y = 0; y < HEIGHT; y++) {
    if (y % 13 < 3) continue;
    for (let x = 0; x < WIDTH * 0.8; x++) if (random.below(10) < 3) pixels[y * WIDTH + x] = 0;
  }
  return pixels;
}

/** The picture after it went this way; white where nothing came. */
function gone(from: Uint32Array, { dx, dy }: Way): Uint32Array {
  const to = new Uint32Array(from.length).fill(0xffffff);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const fromY = y - dy, fromX = x - dx;
      if (fromY < 0 || fromY >= HEIGHT || fromX < 0 || fromX >= WIDTH) continue;
      to[y * WIDTH + x] = from[fromY * WIDTH + fromX];
    }
  }
  return to;
}

Deno.test("wentAlong knows the way that a text went from every other, as findWay finds it", () => {
  const before = text();
  for (
    const way of [{ dx: 0, dy: -13 }, { dx: 0, dy: -26 }, { dx: 9, dy: 4 }, { dx: -40, dy: 0 }]
  ) {
    const after = gone(before, way);
    assertEquals(findWay(before, after, WIDTH, rect), way);
    for (const other of [way, { dx: 0, dy: -39 }, { dx: 0, dy: 13 }, { dx: 1, dy: 4 }]) {
      const went = wentAlong(before, after, WIDTH, rect, other);
      assertEquals(
        went,
        other === way,
        `went ${JSON.stringify(way)}, asked ${JSON.stringify(other)}`,
      );
    }
  }
});

Deno.test("wentAlong: neither what stays nor what lies beyond the picture says that anything went", () => {
  const before = text();
  assertEquals(wentAlong(before, before, WIDTH, rect, { dx: 0, dy: -13 }), false);
  assertEquals(
    wentAlong(before, gone(before, { dx: 0, dy: -13 }), WIDTH, rect, { dx: 0, dy: 500 }),
    false,
  );
  const white = new Uint32Array(WIDTH * HEIGHT).fill(0xffffff);
  assertEquals(wentAlong(before, white, WIDTH, rect, { dx: 0, dy: -13 }), false);
});
