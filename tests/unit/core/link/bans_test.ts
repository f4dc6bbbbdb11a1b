import { assertEquals } from "@std/assert";
import { Bans } from "../../../../core/link/bans.ts";
import { Throttle } from "../../../../core/link/throttle.ts";

const MINUTE = 60_000;

function stage(failures = 3, minutes = 10) {
  const time = { ms: 1000 };
  const bans = new Bans(() => time.ms);
  bans.rule = { failures, minutes };
  return { time, bans };
}

Deno.test("an address is banned after its last failure too many, and let in when the time is over", () => {
  const { time, bans } = stage();
  bans.failed("192.0.2.1");
  bans.failed("192.0.2.1");
  bans.failed("192.0.2.2");
  assertEquals(bans.list(), []);
  bans.failed("192.0.2.1");
  assertEquals(bans.list(), [{ address: "192.0.2.1", untilMs: 1000 + 10 * MINUTE }]);
  assertEquals([bans.has("192.0.2.1"), bans.has("192.0.2.2")], [true, false]);
  // what was under way is not counted anew
  for (let i = 0; i < 9; i++) bans.failed("192.0.2.1");
  time.ms += 10 * MINUTE;
  assertEquals([bans.has("192.0.2.1"), bans.list()], [false, []]);
  // and begins anew
  bans.failed("192.0.2.1");
  assertEquals(bans.has("192.0.2.1"), false);
});

Deno.test("failures that lie far back, and those before a success, do not count", () => {
  const { time, bans } = stage();
  bans.failed("a");
  bans.failed("a");
  time.ms += 10 * MINUTE;
  bans.failed("a");
  bans.failed("a");
  bans.succeeded("a");
  bans.failed("a");
  bans.failed("a");
  assertEquals(bans.has("a"), false);
});

Deno.test("a success of another user forgives nothing", () => {
  const { bans } = stage();
  bans.failed("a", "admin");
  bans.failed("a", "eve");
  bans.succeeded("a", "eve");
  bans.failed("a", "admin");
  assertEquals(bans.has("a"), false);
  bans.succeeded("a");
  bans.failed("a", "admin");
  assertEquals(bans.has("a"), true);
});

Deno.test("a ban is lifted by hand, and all are when the rule goes", () => {
  const { bans } = stage(1);
  bans.failed("a");
  bans.failed("b");
  assertEquals([bans.lift("a"), bans.lift("a")], [true, false]);
  assertEquals(bans.list().map(({ address }) => address), ["b"]);
  bans.rule = null;
  bans.failed("c");
  assertEquals(bans.list(), []);
});

Deno.test("local sockets are never banned, and crowds of addresses cost bounded memory", () => {
  const { bans } = stage(1);
  bans.failed("unix");
  assertEquals(bans.has("unix"), false);
  for (let i = 0; i < 10_000; i++) bans.failed(`10.0.${i >> 8}.${i & 255}`);
  assertEquals(bans.list().length, 4096);
});

Deno.test("the throttle lets nobody in from a banned network, and a login from there changes nothing", () => {
  const time = { ms: 0 };
  const throttle = new Throttle({ now: () => time.ms });
  throttle.bans.rule = { failures: 2, minutes: 1 };
  throttle.failed("2001:db8:0:1::1");
  throttle.failed("2001:db8:0:1::2");
  assertEquals(throttle.banned("2001:db8:0:1::3"), true);
  assertEquals(throttle.admit("2001:db8:0:1::3"), Infinity);
  assertEquals(throttle.admit("2001:db8:0:2::3"), 0);
  assertEquals(throttle.bans.list()[0].address, "2001:db8:0:1::/64");
  // who is pardoned does not wait for what led to the ban either
  for (let i = 0; i < 20; i++) throttle.failed("2001:db8:0:1::4");
  assertEquals(throttle.pardon("2001:db8:0:1::/64"), true);
  assertEquals(throttle.admit("2001:db8:0:1::3"), 0);
  assertEquals(throttle.pardon("2001:db8:0:1::/64"), false);
});
