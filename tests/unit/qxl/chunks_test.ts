import { assertEquals, assertThrows } from "@std/assert";
import { GuestError } from "../../../core/binary/error.ts";
import { Chunks } from "../../../qxl/chunks.ts";
import { DataChunk } from "../../../qxl/memory.ts";
import { physicalOf, Slots } from "../../../qxl/slots.ts";
import { VideoMemory } from "../../../qxl/video_memory.ts";

const END = 65536;

function stage() {
  const memory = new VideoMemory(END, 4096);
  const slots = new Slots(memory);
  slots.add(1, 0, END, 0, 0);
  const chunks = new Chunks(memory, slots);
  /** Writes a chunk of counting bytes; next: where the next one is. */
  const chunk = (at: number, bytes: number[], next?: number) => {
    memory.view.setUint32(at, bytes.length, true);
    const address = next === undefined ? 0n : physicalOf(1, 0, next);
    memory.view.setBigUint64(at + DataChunk.at.nextChunk, address, true);
    memory.bytes.set(bytes, at + DataChunk.size);
    return at;
  };
  return { memory, slots, chunks, chunk };
}

Deno.test("data in one chunk are looked at where they lie", () => {
  const { memory, chunks, chunk } = stage();
  const data = chunks.read(chunk(100, [1, 2, 3]), END, 3, "it");
  assertEquals([...data], [1, 2, 3]);
  assertEquals(data.byteOffset, 120);
  assertEquals(data.buffer, memory.bytes.buffer);
  assertEquals(chunks.copied, 0);
});

Deno.test("data in several chunks are joined, empty ones left out", () => {
  const { memory, chunks, chunk } = stage();
  chunk(100, [1, 2, 3], 500);
  chunk(500, [], 300);
  chunk(300, [4], 700);
  chunk(700, [5, 6]);
  assertEquals([...chunks.read(100, END, 6, "it")], [1, 2, 3, 4, 5, 6]);
  assertEquals(chunks.copied, 6);
  assertEquals(chunks.lent, 6);
  memory.bytes.fill(0);
  assertEquals(chunks.read(100, END, 6, "it").length, 0);
});

Deno.test("one chunk behind empty ones is not copied", () => {
  const { chunks, chunk } = stage();
  chunk(100, [], 500);
  chunk(500, [7, 8]);
  assertEquals(chunks.read(100, END, 6, "it").byteOffset, 520);
});

Deno.test("a circle of chunks ends", () => {
  const { chunks, chunk } = stage();
  chunk(100, [1], 500);
  chunk(500, [2], 100);
  assertThrows(
    () => chunks.read(100, END, 1000, "Text.str"),
    GuestError,
    "Text.str: chunks of 1001",
  );
  assertThrows(() => chunks.read(100, END, 1e9, "it"), GuestError, "more than 65536 chunks");
  chunk(100, [], 100);
  assertThrows(() => chunks.read(100, END, 1e9, "it"), GuestError, "more than 1024 empty chunks");
  assertEquals(chunks.lent, 0);
});

Deno.test("a chunk that leaves its slot is refused", () => {
  const { memory, chunks, chunk } = stage();
  memory.view.setUint32(100, 0xffffffff, true);
  assertThrows(() => chunks.read(100, END, 1e10, "it"), GuestError, "its slot 65416");
  chunk(100, [1], END - 19);
  assertThrows(() => chunks.read(100, END, 1e9, "it"), GuestError, "needs 20 bytes");
  chunk(100, [1], 200);
  memory.view.setBigUint64(100 + DataChunk.at.nextChunk, physicalOf(4, 0, 200), true);
  assertThrows(() => chunks.read(100, END, 1e9, "it"), GuestError, "no such slot");
});

Deno.test("more than the card's memory is never copied, however chunks overlap", () => {
  const { memory, chunks } = stage();
  // two chunks that are nearly all of the memory, each
  for (const [at, next] of [[0, 32], [32, 0]]) {
    memory.view.setUint32(at, END - 64, true);
    const address = next ? physicalOf(1, 0, next) : 0n;
    memory.view.setBigUint64(at + DataChunk.at.nextChunk, address, true);
  }
  assertThrows(() => chunks.read(0, END, 1e9, "it"), GuestError, "bytes to copy");
  assertEquals(chunks.lent, 0);
});
