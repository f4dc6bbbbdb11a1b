import { assert, assertEquals } from "@std/assert";
import type { GuestPortKind, GuestPortUser } from "../../../../core/guest.ts";
import type { Duplex } from "../../../../core/link/duplex.ts";
import { SocketPort, type StreamSource } from "../../../../channels/ports/socket_port.ts";
import { duplexPair } from "../../../kit/duplex_pair.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeLog, until } from "../../../kit/linked.ts";

/** A far end that can be had or not. */
class FakeSource implements StreamSource {
  up = true;
  asked = 0;
  readonly ends: Duplex[] = [];
  next(): Promise<Duplex> {
    this.asked++;
    if (!this.up) return Promise.reject(new Error("nobody listens"));
    const [near, far] = duplexPair({ capacity: 1 << 16 });
    this.ends.push(far);
    return Promise.resolve(near);
  }
  close(): void {}
}

class FakeUser implements GuestPortUser {
  readonly events: string[] = [];
  bytes = 0;
  data(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.events.push(`data ${bytes.length}`);
  }
  opened(open: boolean): void {
    this.events.push(open ? "open" : "closed");
  }
  drained(): void {
    this.events.push("drained");
  }
}

function setting(
  options: {
    kind?: GuestPortKind;
    lazy?: boolean;
    longestPauseMs?: number | null;
    renewable?: boolean;
  } = {},
) {
  let tell: (open: boolean | null) => void = () => {};
  const source = new FakeSource(), clock = new FakeClock(), log = new FakeLog();
  const freed: boolean[] = [];
  const port = new SocketPort({
    kind: options.kind ?? "usbredir",
    name: "usb",
    source,
    lazy: options.lazy ?? true,
    longestPauseMs: options.longestPauseMs === undefined ? 1000 : options.longestPauseMs,
    renewable: options.renewable,
    onFreed: () => freed.push(port.used),
    watch: (listener) => {
      tell = listener;
      listener(null);
      return () => tell = () => {};
    },
    clock,
    log,
  });
  return { source, clock, log, port, freed, inside: (open: boolean | null) => tell(open) };
}

Deno.test("a lazy port is opened when somebody comes, and closed when he goes", async () => {
  const { source, port, clock, freed } = setting();
  assertEquals(source.asked, 0);
  const user = new FakeUser();
  port.attach(user);
  await until(() => port.open);
  assertEquals(user.events, ["open"]);
  port.write(Uint8Array.of(1, 2, 3));
  const into = new Uint8Array(10);
  assertEquals(await source.ends[0].read(into), 3);
  await source.ends[0].write(Uint8Array.of(4, 5));
  await until(() => user.events.includes("data 2"));
  assertEquals(freed, []);
  port.attach(null);
  assertEquals(freed, [false]);
  assertEquals([port.open, await source.ends[0].read(into)], [false, null]);
  assertEquals(clock.planned, 0);
  port.close();
});

Deno.test("the last words of who had a card reader leave, and are not waited for long", async () => {
  const { source, port, clock } = setting({ kind: "smartcard" });
  for (const reads of [true, false]) {
    port.attach(new FakeUser());
    await until(() => port.open);
    const far = source.ends.at(-1)!;
    port.write(new Uint8Array(reads ? 3 : 1 << 20));
    port.attach(null);
    assertEquals(port.open, false);
    const into = new Uint8Array(10);
    if (reads) {
      assertEquals([await far.read(into), await far.read(into)], [3, null]);
      await until(() => clock.planned === 0);
    } else {
      clock.advance(999);
      assertEquals(clock.planned, 1);
      clock.advance(1);
      await until(() => clock.planned === 0);
    }
  }
  port.close();
});

