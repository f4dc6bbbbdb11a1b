import { assertEquals } from "@std/assert";
import { Heartbeat } from "../../../channels/heartbeat.ts";
import { Outbox } from "../../../core/link/outbox.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { fakeClient } from "../../kit/linked.ts";

function beating(onDead?: () => void) {
  const clock = new FakeClock(), outbox = new Outbox(), pings: number[] = [];
  const send = { ping: ({ id }: { id: number }) => void pings.push(id) };
  const peer = { received: { bytes: 0 }, outbox, send } as never;
  return { clock, pings, outbox, heart: new Heartbeat(fakeClient({ clock }), peer, { onDead }) };
}

Deno.test("a channel whose pings nobody reads is pinged again, so that its end is noticed", () => {
  const { clock, pings, heart } = beating();
  clock.advance(45_000);
  assertEquals(pings, [1, 1, 1]);
  heart.pong(1);
  // the time is that of the first
  assertEquals(heart.latencyMs, 30_000);
  heart.pong(1);
  clock.advance(15_000);
  assertEquals(pings, [1, 1, 1, 2]);
  heart.stop();
});

Deno.test("where silence is an end, one ping waits for its answer", () => {
  let dead = 0;
  const { clock, pings, heart } = beating(() => dead++);
  clock.advance(89_000);
  assertEquals([pings, dead], [[1], 0]);
  clock.advance(30_000);
  assertEquals([pings, dead], [[1], 1]);
  heart.stop();
});
