import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { Shelf } from "../../../../web/client/shelf.ts";

Deno.test("a shelf's copy has nothing of what lay in its memory before", () => {
  const shelf = new Shelf();
  const source = new Uint8Array(9000).fill(7);
  const first = shelf.keep(source);
  source.fill(0);
  assertEquals(first, new Uint8Array(9000).fill(7));
  const { buffer } = first;
  shelf.give(first);
  const second = shelf.keep(new Uint8Array(8500).fill(3));
  assertStrictEquals(second.buffer, buffer);
  assertEquals(second, new Uint8Array(8500).fill(3));
});

Deno.test("a shelf spends no large memory on few bytes, and two copies never share theirs", () => {
  const shelf = new Shelf();
  const large = shelf.keep(new Uint8Array(1 << 20));
  shelf.give(large);
  assertNotStrictEquals(shelf.keep(new Uint8Array(100)).buffer, large.buffer);
  assertStrictEquals(shelf.keep(new Uint8Array(1 << 20)).buffer, large.buffer);
  assertNotStrictEquals(shelf.keep(new Uint8Array(1 << 20)).buffer, large.buffer);
});

Deno.test("what a shelf keeps free is bounded", () => {
  const shelf = new Shelf();
  for (let i = 0; i < 40; i++) shelf.give(new Uint8Array(1 << 20));
  assertEquals(shelf.freeBytes, 16 << 20);
});
