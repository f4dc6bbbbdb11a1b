import { assert, assertEquals } from "@std/assert";
import { type Random, seeded } from "../../../../core/binary/random.ts";
import type { Rect } from "../../../../core/raster/rect.ts";
import { Motion } from "../../../../channels/display/motion.ts";

const rectOf = (left: number, top: number, width: number, height: number): Rect => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
});
const VIDEO = rectOf(61, 43, 641, 357);

/** Plays frames, each as the rects that draw gives; returns when the region was found, in ms. */
function play(
  motion: Motion,
  frames: number,
  fps: number,
  draw: (frame: number) => Rect[],
): { foundMs: number; rects: Rect[] } {
  let foundMs = Infinity, rects: Rect[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const now = 1000 + frame * 1000 / fps;
    draw(frame).forEach((rect, i) => motion.drawn(rect, now + i * 0.02));
    rects = motion.moving(now + 3);
    if (rects.length > 0) foundMs = Math.min(foundMs, now - 1000);
  }
  return { foundMs, rects };
}

function bands(rect: Rect, height: number): Rect[] {
  const all = [];
  for (let top = rect.top; top < rect.bottom; top += height) {
    all.push({ ...rect, top, bottom: Math.min(rect.bottom, top + height) });
  }
  return all;
}

/** As many rects as a VNC server or an X server's damage gives: some of the tiles, a few of them together. */
function shreds(rect: Rect, random: Random, share: number): Rect[] {
  const all: Rect[] = [];
  for (let top = rect.top; top < rect.bottom; top += 32) {
    for (let left = rect.left; left < rect.right;) {
      const width = 16 * (1 + random.below(6));
      const right = Math.min(rect.right, left + width);
      if (random.below(100) < share) {
        all.push({ left, top, right, bottom: Math.min(rect.bottom, top + 32) });
      }
      left = right;
    }
  }
  return all;
}

for (const fps of [10, 15, 24, 30, 60]) {
  Deno.test(`frames that come whole are found within a second and to the pixel, ${fps} a second`, () => {
    const { foundMs, rects } = play(new Motion(1280, 800), fps * 2, fps, () => [VIDEO]);
    assert(foundMs < 1000, `found after ${foundMs} ms`);
    assertEquals(rects, [VIDEO]);
  });
}

Deno.test("frames that come in bands are one region", () => {
  for (const height of [1, 8, 30, 100]) {
    const { foundMs, rects } = play(new Motion(1280, 800), 60, 30, () => bands(VIDEO, height));
    assert(foundMs < 1000, `found after ${foundMs} ms`);
    assertEquals(rects, [VIDEO], `bands of ${height}`);
  }
});

Deno.test("frames that come in shreds are one region, with the edges that they reach", () => {
  for (const share of [60, 80, 100]) {
    const random = seeded(share);
    const { foundMs, rects } = play(
      new Motion(1280, 800),
      60,
      30,
      () => shreds(VIDEO, random, share),
    );
    assert(foundMs < 1000, `found after ${foundMs} ms`);
    assertEquals(rects, [VIDEO], `${share} % of the tiles`);
  }
});

Deno.test("a picture of 4K is found, whole and in shreds", () => {
  const whole = rectOf(0, 0, 3840, 2160), random = seeded(4);
  assertEquals(play(new Motion(3840, 2160), 30, 30, () => [whole]).rects, [whole]);
  const { rects } = play(new Motion(3840, 2160), 30, 30, () => shreds(whole, random, 90));
  assertEquals(rects.length, 1);
  assert(rects[0].right >= 3824 && rects[0].bottom >= 2144 && rects[0].left <= 16);
});

Deno.test("two films are two regions", () => {
  const other = rectOf(800, 420, 320, 180);
  const { rects } = play(new Motion(1280, 800), 60, 25, () => [VIDEO, ...bands(other, 16)]);
  assertEquals(rects, [VIDEO, other]);
});

Deno.test("what else is drawn in the meantime does not widen the region", () => {
  const { rects } = play(new Motion(1280, 800), 60, 30, (frame) => [
    VIDEO,
    // a clock beside it, a caret, a window that opens over both
    ...frame % 30 === 0 ? [rectOf(1200, 4, 60, 16)] : [],
    ...frame % 15 === 0 ? [rectOf(716, 200, 2, 16)] : [],
    ...frame === 40 ? [rectOf(500, 100, 700, 600)] : [],
  ]);
  assertEquals(rects, [VIDEO]);
});

Deno.test("typing, a caret, a busy spinner and a progress bar are no motion", () => {
  const { rects, foundMs } = play(new Motion(1280, 800), 200, 30, (frame) => [
    rectOf(20 + frame * 8 % 1000, 300 + 16 * Math.trunc(frame / 60), 8, 16),
    rectOf(600, 500, 64, 64),
    rectOf(100, 700, 600, 12),
  ]);
  assertEquals(rects, []);
  assertEquals(foundMs, Infinity);
});

Deno.test("a slide show and windows that come now and then are no motion", () => {
  const { foundMs } = play(new Motion(1280, 800), 20, 2, () => [rectOf(0, 0, 1280, 800)]);
  assertEquals(foundMs, Infinity);
});

Deno.test("a region that rests is none any more", () => {
  const motion = new Motion(1280, 800);
  play(motion, 60, 30, () => [VIDEO]);
  assertEquals(motion.moving(1000 + 2000 + 100), [VIDEO]);
  assertEquals(motion.moving(1000 + 2000 + 400), []);
});
