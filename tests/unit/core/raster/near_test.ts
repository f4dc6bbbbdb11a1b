/** Card memory is worked on by WebAssembly, other memory by TypeScript: both must be the same afterwards. */
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { linearBuffer, memoryOf } from "../../../../core/binary/linear.ts";
import { type Random, seeded } from "../../../../core/binary/random.ts";
import type { Rect } from "../../../../core/protocol/drawing.ts";
import { blit } from "../../../../core/raster/blit.ts";
import { fillSolid } from "../../../../core/raster/fill.ts";
import { nearOf } from "../../../../core/raster/near.ts";
import { type PixelFormat, type Pixels, pixelsOf } from "../../../../core/raster/pixels.ts";
import { isEmptyRect } from "../../../../core/raster/rect.ts";
import { ROP } from "../../../../core/raster/rop.ts";
import type { Surface } from "../../../../core/raster/surface.ts";

const SIZE = 1 << 16;
const ROUNDS = 10_000;
const FORMATS: readonly PixelFormat[] = ["xrgb32", "argb32", "rgb565", "a8"];
const shift = (format: Surface["format"]) => format === "a8" ? 0 : format === "rgb565" ? 1 : 2;

/** One memory that WebAssembly reaches, and one that it does not, with the same in them. */
function twoMemories(random: Random): [Uint8Array, Uint8Array] {
  const near = new Uint8Array(linearBuffer(SIZE)), far = new Uint8Array(SIZE);
  for (let i = 0; i < SIZE; i++) near[i] = far[i] = random.below(256);
  return [near, far];
}

/** Somewhere, often at the memory's first or last byte, stored either way up. */
function randomSurface(random: Random, format: PixelFormat): Omit<Surface, "bytes"> {
  const width = 1 + random.below(random.below(4) === 0 ? 200 : 24), height = 1 + random.below(24);
  const stride = (width << shift(format)) + 3 + (random.below(3) === 0 ? random.below(16) : 0) & ~3;
  const room = SIZE - stride * (height - 1) - (width << shift(format));
  const low = [0, room & ~3, 4 * random.below(room >> 2)][random.below(3)];
  if (random.below(3) > 0) return { width, height, format, stride, origin: low };
  return { width, height, format, stride: -stride, origin: low + stride * (height - 1) };
}

function randomRect(random: Random, { width, height }: Omit<Surface, "bytes">): Rect {
  const left = random.below(width), top = random.below(height);
  const right = left + 1 + random.below(width - left);
  return { top, left, bottom: top + 1 + random.below(height - top), right };
}

Deno.test("fillSolid: any rop of any colour is the same in card memory", () => {
  const random = seeded(1);
  const [near, far] = twoMemories(random);
  for (let i = 0; i < ROUNDS; i++) {
    const surface = randomSurface(random, FORMATS[random.below(FORMATS.length)]);
    const area = Array.from({ length: random.below(4) }, () => randomRect(random, surface));
    const value = random.below(2 ** 32) | 0, rop = random.below(16);
    for (const bytes of [near, far]) fillSolid(pixelsOf({ ...surface, bytes }), area, value, rop);
    assertEquals(Buffer.compare(near, far), 0, `round ${i}: rop ${rop} ${JSON.stringify(surface)}`);
  }
});

Deno.test("fillSolid: empty rects and inverted ones are left out", () => {
  const bytes = new Uint8Array(linearBuffer(SIZE));
  const pixels = pixelsOf({ width: 9, height: 9, format: "xrgb32", stride: 36, origin: 0, bytes });
  const area = [[3, 3, 3, 7], [3, 3, 7, 3], [7, 3, 3, 7], [3, 7, 7, 3]]
    .map(([left, top, right, bottom]) => ({ top, left, bottom, right }));
  assert(area.every(isEmptyRect));
  fillSolid(pixels, area, -1, ROP.copy);
  assert(bytes.every((byte) => byte === 0));
});

