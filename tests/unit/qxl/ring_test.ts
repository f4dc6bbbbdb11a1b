import { assert, assertEquals, assertFalse } from "@std/assert";
import { Ring } from "../../../qxl/ring.ts";

// num_items, prod, notify_on_prod, cons, notify_on_cons (ipc_ring.h)
function ring() {
  const words = new Int32Array(new SharedArrayBuffer(512));
  const ring = new Ring(words, 16, 4, 8);
  ring.init();
  return { ring, header: words.subarray(4, 9) };
}

Deno.test("a new ring is empty and wants to be told of the first push", () => {
  const { ring: r, header } = ring();
  assertEquals([...header], [4, 0, 1, 0, 0]);
  assertEquals(r.length, 0);
  assert(r.push());
  assertFalse(r.push());
  assertEquals(r.length, 2);
});

Deno.test("items lie behind the header and come round again", () => {
  const { ring: r } = ring();
  const places = [];
  for (let i = 0; i < 5; i++) {
    places.push(r.next);
    assertEquals(r.first, r.next);
    r.push();
    r.pop();
  }
  assertEquals(places, [36, 44, 52, 60, 36]);
});

Deno.test("the consumer is told of a push only when it waits", () => {
  const { ring: r } = ring();
  r.push();
  assertFalse(r.waitForItems());
  r.pop();
  assert(r.waitForItems());
  assert(r.push());
});

Deno.test("the producer is told of a pop only when it waits for room", () => {
  const { ring: r } = ring();
  for (let i = 0; i < 4; i++) r.push();
  assert(r.waitForRoom());
  assert(r.pop());
  assertFalse(r.waitForRoom());
  assertFalse(r.pop());
});

Deno.test("indices run over 2³²", () => {
  const { ring: r, header } = ring();
  header[1] = header[3] = -1;
  assert(r.waitForItems());
  assertEquals(header[2], 0);
  assert(r.push());
  assertEquals(r.length, 1);
  r.pop();
  assertEquals([header[1], header[3]], [0, 0]);
});

Deno.test("indices that make no sense show as more items than there can be", () => {
  const { ring: r, header } = ring();
  header[3] = 1;
  assertEquals(r.length, 0xffffffff);
  header[1] = 0x40000000;
  assert(r.length > r.count);
});
