import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { GuestError } from "../../../core/binary/error.ts";
import { type Physical, physicalOf, Slots } from "../../../qxl/slots.ts";
import { VideoMemory } from "../../../qxl/video_memory.ts";

function slots() {
  const memory = new VideoMemory(8192, 4096);
  const slots = new Slots(memory);
  slots.add(1, 1024, 2048, 0, 0);
  slots.add(2, 8192, 4096, 0, 7);
  return { memory, slots };
}

Deno.test("an address is a slot, a generation and an offset in the slot", () => {
  assertEquals(physicalOf(2, 7, 0x1234), 0x0207000000001234n as Physical);
  const { slots: s } = slots();
  assertEquals(s.resolve(physicalOf(1, 0, 16), 100, "it"), 1040);
  assertEquals(s.resolve(physicalOf(2, 7, 4000), 96, "it"), 12192);
  assertEquals(s.end, 12288);
});

Deno.test("an address of another generation is refused", () => {
  const { slots: s } = slots();
  assertThrows(() => s.resolve(physicalOf(1, 1, 0), 1, "Copy.srcBitmap"), GuestError, "generation");
  assertThrows(() => s.resolve(physicalOf(2, 0, 0), 1, "it"), GuestError, "generation is 7");
});

Deno.test("an address without a slot, or beyond it, is refused with its name", () => {
  const { slots: s } = slots();
  const refused = (address: Physical, size: number, why: string) =>
    assertThrows(() => s.resolve(address, size, "Cursor.shape"), GuestError, why);
  refused(physicalOf(0, 0, 0), 1, "Cannot follow Cursor.shape");
  refused(physicalOf(3, 0, 0), 1, "no such slot");
  refused(physicalOf(9, 0, 0), 1, "no such slot");
  refused(physicalOf(255, 0, 0), 1, "no such slot");
  refused(physicalOf(1, 0, 2048), 1, "needs 1 bytes");
  refused(physicalOf(1, 0, 2040), 9, "needs 9 bytes");
  refused(physicalOf(1, 0, 2 ** 47), 1, "needs 1 bytes");
  assertEquals(s.resolve(physicalOf(1, 0, 2048), 0, "it"), 3072);
});

Deno.test("an address is read from memory once, and null is told apart", () => {
  const { memory, slots: s } = slots();
  memory.view.setBigUint64(3, physicalOf(1, 0, 5), true);
  assertEquals(s.follow(3, 1, "it"), 1029);
  assertEquals(s.followOrNull(3, 1, "it"), 1029);
  memory.view.setBigUint64(3, 0n, true);
  assertEquals(s.followOrNull(3, 1, "it"), -1);
  assertThrows(() => s.follow(3, 1, "it"), GuestError);
});

Deno.test("a slot with a delta takes addresses on the bus", () => {
  const { slots: s } = slots();
  s.add(0, 0, 8192, 0xf4000000, 0);
  assertEquals(s.resolve(0xf4000010n as Physical, 16, "it"), 16);
  assertThrows(() => s.resolve(16n as Physical, 16, "it"), GuestError);
});

Deno.test("a slot that was deleted has no addresses", () => {
  const { slots: s } = slots();
  assert(s.has(1));
  s.delete(1);
  assertFalse(s.has(1));
  assertThrows(() => s.resolve(physicalOf(1, 0, 0), 1, "it"), GuestError);
  s.clear();
  assertFalse(s.has(2));
});
