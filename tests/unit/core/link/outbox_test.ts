import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { Outbox } from "../../../../core/link/outbox.ts";

function put(outbox: Outbox, ...bytes: number[]): void {
  outbox.writer.put(Uint8Array.from(bytes));
  outbox.filled();
}

Deno.test("outbox gathers messages while others fly", () => {
  const outbox = new Outbox();
  put(outbox, 1);
  const first = outbox.take()!;
  put(outbox, 2);
  put(outbox, 3);
  assertEquals([...first], [1]);
  assertEquals(outbox.waitingBytes, 2);
  outbox.landed();
  assertEquals([...outbox.take()!], [2, 3]);
  assertFalse(outbox.empty);
  outbox.landed();
  assert(outbox.empty);
  assertEquals(outbox.sentBytes, 3);
  assertEquals(outbox.take(), null);
});

Deno.test("outbox says that there is room only when nothing is left to take", () => {
  const outbox = new Outbox();
  let rooms = 0;
  outbox.onRoom = () => rooms++;
  put(outbox, 1);
  outbox.take();
  put(outbox, 2);
  outbox.landed();
  assertEquals(rooms, 0);
  outbox.take();
  outbox.landed();
  assertEquals(rooms, 1);
});

Deno.test("outbox can be written to when it says that there is room", () => {
  const outbox = new Outbox();
  outbox.onRoom = () => put(outbox, 9);
  put(outbox, 1);
  outbox.take();
  outbox.landed();
  assertEquals([...outbox.take()!], [9]);
});

Deno.test("outbox wakes its waiter with the first message, and when it is closed", async () => {
  const outbox = new Outbox();
  const ready = outbox.ready();
  put(outbox, 1);
  await ready;
  await outbox.ready();
  outbox.take();
  outbox.landed();
  const closed = outbox.ready();
  outbox.close();
  await closed;
  await outbox.ready();
});

Deno.test("outbox tells once that it was closed, also who asks later", () => {
  const outbox = new Outbox();
  let calls = 0;
  outbox.whenClosed(() => calls++);
  outbox.close();
  outbox.close();
  outbox.whenClosed(() => calls += 10);
  assertEquals(calls, 11);
});

Deno.test("outbox that overflows throws at the pump and never at the sender", async () => {
  const outbox = new Outbox(10);
  put(outbox, ...Array(8).fill(1));
  // one message may go over: a picture may be larger than the whole bound
  put(outbox, ...Array(80).fill(1));
  assertFalse(outbox.closed);
  put(outbox, 1);
  assert(outbox.closed);
  put(outbox, 1);
  assertThrows(() => outbox.take(), ProtocolError, "does not read: 88 bytes wait, 10 may");
  await assertRejects(() => outbox.overflown, ProtocolError);
  assertEquals(outbox.waitingBytes <= 1, true, "the memory is let go");
});

Deno.test("outbox counts what waits from nothing again once it was taken", () => {
  const outbox = new Outbox(10);
  for (let i = 0; i < 100; i++) {
    put(outbox, ...Array(11).fill(1));
    outbox.take();
    outbox.landed();
  }
  assertFalse(outbox.closed);
});
