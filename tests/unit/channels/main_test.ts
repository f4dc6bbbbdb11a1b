import { assert, assertEquals, assertFalse, assertThrows, fail } from "@std/assert";
import { ProtocolError } from "../../../core/binary/error.ts";
import { textOf } from "../../../core/binary/text.ts";
import { Capabilities } from "../../../core/protocol/capabilities.ts";
import { Main } from "../../../core/protocol/main.ts";
import type { Client } from "../../../channels/client.ts";
import { MainService } from "../../../channels/main.ts";
import { MmClock } from "../../../channels/mm_clock.ts";
import { MouseMode } from "../../../channels/mouse_mode.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { FakeGuest } from "../../kit/fake_guest.ts";
import { fakeClient, gtkMainCaps, Talk, type TalkOptions } from "../../kit/linked.ts";

const CHANNELS = [{ type: 2, id: 0 }, { type: 3, id: 0 }, { type: 4, id: 0 }];
const NONE = new Capabilities([]);

/** A guest's main channel, and a way to be its client. */
function setting(options: { absolute?: boolean; displays?: number } = {}) {
  const clock = new FakeClock();
  const guest = new FakeGuest(options);
  const mouse = new MouseMode(guest.pointer);
  const mmClock = new MmClock(clock);
  const offered = [...CHANNELS];
  const service = new MainService({ guest, mouse, mmClock, channels: () => [...offered] });
  const join = (more: TalkOptions & { client?: Client } = {}) =>
    new Talk(Main, service, more.client ?? fakeClient({ clock, remote: more.remote }), {
      caps: gtkMainCaps,
      ...more,
    });
  return { clock, guest, mouse, mmClock, service, join, offered };
}

Deno.test("main greets with init, then name and uuid, and waits for attach", () => {
  const { join, guest, clock } = setting({ displays: 2 });
  const talk = join();
  const [init, name, uuid, ...more] = talk.take();
  assertEquals(init, {
    name: "init",
    body: {
      sessionId: 77,
      displayChannelsHint: 2,
      supportedMouseModes: 3,
      currentMouseMode: 1,
      agentConnected: 0,
      agentTokens: 10,
      multiMediaTime: clock.now() - 400,
      ramHint: guest.displays[0].ramBytes,
    },
  });
  assertEquals(textOf(name.body.name), "fake");
  assertEquals(uuid.body.uuid, guest.uuid);
  assertEquals(more, []);
  talk.say.attachChannels();
  assertEquals(talk.take(), [{ name: "channelsList", body: { channels: CHANNELS } }]);
});

Deno.test("main names itself only to a client that knows names", () => {
  assertEquals(setting().join({ caps: NONE }).names(), ["init"]);
});

Deno.test("main answers a second attach like the first", () => {
  const talk = setting().join();
  talk.take();
  talk.say.attachChannels();
  talk.say.attachChannels();
  assertEquals(talk.names(), ["channelsList", "channelsList"]);
});

Deno.test("main tells of a later channel only to clients that have had the list", () => {
  const { service, join, offered } = setting();
  const early = join(), late = join();
  early.say.attachChannels();
  early.take(), late.take();
  offered.push({ type: 5, id: 0 });
  service.channelsChanged();
  service.channelsChanged();
  early.exchange(), late.exchange();
  assertEquals(early.take(), [{ name: "channelsList", body: { channels: [{ type: 5, id: 0 }] } }]);
  assertEquals(late.take(), []);
});

Deno.test("main tells of a channel again to who asked for it in vain, and to nobody else", () => {
  const { service, join, offered } = setting();
  const one = join(), two = join(), three = join();
  for (const talk of [one, two, three]) talk.say.attachChannels();
  for (const talk of [one, two]) talk.take();
  const [free] = offered.splice(2, 1);
  service.channelMissed(two.client, free);
  service.channelMissed(two.client, { type: 9, id: 9 });
  service.channelsChanged();
  two.exchange();
  assertEquals(two.take(), []);
  offered.push(free);
  service.channelsChanged();
  service.channelsChanged();
  one.exchange(), two.exchange();
  assertEquals(one.take(), []);
  assertEquals(two.take(), [{ name: "channelsList", body: { channels: [free] } }]);
});

