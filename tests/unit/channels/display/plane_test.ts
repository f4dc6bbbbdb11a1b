/** Pictures in card memory are compared by WebAssembly, others by TypeScript: both must say the same. */
import { assert, assertEquals } from "@std/assert";
import { changed, type Plane, scrolled } from "../../../../channels/display/plane.ts";
import { PlanePair } from "../../../../channels/display/plane_pair.ts";
import { linearBuffer } from "../../../../core/binary/linear.ts";
import { type Random, seeded } from "../../../../core/binary/random.ts";
import type { Rect } from "../../../../core/protocol/drawing.ts";

const WORDS = 1 << 16;
const near = new Uint32Array(linearBuffer(WORDS * 4)), far = new Uint32Array(WORDS);

/** Where two pictures of one size lie: a plane each, without their words. */
interface Places {
  readonly width: number;
  readonly height: number;
  readonly a: Omit<Plane, "words">;
  readonly b: Omit<Plane, "words">;
  readonly skip: number;
}

function randomPlaces(random: Random): Places {
  const width = 1 + random.below(130), height = 1 + random.below(60);
  const skip = random.below(3);
  const place = (low: number): Omit<Plane, "words"> => {
    const row = width + random.below(6), up = random.below(3) === 0;
    return { format: "bit32", origin: up ? low + (height - 1) * row : low, pitch: up ? -row : row };
  };
  return { width, height, a: place(random.below(9)), b: place(WORDS / 2 + random.below(9)), skip };
}

const planes = ({ a, b, skip }: Places, words: Uint32Array): [Plane, Plane] => {
  // as pictures' words do, they begin anywhere in their buffer
  const view = new Uint32Array(words.buffer, skip * 4);
  return [{ ...a, words: view }, { ...b, words: view }];
};

/** b has few colours; a is the same a little lower or higher, but for a few rects. */
function draw(random: Random, places: Places): void {
  const { width, height } = places, [a, b] = planes(places, far);
  const set = (plane: Plane, x: number, y: number, value: number) =>
    plane.words[plane.origin + y * plane.pitch + x] = value;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) set(b, x, y, random.below(3) === 0 ? y : y + x);
  }
  const dy = random.below(3) === 0 ? random.below(21) - 10 : 0;
  for (let y = 0; y < height; y++) {
    const from = Math.min(Math.max(y + dy, 0), height - 1);
    for (let x = 0; x < width; x++) set(a, x, y, b.words[b.origin + from * b.pitch + x]);
  }
  for (let n = random.below(3); n > 0; n--) {
    const { top, left, bottom, right } = randomRect(random, places);
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) set(a, x, y, 7 << 20);
  }
  near.set(far);
}

function randomRect(random: Random, { width, height }: Places): Rect {
  const left = random.below(width), top = random.below(height);
  const right = left + 1 + random.below(width - left);
  return { top, left, bottom: top + 1 + random.below(height - top), right };
}

/** By looking at each pixel. */
function changedSlowly([a, b]: [Plane, Plane], { top, left, bottom, right }: Rect): Rect | null {
  let rect: Rect | null = null;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (a.words[a.origin + y * a.pitch + x] === b.words[b.origin + y * b.pitch + x]) continue;
      rect ??= { top: y, left: x, bottom: y + 1, right: x + 1 };
      rect.bottom = y + 1;
      rect.left = Math.min(rect.left, x), rect.right = Math.max(rect.right, x + 1);
    }
  }
  return rect;
}

Deno.test("changed and scrolled: of pictures in card memory they say what they say of others", () => {
  const random = seeded(3);
  let moves = 0;
  for (let i = 0; i < 1500; i++) {
    const places = randomPlaces(random);
    draw(random, places);
    const here = planes(places, far), there = planes(places, near);
    for (let n = 0; n < 3; n++) {
      const { width, height } = places;
      const rect = n
        ? randomRect(random, places)
        : { top: 0, left: 0, bottom: height, right: width };
      const difference = changed(...there, rect),
        what = `round ${i}: ${JSON.stringify([places, rect])}`;
      assertEquals(difference, changedSlowly(here, rect), what);
      assertEquals(difference, changed(...here, rect), what);
      const scroll = scrolled(...there, rect);
      assertEquals(scroll, scrolled(...here, rect), what);
      if (scroll) moves++;
    }
  }
  assert(moves > 100, `${moves} moves are too few to tell`);
});

Deno.test("PlanePair: rows, edges and marks of card memory are those of other memory", () => {
  const random = seeded(4);
  for (let i = 0; i < 1500; i++) {
    const places = randomPlaces(random);
    draw(random, places);
    const [here, there] = [far, near].map((words) => new PlanePair(...planes(places, words)));
    const rect = randomRect(random, places), { top, left, bottom, right } = rect;
    const dy = random.below(places.height - bottom + top + 1) - top;
    const what = `round ${i}: ${JSON.stringify([places, rect, dy])}`;
    assertEquals(there.sameRows(rect, dy, 1), here.sameRows(rect, dy, 1), what);
    assertEquals(there.sameRows(rect, dy, -1), here.sameRows(rect, dy, -1), what);
    assertEquals(there.sameLeft(rect, dy), here.sameLeft(rect, dy), what);
    assertEquals(there.sameRight(rect, dy), here.sameRight(rect, dy), what);
    assertEquals(there.markOf(there.a, top, left, right), here.markOf(here.a, top, left, right));
    const empty = { ...rect, right: left }, none = { ...rect, bottom: top };
    for (const rect of [empty, none]) {
      assertEquals(there.sameRows(rect, dy, 1), here.sameRows(rect, dy, 1), what);
      assertEquals(there.sameLeft(rect, dy), here.sameLeft(rect, dy), what);
      assertEquals(there.sameRight(rect, dy), here.sameRight(rect, dy), what);
    }
  }
});

Deno.test("changed: a guest that takes its changes back meanwhile is not waited for", () => {
  let looks = 0;
  // another row differs at first, all rows are the same later; what lies beyond the memory is undefined
  const words = new Proxy(new Uint32Array(4 * 8), {
    get: (target, key) =>
      key === "buffer" ? target.buffer : looks++ === 0 ? 1 : target[Number(key)],
  });
  const a: Plane = { words, origin: 0, pitch: 8, format: "bit32" };
  const b: Plane = { ...a, words: new Uint32Array(4 * 8) };
  assertEquals(changed(a, b, { top: 1, left: 0, bottom: 3, right: 8 }), null);
});