Deno.test("blit: between surfaces, and within one by any distance, it is the same in card memory", () => {
  const random = seeded(2);
  const [near, far] = twoMemories(random);
  for (let i = 0; i < ROUNDS; i++) {
    const format = FORMATS[random.below(FORMATS.length)];
    const dest = randomSurface(random, format);
    // what guests make of addresses may lie over each other in any way
    const from = random.below(3) === 0
      ? dest
      : random.below(3) === 0
      ? { ...dest, origin: moved(random, dest) }
      : randomSurface(random, format);
    const area = Array.from(
      { length: random.below(5) ? 1 : 2 },
      () => randomRect(random, dest),
    );
    // pixels that move along their own row, and by little, are what goes wrong first
    const dx = random.below(2) ? random.below(9) - 4 : random.below(41) - 20;
    const dy = random.below(2) ? random.below(11) - 5 : 0;
    const how = random.below(3) ? ROP.copy : random.below(16);
    for (const bytes of [near, far]) {
      const onto: Pixels = pixelsOf({ ...dest, bytes });
      blit(onto, area, from === dest ? onto : pixelsOf({ ...from, bytes }), dx, dy, how);
    }
    const what = `${dx}, ${dy}, rop ${how}, ${JSON.stringify([dest, from, area])}`;
    assertEquals(Buffer.compare(near, far), 0, `round ${i}: ${what}`);
  }
});

/** An origin a little beside the surface's, where it still fits. */
function moved(random: Random, { width, height, stride, format, origin }: Omit<Surface, "bytes">) {
  const other = origin + 4 * (random.below(9) - 4), last = other + stride * (height - 1);
  const fits = Math.min(other, last) >= 0 &&
    Math.max(other, last) + (width << shift(format)) <= SIZE;
  return fits ? other : origin;
}

Deno.test("near: what leaves the buffer is refused, and changes nothing behind it", () => {
  const buffer = linearBuffer(SIZE), near = nearOf(new Uint8Array(buffer))!;
  const { copy, fill, flip, mix, sameRows, sameLeft, sameRight, mark } = near;
  const beyond: readonly (readonly [at: number, step: number, bytes: number, rows: number])[] = [
    [SIZE - 60, 64, 64, 1],
    [SIZE - 64, 64, 64, 2],
    [0, -64, 64, 2],
    [-64, 64, 64, 1],
    [SIZE - 64, 2 ** 31 - 1, 4, 3],
    [4, -(2 ** 31), 4, 3],
    [0, 64, -64, 1],
    [0, 64, 64, 2 ** 31],
  ];
  for (const [at, step, bytes, rows] of beyond) {
    const well = [0, 0] as const, place = [at, step] as const;
    const attempts = [
      () => copy(...well, ...place, bytes, rows),
      () => copy(...place, ...well, bytes, rows),
      () => fill(...place, bytes, rows, -1),
      () => flip(...place, bytes, rows, 0, -1),
      () => mix(...well, ...place, bytes, rows, 1, 1, 1, 1),
      () => mix(...place, ...well, bytes, rows, 1, 1, 1, 1),
      ...[sameRows, sameLeft, sameRight].flatMap((same) => [
        () => same(...place, ...well, bytes, rows),
        () => same(...well, ...place, bytes, rows),
      ]),
    ];
    for (const attempt of attempts) assertThrows(attempt, WebAssembly.RuntimeError);
  }
  assertThrows(() => mark(SIZE - 4, 2), WebAssembly.RuntimeError);
  assert(new Uint8Array(buffer).every((byte) => byte === 0));
});

Deno.test("near: pages that others add behind the buffer stay theirs", () => {
  const buffer = linearBuffer(SIZE), view = new Uint8Array(buffer);
  const near = nearOf(view)!;
  assertEquals(nearOf(new Int32Array(buffer)), near);
  assertEquals(nearOf(new Uint8Array(SIZE)), null);
  memoryOf(buffer)!.grow(1);
  assertThrows(() => near.fill(SIZE, 4, 4, 1, -1), WebAssembly.RuntimeError);
});
