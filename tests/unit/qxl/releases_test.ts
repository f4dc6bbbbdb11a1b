import { assertEquals } from "@std/assert";
import { Interrupts } from "../../../qxl/interrupts.ts";
import { Interrupt, ReleaseRing } from "../../../qxl/memory.ts";
import { Releases } from "../../../qxl/releases.ts";
import { VideoMemory } from "../../../qxl/video_memory.ts";

const RING = 4096, PENDING = 8192;

function stage() {
  const memory = new VideoMemory(16384, 0);
  const releases = new Releases(memory, RING, new Interrupts(memory.words, PENDING, PENDING + 4));
  releases.reset();
  const ring = ReleaseRing.over(memory.view, RING);
  /** The release_info of command n has n as its id. */
  const add = (n: number) => {
    memory.view.setBigUint64(n * 8, BigInt(n), true);
    releases.add(n * 8);
  };
  return { memory, releases, ring, add, pending: () => memory.words[PENDING >> 2] };
}

Deno.test("released commands are chained in their order behind the ring's item", () => {
  const { memory, releases, ring, add } = stage();
  for (const n of [5, 9, 7]) add(n);
  assertEquals([ring.prod, releases.held], [0, 3]);
  releases.flush();
  assertEquals([ring.prod, releases.held, releases.unread], [1, 0, true]);
  assertEquals(ring.items[0], 5n);
  const next = (n: number) => Number(memory.view.getBigUint64(n * 8, true));
  assertEquals([next(5), next(9), next(7)], [9, 7, 0]);
});

Deno.test("a chain of 32 is pushed, with an interrupt when the guest waits for it", () => {
  const { ring, add, pending } = stage();
  for (let n = 1; n <= 31; n++) add(n);
  assertEquals([ring.prod, pending()], [0, 0]);
  add(32);
  assertEquals([ring.prod, pending()], [1, Interrupt.display]);
  for (let n = 33; n <= 64; n++) add(n);
  assertEquals(ring.prod, 2);
});

Deno.test("while memory is short everything is collected first", () => {
  const { releases, ring, add } = stage();
  releases.holding = true;
  for (let n = 1; n <= 100; n++) add(n);
  assertEquals(ring.prod, 0);
  releases.holding = false;
  releases.flush();
  assertEquals(ring.prod, 1);
});

Deno.test("a ring that the guest does not read is not overrun: the chain grows instead", () => {
  const { memory, releases, ring, add } = stage();
  for (let n = 1; n <= 320; n++) add(n);
  assertEquals([ring.prod, releases.held], [7, 96]);
  releases.flush();
  assertEquals(ring.prod, 7);
  ring.cons = 7;
  releases.flush();
  assertEquals([ring.prod, releases.held, ring.items[7]], [8, 0, 225n]);
  let length = 0;
  for (let id = 225; id !== 0; id = Number(memory.view.getBigUint64(id * 8, true))) length++;
  assertEquals(length, 96);
});

Deno.test("a guest that writes nonsense into the ring's indices loses only what is its own", () => {
  const { releases, ring, add } = stage();
  ring.cons = 0x80000000;
  for (let n = 1; n <= 100; n++) add(n);
  releases.flush();
  assertEquals(releases.held, 100);
});

Deno.test("a release_info inside the ring itself does no harm", () => {
  const { releases, ring } = stage();
  for (let at = RING - 8; at < RING + ReleaseRing.size; at++) releases.add(at);
  releases.flush();
  releases.reset();
  assertEquals([ring.numItems, ring.prod, ring.cons], [8, 0, 0]);
});
