import { assert, assertEquals } from "@std/assert";
import { adopt, linearBuffer, memoryOf } from "../../../../core/binary/linear.ts";

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