Deno.test("what is said before the far end is there reaches it, and what was said to one that is gone does not", async () => {
  const { source, port, clock } = setting();
  source.up = false;
  const user = new FakeUser();
  port.attach(user);
  port.write(Uint8Array.of(1));
  assertEquals(port.waitingBytes, 1);
  await until(() => clock.planned > 0);
  source.up = true;
  clock.advance(100);
  await until(() => port.open);
  const into = new Uint8Array(10);
  assertEquals(await source.ends[0].read(into), 1);
  source.ends[0].close();
  await until(() => user.events.at(-1) === "closed");
  port.write(Uint8Array.of(2, 2));
  port.attach(null);
  const next = new FakeUser();
  port.attach(next);
  await until(() => port.open);
  port.write(Uint8Array.of(3));
  assertEquals([await source.ends[1].read(into), into[0]], [1, 3]);
  port.close();
});

Deno.test("a port that cannot be had is tried again, ever more seldom, and told once", async () => {
  const { source, port, clock, log } = setting({ lazy: false });
  source.up = false;
  await until(() => source.asked > 0);
  const pauses: number[] = [];
  source.ends.forEach((end) => end.close());
  for (let i = 0; i < 6; i++) {
    await until(() => clock.planned > 0);
    const before = source.asked;
    let ms = 0;
    for (; source.asked === before; ms += 50) {
      clock.advance(50);
      await new Promise((wake) => setTimeout(wake, 0));
    }
    pauses.push(ms);
  }
  assert(pauses.at(-1)! >= 950 && pauses.at(-1)! <= 1100, `${pauses}`);
  assert(pauses[1] < pauses.at(-1)!, `${pauses}`);
  assertEquals(log.of("port-waits").length, 1);
  port.close();
  assertEquals(clock.planned, 0);
});

Deno.test("a port without reconnect ends with its first stream", async () => {
  const { source, port, clock, log } = setting({ lazy: false, longestPauseMs: null });
  await until(() => port.open);
  source.ends[0].close();
  await until(() => log.of("port-ended").length === 1);
  clock.advance(100_000);
  assertEquals(source.asked, 1);
  port.close();
});

Deno.test("a port whose user waits takes nothing from the far end", async () => {
  const { source, port } = setting();
  const user = new FakeUser();
  port.attach(user);
  await until(() => port.open);
  port.flow(false);
  await source.ends[0].write(new Uint8Array(10));
  await source.ends[0].write(new Uint8Array(10));
  // one read was under way already
  await new Promise((wake) => setTimeout(wake, 20));
  assertEquals(user.bytes, 10);
  port.flow(true);
  await until(() => user.bytes === 20);
  port.close();
});

Deno.test("a port's user that throws ends the stream, not the port", async () => {
  const { source, port, clock } = setting();
  const user = new FakeUser();
  user.data = () => {
    throw new Error("these bytes are bad");
  };
  port.attach(user);
  await until(() => port.open);
  await source.ends[0].write(Uint8Array.of(1));
  await until(() => user.events.includes("closed"));
  await until(() => clock.planned > 0);
  clock.advance(5000);
  await until(() => source.asked === 2);
  port.close();
});

Deno.test("a port is open when a program inside the guest has it open, as far as that is known", async () => {
  const { source, port, inside } = setting({ lazy: false });
  const user = new FakeUser();
  port.attach(user);
  await until(() => port.open);
  inside(true);
  assertEquals(user.events, ["open"]);
  inside(false);
  assertEquals([port.open, user.events.length], [false, 2]);
  inside(true);
  inside(true);
  assertEquals(user.events, ["open", "closed", "open", "closed", "open"]);
  inside(false);
  inside(null);
  assertEquals([port.open, user.events.at(-1), source.asked], [true, "open", 1]);
  port.close();
});

Deno.test("a program that opens a port anew hears nothing of what was on its way to the one before", async () => {
  const { source, port, inside } = setting({ lazy: false, renewable: true });
  const user = new FakeUser();
  port.attach(user);
  await until(() => port.open);
  inside(true);
  port.write(Uint8Array.of(1, 2, 3));
  inside(false);
  inside(true);
  await until(() => port.open);
  assertEquals([source.asked, user.events], [2, ["open", "closed", "open"]]);
  port.write(Uint8Array.of(9));
  const into = new Uint8Array(10);
  assertEquals([await source.ends[1].read(into), into[0]], [1, 9]);
  port.close();
});
