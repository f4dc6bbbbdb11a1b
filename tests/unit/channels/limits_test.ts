import { assertEquals, fail } from "@std/assert";
import { watch } from "../../../channels/limits.ts";
import { defaultLimits } from "../../../core/config/options.ts";
import { Outbox } from "../../../core/link/outbox.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { fakeClient } from "../../kit/linked.ts";

function watched(limits: Partial<typeof defaultLimits>) {
  const clock = new FakeClock();
  const client = fakeClient({ clock });
  const told: string[] = [];
  client.joined(1, 0, {
    conversation: { serial: 0n, outbox: new Outbox(), receive: () => {}, closed: () => {} },
    failed: fail,
    end: (...goodbye) => told.push(goodbye.join(": ")),
  });
  const cancel = watch(client, { ...defaultLimits, ...limits });
  return { clock, client, told, cancel };
}

Deno.test("who is over a limit is told why before the session ends", () => {
  const { clock, client, told } = watched({ sessionMinutes: 2 });
  clock.advance(119_999);
  assertEquals([told, client.ended], [[], false]);
  clock.advance(1);
  assertEquals([told, client.ended], [
    ["permissionDenied: Sessions end after 2 min here"],
    true,
  ]);
});

Deno.test("the time without typing begins anew with every key", () => {
  const { clock, client, told } = watched({ idleMinutes: 1 });
  clock.advance(40_000);
  client.inputAtMs = clock.now();
  clock.advance(59_999);
  assertEquals(client.ended, false);
  clock.advance(1);
  assertEquals([told.length, client.ended], [1, true]);
});

Deno.test("whose client is gone is watched no longer", () => {
  const { clock, cancel } = watched({ sessionMinutes: 2, idleMinutes: 1 });
  assertEquals(clock.planned, 2);
  cancel();
  assertEquals(clock.planned, 0);
});
