import { assert, assertEquals } from "@std/assert";
import { Throttle } from "../../../../core/link/throttle.ts";

/** A minute of guessing as fast as is allowed; how many guesses were checked. */
function guess(throttle: Throttle, clock: { now: number }, addresses: string[], perMs: number) {
  let checked = 0;
  for (const end = clock.now + 60_000; clock.now < end; clock.now++) {
    for (let i = 0; i < perMs; i++) {
      const address = addresses[(clock.now * perMs + i) % addresses.length];
      if (throttle.admit(address) === Infinity) continue;
      checked++;
      throttle.failed(address);
    }
  }
  return checked;
}

Deno.test("people who mistype a few times wait for nothing", () => {
  const throttle = new Throttle({ now: () => 0 });
  for (let i = 0; i < 4; i++) {
    assertEquals(throttle.admit("a"), 0);
    throttle.failed("a");
  }
  assertEquals(throttle.admit("a"), 0);
  throttle.succeeded("a");
  assertEquals(throttle.admit("a"), 0);
});

Deno.test("each further failure doubles the wait, up to a limit, and success forgives", () => {
  const clock = { now: 0 };
  const throttle = new Throttle({ now: () => clock.now, patienceMs: 60_000 });
  const waits: number[] = [];
  for (let i = 0; i < 14; i++) {
    const wait = throttle.admit("a");
    waits.push(wait);
    clock.now += wait;
    throttle.failed("a");
  }
  assertEquals(waits, [
    ...[0, 0, 0, 0, 0],
    ...[250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
  ]);
  throttle.succeeded("a");
  assertEquals(throttle.admit("a"), 0);
});

Deno.test("a login forgives its own user's failures, and no guesses at others", () => {
  const clock = { now: 0 };
  const throttle = new Throttle({ now: () => clock.now });
  for (let i = 0; i < 5; i++) {
    throttle.failed("a", "eve");
    throttle.succeeded("a", "eve");
    throttle.failed("a", "admin");
  }
  assertEquals(throttle.admit("a"), 250);
  throttle.succeeded("a");
  throttle.succeeded("a", "eve");
  assertEquals(throttle.admit("a"), 500, "who knows the ticket is somebody else too");
  throttle.succeeded("a", "admin");
  assertEquals(throttle.admit("a"), 0);
  // names beyond what is kept, and long ones, are forgiven by time alone
  for (let i = 0; i < 9; i++) throttle.failed("b", i < 8 ? `user${i}` : "late");
  for (let i = 0; i < 5; i++) throttle.failed("c", "x".repeat(1000));
  throttle.succeeded("b", "late");
  throttle.succeeded("c", "x".repeat(1000));
  assertEquals([throttle.admit("b"), throttle.admit("c")], [4000, 250]);
});

Deno.test("who joins a session waits for nobody, until somebody guesses at it", () => {
  const throttle = new Throttle({ now: () => 0 });
  const session = {};
  for (let i = 0; i < 9; i++) throttle.failed("a");
  assertEquals([throttle.admit("a", session), throttle.admit("a")], [0, 4000]);
  for (let i = 0; i < 5; i++) {
    assertEquals(throttle.admit("b", session), 0);
    throttle.failed("b", undefined, session);
  }
  assertEquals([throttle.admit("b", session), throttle.admit("b", {})], [250, 0]);
  assertEquals(throttle.admit("c", session), 0, "its person, elsewhere");
});

Deno.test("attempts in parallel queue for the same slots, and those too far off are refused", () => {
  const throttle = new Throttle({ now: () => 0 });
  for (let i = 0; i < 7; i++) throttle.failed("a");
  const waits = Array.from({ length: 6 }, () => throttle.admit("a"));
  assertEquals(waits, [1000, 2000, 3000, 4000, Infinity, Infinity]);
  assertEquals(throttle.admit("b"), 0);
});

Deno.test("thousands of wrong passwords a minute from one address: a handful is checked", () => {
  const clock = { now: 0 };
  const throttle = new Throttle({ now: () => clock.now });
  const checked = guess(throttle, clock, ["192.0.2.1"], 1);
  assert(checked < 40, `${checked} guesses`);
  assertEquals(throttle.admit("192.0.2.2"), 0);
});

Deno.test("thousands of wrong passwords from many addresses: the rate of all strangers is bounded", () => {
  const clock = { now: 0 };
  const throttle = new Throttle({ now: () => clock.now });
  throttle.succeeded("198.51.100.7");
  const many = Array.from({ length: 50_000 }, (_, i) => `10.${i >> 16}.${i >> 8 & 255}.${i & 255}`);
  const checked = guess(throttle, clock, many, 20);
  assert(checked <= 100 * 65, `${checked} guesses`);
  assert(throttle.size <= 2 * 4096);
  // who has logged in before does not stand in that queue
  assertEquals(throttle.admit("198.51.100.7"), 0);
});

Deno.test("an address is forgotten after a while, and IPv6 counts by /64", () => {
  const clock = { now: 0 };
  const throttle = new Throttle({ now: () => clock.now });
  for (let i = 0; i < 8; i++) throttle.failed(`2001:db8:0:1::${i}`);
  assert(throttle.admit("2001:db8:0:1:ffff:ffff:ffff:ffff") > 0);
  assert(throttle.admit("2001:0db8:0000:0001::9") > 0);
  assertEquals(throttle.admit("2001:db8:0:2::1"), 0);
  for (let i = 0; i < 8; i++) throttle.failed("::ffff:192.0.2.9");
  assert(throttle.admit("192.0.2.9") > 0);
  clock.now += 16 * 60_000;
  assertEquals(throttle.admit("192.0.2.9"), 0);
});
