import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../../../core/binary/random.ts";
import type { Drawing } from "../../../../core/protocol/drawing.ts";
import { changedBoxes } from "../../../../qxl/drivers/changes.ts";
import { findWay, movesAlong } from "../../../../qxl/drivers/moves.ts";
import { PixelScreen } from "../../../../qxl/drivers/pixel_screen.ts";
import { cardStage, rect } from "../../../kit/card_stage.ts";

const width = 320, height = 240, all = rect(0, 0, width, height);
const random = seeded(7);

/** Lines of what looks like text: marks of 6 × 9 pixels in random columns. */
function page(lines: number): Uint32Array {
  const pixels = new Uint32Array(width * lines * 16).fill(0xffffff);
  for (let line = 0; line < lines; line++) {
    for (let column = 0; column < 38; column++) {
      const glyph = random.below(2 ** 32);
      for (let bit = 0; bit < 32; bit++) {
        if ((glyph >>> bit & 1) === 0) continue;
        pixels[(line * 16 + 3 + (bit >> 2)) * width + 8 + column * 8 + bit % 4] = 0x202020;
      }
    }
  }
  return pixels;
}

function stage() {
  const { card, driver, witness: spectator } = cardStage();
  const screen = new PixelScreen(driver);
  screen.resize(width, height);
  const shown = () => {
    card.settle();
    const { bytes, origin } = card.surfaces.get(0)!;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + origin, width * height);
    return words.map((pixel) => pixel & 0xffffff);
  };
  return { screen, shown, spectator };
}

Deno.test("changed boxes hold every changed pixel, and no row or column at their edges that is the same", () => {
  for (let round = 0; round < 50; round++) {
    const a = new Uint32Array(width * height), b = a.slice();
    for (let i = random.below(30); i >= 0; i--) b[random.below(b.length)] = 1 + random.below(9);
    const boxes = changedBoxes(a, b, width, all);
    for (const { top, left, bottom, right } of boxes) {
      const row = (y: number) => b.subarray(y * width + left, y * width + right).some((p) => p);
      assert(row(top) && row(bottom - 1));
      for (let y = top; y < bottom; y++) {
        a.set(b.subarray(y * width + left, y * width + right), y * width + left);
      }
    }
    assertEquals(a, b);
  }
});

Deno.test("a scrolled page is copied, and only its new line is drawn", async () => {
  const { screen, shown, spectator } = stage();
  const text = page(40);
  screen.pixels.set(text.subarray(0, screen.pixels.length));
  screen.touch(all);
  await screen.flush();
  spectator.drawings.length = 0;
  screen.pixels.set(text.subarray(16 * width, 16 * width + screen.pixels.length));
  screen.touch(all);
  await screen.flush();
  assertEquals(shown(), screen.pixels);
  const [copy, ...draws] = spectator.drawings;
  assertEquals(copy.kind, "copyBits");
  assert(draws.every(({ kind, base }) => kind === "drawCopy" && base.box.top >= height - 16));
});

Deno.test("a dragged window is copied whatever way it went, and what was behind it is drawn", async () => {
  const { screen, shown, spectator } = stage();
  const back = page(15), window = page(8);
  const place = (left: number, top: number) => {
    screen.pixels.set(back);
    for (let y = 0; y < 100; y++) {
      screen.pixels.set(window.subarray(y * width, y * width + 200), (top + y) * width + left);
    }
    screen.touch(all);
    return screen.flush();
  };
  await place(20, 30);
  for (const [left, top] of [[33, 41], [14, 90], [90, 90], [60, 20]]) {
    spectator.drawings.length = 0;
    await place(left, top);
    assertEquals(shown(), screen.pixels);
    assert(spectator.drawings.some(({ kind }) => kind === "copyBits"), `to ${left}, ${top}`);
  }
});

Deno.test("whatever changes, the card shows it in the end", async () => {
  const { screen, shown } = stage();
  for (let round = 0; round < 60; round++) {
    const top = random.below(height - 20), left = random.below(width - 20);
    const box = rect(
      left,
      top,
      left + 1 + random.below(width - left),
      top + 1 + random.below(height - top),
    );
    const before = screen.pixels.slice(), dy = random.below(40) - 20, dx = random.below(40) - 20;
    for (let y = box.top; y < box.bottom; y++) {
      for (let x = box.left; x < box.right; x++) {
        const from = (y - dy) * width + x - dx;
        screen.pixels[y * width + x] = round % 3 === 0 ? random.below(1 << 24) : before[from] ?? 7;
      }
    }
    if (round % 2) screen.hint({ dx, dy });
    screen.touch(box);
    await screen.flush();
    assertEquals(shown(), screen.pixels, `round ${round}`);
  }
});

Deno.test("what did not change draws nothing", async () => {
  const { screen, spectator } = stage();
  spectator.drawings.length = 0;
  screen.touch(all);
  await screen.flush();
  assertEquals(spectator.drawings, []);
});

Deno.test("what is filled is one fill, wherever things are said to have gone", async () => {
  const { screen, shown, spectator } = stage();
  spectator.drawings.length = 0;
  for (let y = 20; y < 220; y++) screen.pixels.fill(0x1020c0, y * width + 10, y * width + 300);
  screen.hint({ dx: 0, dy: -5 });
  screen.touch(all);
  await screen.flush();
  const [{ kind, base }, ...more] = spectator.drawings;
  assertEquals([kind, base.box, more], ["drawFill", rect(10, 20, 300, 220), []]);
  assertEquals(shown(), screen.pixels);
  spectator.drawings.length = 0;
  const text = page(15);
  screen.pixels.set(text);
  screen.touch(all);
  await screen.flush();
  assertEquals(shown(), screen.pixels);
  assert(spectator.drawings.every(({ kind }) => kind === "drawCopy"), "the hint is over");
});

Deno.test("what was filled and changed when there was no room is drawn as it is then", async () => {
  let full = true, free = () => {};
  const drawn: Drawing[] = [];
  const screen = new PixelScreen({
    createPrimary() {},
    monitors() {},
    draw(drawing) {
      if (!full) drawn.push(drawing);
      return !full;
    },
    room: () => new Promise((resolve) => free = resolve),
  });
  screen.resize(width, height);
  screen.pixels.fill(0x1020c0);
  screen.touch(all);
  const flushed = screen.flush();
  screen.pixels[5] = 0xffffff;
  full = false;
  free();
  await flushed;
  const [{ kind }] = drawn;
  assertEquals([kind, drawn.length], ["drawCopy", 1]);
});

Deno.test("the way of a scroll is found beside things that stay", () => {
  const a = page(16), b = page(16);
  for (let y = 0; y < 200; y++) {
    b.set(a.subarray((y + 5) * width, (y + 5) * width + 250), y * width);
  }
  assertEquals(findWay(a, b, width, rect(0, 0, width, 256)), { dx: 0, dy: -5 });
  const moves = movesAlong(a, b, width, rect(0, 0, width, 256), { dx: 0, dy: -5 });
  assert(moves.some(({ to }) => to.right - to.left >= 200 && to.bottom - to.top >= 180));
});
