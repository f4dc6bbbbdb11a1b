import { assertEquals } from "@std/assert";
import { Outbox } from "../../../core/link/outbox.ts";
import { Capabilities } from "../../../core/protocol/capabilities.ts";
import { fakeClient } from "../../kit/linked.ts";

const channelAt = (serial: bigint, ends: unknown[] = []) => ({
  conversation: { serial, outbox: new Outbox(), receive: () => {}, closed: () => {} },
  end: (reason: unknown) => void ends.push(reason),
  failed: (error: unknown) => void ends.push(error),
});

Deno.test("client knows the serial of each of its channels", () => {
  const client = fakeClient();
  client.joined(2, 0, channelAt(5n));
  client.joined(2, 1, channelAt(6n));
  assertEquals([client.serialOf(2, 0), client.serialOf(2, 1), client.serialOf(4, 0)], [5n, 6n, 0n]);
  client.left(2, 0);
  assertEquals([client.serialOf(2, 0), client.has(2, 1), client.channels], [0n, true, 1]);
});

Deno.test("client ends each channel once, and lets go when the last has left", () => {
  const client = fakeClient();
  const ends: unknown[] = [];
  let disposed = 0;
  client.shared("x", () => ({ [Symbol.dispose]: () => disposed++ }));
  client.shared("y", () => 3);
  client.joined(1, 0, channelAt(0n, ends));
  client.joined(2, 0, channelAt(0n, ends));
  client.disconnect("error");
  client.disconnect("ok");
  assertEquals([ends, disposed], [["error", "error"], 0]);
  client.left(1, 0);
  client.left(2, 0);
  assertEquals(disposed, 1);
});

Deno.test("client knows what it can on channels that came", () => {
  const client = fakeClient();
  assertEquals(client.capabilitiesOf(2), undefined);
  client.linked(2, Capabilities.of(1));
  assertEquals(client.capabilitiesOf(2)?.has(1), true);
});