Deno.test("main offers client mode exactly when the guest's pointer is absolute", () => {
  const { join, guest } = setting({ absolute: false });
  const talk = join();
  assertEquals(talk.take()[0].body.supportedMouseModes, 1);
  talk.say.mouseModeRequest({ mode: 2 });
  assertEquals(talk.take(), []);
  guest.pointer.become(true);
  talk.exchange();
  assertEquals(talk.take(), [
    { name: "mouseMode", body: { supportedModes: 3, currentMode: "server" } },
  ]);
  talk.say.mouseModeRequest({ mode: 2 });
  assertEquals(talk.take()[0].body, { supportedModes: 3, currentMode: "client" });
  guest.pointer.become(false);
  talk.exchange();
  assertEquals(talk.take()[0].body, { supportedModes: 1, currentMode: "server" });
});

Deno.test("main tells all clients the mode that one asked for", () => {
  const { join, mouse } = setting();
  const one = join(), two = join();
  one.take(), two.take();
  one.say.mouseModeRequest({ mode: 2 });
  two.exchange();
  const told = [{ name: "mouseMode", body: { supportedModes: 3, currentMode: "client" } }];
  assertEquals([one.take(), two.take()], [told, told]);
  two.say.mouseModeRequest({ mode: 2 });
  two.say.mouseModeRequest({ mode: 3 });
  two.say.mouseModeRequest({ mode: 0 });
  assertEquals([one.take(), two.take(), mouse.current], [[], [], "client"]);
});

Deno.test("main gathers no changes of the mode for a client that does not read", () => {
  const { join, mouse } = setting();
  const slow = join();
  slow.take();
  slow.reading = false;
  for (let i = 0; i < 100_001; i++) mouse.request(i % 2 ? "server" : "client");
  assert(slow.conversation.outbox.waitingBytes < 1 << 17);
  slow.reading = true;
  slow.exchange();
  assertEquals(slow.take().at(-1)!.body.currentMode, "client");
});

Deno.test("main measures a slow way with three pings and keeps what it found", () => {
  const { join, clock } = setting();
  const talk = join({ remote: { transport: "tcp" }, acks: false });
  const pings = talk.take().filter(({ name }) => name === "ping");
  assertEquals(pings.map(({ body }) => [body.id, body.data.length]), [[1, 0], [2, 0], [3, 256000]]);
  clock.advance(20);
  talk.say.pong({ id: 1, timestamp: 0n });
  clock.advance(5);
  talk.say.pong({ id: 2, timestamp: 0n });
  clock.advance(995);
  talk.say.pong({ id: 3, timestamp: 0n });
  assertEquals(talk.client.latencyMs, 20);
  assertEquals(talk.client.bitsPerSecond, 256000 * 8);
  assert(talk.client.lowBandwidth);
});

Deno.test("main takes a way for fast when the large ping took no longer than the small ones", () => {
  const { join, clock } = setting();
  const talk = join({ remote: { transport: "tcp" } });
  clock.advance(3);
  for (const id of [1, 2, 3]) talk.say.pong({ id, timestamp: 0n });
  assertFalse(talk.client.lowBandwidth);
  assertEquals(talk.client.bitsPerSecond, null);
});

Deno.test("main measures nothing over a Unix socket", () => {
  const talk = setting().join({ remote: { transport: "unix" } });
  assertFalse(talk.names().includes("ping"));
});

Deno.test("main passes over pongs that nobody waits for", () => {
  const talk = setting().join({ remote: { transport: "tcp" } });
  for (const id of [3, 2, 0, 4, 0xffffffff]) talk.say.pong({ id, timestamp: 0xffffffffffffffffn });
  assertEquals(talk.client.latencyMs, null);
});

Deno.test("main sends the time anew when a stream needs more, or sound stopped", () => {
  const { join, mmClock, clock } = setting();
  const talk = join();
  talk.take();
  mmClock.demandLatency(talk.client, 300);
  mmClock.demandLatency(talk.client, 700);
  mmClock.pause();
  mmClock.demandLatency(talk.client, 900);
  mmClock.resume();
  talk.exchange();
  const times = [clock.now() - 700, clock.now() - 400];
  assertEquals(talk.take(), times.map((time) => ({ name: "multiMediaTime", body: { time } })));
});

