import { assert, assertEquals, assertFalse } from "@std/assert";
import { AckWindow } from "../../../../core/link/ack_window.ts";

Deno.test("ack window is open for ever on a channel that never began one", () => {
  const acks = new AckWindow();
  for (let i = 0; i < 1000; i++) acks.sent();
  assert(acks.open);
});

Deno.test("ack window closes after more than two windows and opens with an ack", () => {
  const acks = new AckWindow();
  const { generation, window } = acks.restart(20);
  assertEquals(window, 20);
  acks.sync(generation);
  for (let i = 0; i < 40; i++) acks.sent();
  assert(acks.open);
  acks.sent();
  assertFalse(acks.open);
  acks.ack();
  assert(acks.open);
});

Deno.test("ack window passes over acks until the client is in its generation", () => {
  const acks = new AckWindow();
  acks.sync(acks.restart(1).generation);
  const { generation } = acks.restart(1);
  for (let i = 0; i < 3; i++) acks.sent();
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
  const acks = new AckWindow();
  acks.sync(acks.restart(2).generation);
  for (let i = 0; i < 1000; i++) acks.ack();
  for (let i = 0; i < 5; i++) acks.sent();
  assertFalse(acks.open);
});
