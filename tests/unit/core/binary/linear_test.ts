import { assert, assertEquals } from "@std/assert";
import { adopt, linearBuffer, memoryOf, SpareRoom } from "../../../../core/binary/linear.ts";

Deno.test("linearBuffer: WebAssembly reaches the buffer, and what it adds leaves it as it is", () => {
  const buffer = linearBuffer(100_000);
  assertEquals(buffer.byteLength, 2 << 16);
  const bytes = new Uint8Array(buffer);
  bytes[99_999] = 7;
  const memory = memoryOf(buffer)!;
  assertEquals(memory.grow(3), 2);
  assertEquals(new Uint8Array(memory.buffer)[99_999], 7);
  assertEquals(bytes.length, 2 << 16);
  assertEquals(memoryOf(buffer), memory);
});

Deno.test("linearBuffer: beyond WebAssembly's addresses it is shared memory all the same", () => {
  const buffer = linearBuffer(2 ** 32 - (1 << 16));
  assertEquals(buffer.byteLength, 2 ** 32 - (1 << 16));
  assertEquals(memoryOf(buffer), undefined);
});

Deno.test("adopt: another thread's memory is found by its buffer", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const buffer = adopt(memory);
  assert(buffer instanceof SharedArrayBuffer);
  assertEquals(memoryOf(buffer), memory);
});

Deno.test("SpareRoom: lies behind all that was there, is kept as long as it suffices, and ends with the pages", () => {
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 600, shared: true });
  const room = new SpareRoom(memory), other = new SpareRoom(memory);
  assert(room.reserve(100));
  assertEquals([room.at, room.memory.length], [3 << 16, 19 << 16]);
  room.memory[room.at] = 9;
  assert(room.reserve(1 << 20));
  assertEquals(room.memory[room.at], 9);
  assert(other.reserve(1 << 20));
  assertEquals(other.at, 19 << 16);
  assert(room.reserve((1 << 20) + 1));
  assertEquals([room.at, room.memory[room.at]], [35 << 16, 0]);
  assert(!other.reserve(1 << 25), "64 MiB are more than there is");
  assert(!other.reserve(1 << 30));
  assert(other.reserve(1 << 24));
  assertEquals(other.at, 291 << 16);
});