Deno.test("main drops a client of which nothing is heard for 90 s, and pings it before", () => {
  const { join, clock } = setting();
  const talk = join();
  let ended = 0;
  const { conversation } = talk;
  talk.client.joined(1, 0, { conversation, end: () => ended++, failed: fail });
  talk.take();
  clock.advance(15_000);
  talk.exchange();
  assertEquals(talk.names(), ["ping"]);
  clock.advance(89_000);
  assertEquals(ended, 0);
  clock.advance(16_000);
  assertEquals(ended, 1);
  assert(talk.client.ended);
});

Deno.test("main keeps a client that answers its pings", () => {
  const { join, clock } = setting();
  const talk = join();
  for (let i = 0; i < 40; i++) {
    clock.advance(i === 0 ? 15_000 : 15_000 - 7);
    talk.exchange();
    for (const { body } of talk.take().filter(({ name }) => name === "ping")) {
      clock.advance(7);
      talk.say.pong({ id: body.id, timestamp: body.timestamp });
    }
  }
  assertFalse(talk.client.ended);
  assertEquals(talk.client.latencyMs, 7);
});

Deno.test("main shows a warning to the person", () => {
  const talk = setting().join();
  talk.take();
  talk.client.notify("keyboard channel is insecure");
  talk.exchange();
  const [{ name, body }] = talk.take();
  assertEquals([name, body.severity, textOf(body.message)], [
    "notify",
    "warn",
    "keyboard channel is insecure",
  ]);
});

Deno.test("main tells nobody anything after it closed", () => {
  const { join, mouse, mmClock, service, clock, offered } = setting();
  const talk = join();
  talk.take();
  talk.conversation.outbox.close();
  talk.conversation.closed();
  mouse.request("client");
  mmClock.demandLatency(talk.client, 1000);
  offered.push({ type: 5, id: 1 });
  service.channelsChanged();
  clock.advance(200_000);
  talk.exchange();
  assertEquals([talk.take(), clock.planned], [[], 0]);
});

// what has brought servers down

Deno.test("main refuses the end and the data of a migration that is not", () => {
  for (
    const refused of [
      "migrateFlushMark",
      "migrateConnected",
      "migrateConnectError",
      "migrateEnd",
      "migrateConnectedSeamless",
    ] as const
  ) {
    assertThrows(() => setting().join().say[refused](), ProtocolError, "migration");
  }
  const { say } = setting().join();
  assertThrows(() => say.migrateData({ data: new Uint8Array(0) }), ProtocolError);
  assertThrows(() => say.migrateData({ data: new Uint8Array(100) }), ProtocolError);
  assertThrows(() => say.migrateDstDoSeamless({ srcVersion: 1 }), ProtocolError);
});

Deno.test("main survives agent data and tokens before any agent started", () => {
  const talk = setting().join();
  talk.take();
  talk.say.agentData({ data: new Uint8Array(2048) });
  talk.say.agentToken({ numTokens: 0xffffffff });
  talk.say.agentToken({ numTokens: 0xffffffff });
  talk.say.agentStart({ numTokens: 0xffffffff });
  assertEquals(talk.take(), []);
});

Deno.test("main refuses agent data beyond 2048 bytes", () => {
  const { say } = setting().join();
  assertThrows(() => say.agentData({ data: new Uint8Array(2049) }), ProtocolError, "2049");
});

Deno.test("main refuses messages that claim 2 or 4 GiB", () => {
  for (const size of [[0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0xff]]) {
    const talk = setting().join();
    const claim = Uint8Array.of(107, 0, ...size, 1, 2, 3);
    assertThrows(() => talk.conversation.receive(claim), ProtocolError, "4096 is the most");
  }
});

Deno.test("main refuses empty bodies where a body is required", () => {
  for (const id of [101, 105, 106, 108, 110, 1, 3, 6]) {
    const talk = setting().join();
    assertThrows(
      () => talk.conversation.receive(Uint8Array.of(id, 0, 0, 0, 0, 0)),
      Error,
      "remain",
    );
  }
});
