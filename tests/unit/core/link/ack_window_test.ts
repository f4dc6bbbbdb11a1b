import { assert, assertEquals, assertFalse } from "@std/assert";
import { AckWindow } from "../../../../core/link/ack_window.ts";

Deno.test("ack window is open for ever on a channel that never began one", () => {
  const acks = new AckWindow();
  for (let i = 0; i < 1000; i++) acks.sent(1);
  assert(acks.open);
});

Deno.test("ack window lets small messages run ahead, to a bound, and opens with an ack", () => {
  const acks = new AckWindow({ messages: 50, bytes: 10_000 });
  const { generation, window } = acks.restart(20);
  assertEquals(window, 20);
  acks.sync(generation);
  for (let i = 0; i < 50; i++) {
    assert(acks.open);
    acks.sent(10);
  }
  assertFalse(acks.open);
  acks.ack();
  assert(acks.open);
});

Deno.test("ack window lets large messages no further ahead than the client needs to answer", () => {
  const acks = new AckWindow({ messages: 1000, bytes: 10_000 });
  acks.sync(acks.restart(20).generation);
  for (let i = 0; i < 21; i++) {
    assert(acks.open);
    acks.sent(5000);
  }
  assertFalse(acks.open);
  acks.ack();
  assert(acks.open);
  for (let i = 0; i < 20; i++) acks.sent(1);
  assert(acks.open);
});

Deno.test("ack window passes over acks until the client is in its generation", () => {
  const acks = new AckWindow({ messages: 3, bytes: 1 << 20 });
  acks.sync(acks.restart(1).generation);
  const { generation } = acks.restart(1);
  for (let i = 0; i < 3; i++) acks.sent(1);
  acks.ack();
  assertFalse(acks.open);
  acks.sync(generation + 1);
  acks.ack();
  assertFalse(acks.open);
  acks.sync(generation);
  acks.ack();
  assert(acks.open);
});

Deno.test("ack window gives nothing for acks of messages that were never sent", () => {
  const acks = new AckWindow({ messages: 5, bytes: 1 << 20 });
  acks.sync(acks.restart(2).generation);
  for (let i = 0; i < 1000; i++) acks.ack();
  for (let i = 0; i < 5; i++) acks.sent(1);
  assertFalse(acks.open);
});
