import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { seeded } from "../../../core/binary/random.ts";
import { Allocator } from "../../../qxl/allocator.ts";
import { cardStage, copyOf, fillOf, pictureOf, pixelAt, rect } from "../../kit/card_stage.ts";

const mode = { width: 64, height: 48, stride: 256, format: "xrgb32" } as const;

Deno.test("pieces of memory never overlap, and join again when all are free", () => {
  const random = seeded(3);
  const allocator = new Allocator(100, 100_000);
  const taken = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    if (random.below(2) && taken.size > 0) {
      const at = [...taken.keys()][random.below(taken.size)];
      allocator.free(at);
      taken.delete(at);
      continue;
    }
    const size = 1 + random.below(4000), at = allocator.take(size);
    if (at < 0) continue;
    assertEquals(at % 64, 0);
    assert(at >= 100 && at + size <= 100_000);
    for (const [other, length] of taken) assert(at + size <= other || other + length <= at);
    taken.set(at, size);
  }
  for (const at of taken.keys()) allocator.free(at);
  assertEquals(allocator.taken, 0);
  assertEquals(allocator.take(allocator.capacity - 64) >= 0, true);
  assertEquals(allocator.take(allocator.capacity), -1);
  assertThrows(() => allocator.free(192), RangeError);
});

Deno.test("a driver draws as much as it likes: memory comes back", () => {
  const { card, driver, witness, errors } = cardStage();
  driver.createPrimary(mode);
  // 16 KB a picture, and 8 MB of memory: all of it many times
  const picture = pictureOf(64, 48);
  for (let i = 0; i < 2000; i++) assert(driver.draw(copyOf(picture)));
  assertEquals([witness.drawings.length, errors], [2000, []]);
  card.settle();
  assertEquals(pixelAt(card.surfaces.get(0)!, 63, 47), 0xfefdfc);
});

Deno.test("an audience that keeps everything is asked to let go when memory runs out", () => {
  const { driver, witness, errors } = cardStage();
  driver.createPrimary(mode);
  witness.keeps = true;
  const picture = pictureOf(64, 48);
  for (let i = 0; i < 2000; i++) assert(driver.draw(copyOf(picture)));
  assertEquals(errors, []);
  assert(witness.log.filter((line) => line === "memoryLow").length >= 2);
  assertEquals(witness.drawings.length, 2000);
});

Deno.test("a picture larger than the card's memory is our caller's error", () => {
  const { driver, card } = cardStage();
  driver.createPrimary(mode);
  assertThrows(() => driver.draw(copyOf(pictureOf(2048, 1100))), RangeError, "ramSize");
  assertThrows(() => driver.createSurface(1, "xrgb32", 2048, 1100, 8192), RangeError, "vramSize");
  assertThrows(() => driver.createPrimary({ ...mode, height: 1e6 }), RangeError, "vgamem");
  assertFalse(card.guestBug);
  assert(driver.draw(fillOf(rect(0, 0, 1, 1), 1)));
});

Deno.test("surfaces that find no room in VRAM lie in RAM, and all memory comes back", () => {
  const { card, driver, errors } = cardStage();
  driver.createPrimary(mode);
  for (let round = 0; round < 5; round++) {
    // 4 MiB of VRAM, and 1 MiB each
    for (let id = 1; id <= 8; id++) driver.createSurface(id, "xrgb32", 512, 512, 2048);
    driver.draw(fillOf(rect(0, 0, 512, 512), 0xabcdef, 8));
    card.settle();
    assertEquals(pixelAt(card.surfaces.get(8)!, 511, 511), 0xabcdef);
    assertEquals(card.surfaces.size, 9);
    for (let id = 1; id <= 8; id++) driver.destroySurface(id);
  }
  assertEquals([errors, card.surfaces.size], [[], 1]);
});

Deno.test("a card with a 64-bit BAR and one with its own memory are driven alike", () => {
  const MiB = 1 << 20;
  for (
    const options of [{ vram64Size: 16 * MiB }, { memory: new ArrayBuffer(20 * MiB) }, {
      revision: 2,
    }]
  ) {
    const { card, driver, errors } = cardStage(options);
    driver.createPrimary(mode);
    driver.createSurface(1, "argb32", 16, 16, 64);
    driver.draw(fillOf(rect(0, 0, 16, 16), 0x998877, 1));
    card.settle();
    assertEquals([errors, pixelAt(card.surfaces.get(1)!, 15, 15)], [[], 0x998877]);
  }
});

Deno.test("a card of revision 1 is for older drivers", () => {
  assertThrows(() => cardStage({ revision: 1 }), RangeError, "revision 2");
});

Deno.test("there is room at once when the rings are not full", async () => {
  const { driver } = cardStage();
  await driver.room();
});
