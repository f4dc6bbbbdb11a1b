import { assert, assertEquals, assertThrows } from "@std/assert";
import { decode, encode } from "../../../../core/binary/codec.ts";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { AgentMessage, agentMessages } from "../../../../core/protocol/agent.ts";
import { Main } from "../../../../core/protocol/main.ts";
import { Monitors } from "../../../../channels/agent/monitors.ts";
import { MainService } from "../../../../channels/main.ts";
import { MmClock } from "../../../../channels/mm_clock.ts";
import { MouseMode } from "../../../../channels/mouse_mode.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeGuest } from "../../../kit/fake_guest.ts";
import { fakeClient, gtkMainCaps, Talk } from "../../../kit/linked.ts";

const words = agentMessages({ selection: false, grabSerial: false }).byName;

function setting(options: { displays?: number; resizable?: boolean } = {}) {
  const guest = new FakeGuest({ resizable: true, ...options });
  const mouse = new MouseMode(guest.pointer);
  const mmClock = new MmClock(new FakeClock());
  const service = new MainService({ guest, mouse, mmClock, channels: () => [] });
  const talk = new Talk(Main, service, fakeClient(), { caps: gtkMainCaps });
  const init = talk.take()[0].body;
  for (const { requests } of guest.displays) requests.length = 0;
  return { guest, talk, init };
}

function message(name: keyof typeof words, body: unknown): Uint8Array {
  const { id, codec } = words[name];
  return encode(AgentMessage, {
    protocol: 1,
    type: id,
    opaque: 0n,
    data: encode(codec, body),
  });
}

const monitor = (width: number, height: number, x = 0, y = 0) => ({
  height,
  width,
  depth: 32,
  x,
  y,
});
const config = (...monitors: ReturnType<typeof monitor>[]) =>
  message("monitorsConfig", { flags: 0, monitors });

/** What the agent said: the names of its messages and their bodies. */
function said(talk: { take(): { name: string; body: { data: Uint8Array } }[] }) {
  return talk.take().filter(({ name }) => name === "agentData").map(({ body }) => {
    const { type, data } = decode(AgentMessage, body.data);
    const word = Object.values(words).find(({ id }) => id === type)!;
    return [word.name, decode(word.codec, data)];
  });
}

Deno.test("agent is there exactly when every display can be asked", () => {
  assertEquals(setting({ resizable: true }).init.agentConnected, 1);
  assertEquals(setting({ resizable: false }).init.agentConnected, 0);
  const guest = new FakeGuest({ displays: 0 });
  const mouse = new MouseMode(guest.pointer);
  const mmClock = new MmClock(new FakeClock());
  const service = new MainService({ guest, mouse, mmClock, channels: () => [] });
  assertEquals(new Talk(Main, service, fakeClient()).take()[0].body.agentConnected, 0);
});

Deno.test("agent comes to clients that were there before the guest could be asked", () => {
  const { talk, guest } = setting({ resizable: false });
  talk.say.pong({ id: 4, timestamp: 0n });
  assertEquals(talk.take(), []);
  guest.displays[0].requestMonitors = () => true;
  talk.say.pong({ id: 4, timestamp: 0n });
  talk.say.pong({ id: 5, timestamp: 0n });
  assertEquals(talk.take(), [{ name: "agentConnectedTokens", body: { numTokens: 10 } }]);
  talk.say.agentStart({ numTokens: 0xffffffff });
  talk.say.agentData({ data: config(monitor(800, 600)) });
  assertEquals(said(talk), [["reply", { type: 2, error: 1 }]]);
});

Deno.test("agent says what it can when it is asked, and only monitors", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  talk.say.agentData({ data: message("announceCapabilities", { request: 1, caps: [0] }) });
  const caps = 1 << 1 | 1 << 2 | 1 << 7 | 1 << 12;
  assertEquals(said(talk), [["announceCapabilities", { request: 0, caps: [caps] }]]);
  talk.say.agentData({ data: message("announceCapabilities", { request: 0, caps: [0] }) });
  assertEquals(said(talk), []);
});

Deno.test("agent asks the only display for all monitors, and those behind the last that is on for none", () => {
  const { talk, guest } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  const off = monitor(0, 0);
  talk.say.agentData({ data: config(monitor(800, 600), off, monitor(640, 480, 800, 0), off) });
  assertEquals(
    guest.displays[0].requests.at(-1)!.map(({ x, y, width, height }) => [x, y, width, height]),
    [[0, 0, 800, 600], [0, 0, 0, 0], [800, 0, 640, 480]],
  );
  assertEquals(said(talk), [["reply", { type: 2, error: 1 }]]);
});

Deno.test("agent asks each of several displays for its own monitor", () => {
  const { talk, guest } = setting({ displays: 2 });
  talk.say.agentStart({ numTokens: 0xffffffff });
  talk.say.agentData({ data: config(monitor(800, 600), monitor(640, 480)) });
  assertEquals(
    guest.displays.map(({ requests }) => requests.at(-1)!.map(({ width }) => width)),
    [[800], [640]],
  );
});

/** Two displays that show these sizes, and a client that shows some of them. */
function shown(...sizes: [number, number][]) {
  const guest = new FakeGuest({ displays: sizes.length, resizable: true }), clock = new FakeClock();
  const monitors = new Monitors(
    guest.displays.map((display, i) => {
      const [width, height] = sizes[i];
      const heads = [{ monitorId: 0, surfaceId: 0, width, height, x: 0, y: 0, flags: 0 }];
      return Object.assign(display, { monitors: { maxAllowed: 1, heads } });
    }),
    clock,
  );
  const asked = () =>
    guest.displays.map(({ requests }) => requests.at(-1)?.map(({ width }) => width));
  return { guest, monitors, asked, clock };
}

const only = (...ids: number[]) => (display: number) => ids.includes(display);
const places = (all: readonly { x: number; width: number }[]) =>
  all.map(({ x, width }) => [x, width]);

Deno.test("monitors: who does not show a display cannot switch it off, and may size it", () => {
  const { monitors, asked } = shown([1024, 768], [640, 480]);
  assert(monitors.request([monitor(800, 600), monitor(700, 500, 800)], only(0, 1)));
  assert(monitors.request([monitor(1000, 700)], only(0)));
  assertEquals(asked(), [[1000], [700]]);
  assert(monitors.request([monitor(0, 0), monitor(320, 200)], only(1)));
  assertEquals(asked(), [[1000], [320]]);
  assert(monitors.request([monitor(808, 600), monitor(320, 200, 800)], only(0)));
  assertEquals(asked(), [[808], [320]]);
  assert(monitors.request([monitor(808, 600), monitor(0, 0)], only(0, 1)));
  assertEquals(asked(), [[808], []]);
});

Deno.test("monitors: of two who size different heads at once both get theirs", () => {
  const { guest: { displays: [display] }, monitors, clock } = shown([800, 600]);
  const heads = (...widths: number[]) =>
    widths.map((width, i) => ({
      ...monitor(width, 600, i * 800),
      monitorId: i,
      surfaceId: 0,
      flags: 0,
    }));
  const show = (...widths: number[]) =>
    display.monitors = { maxAllowed: 2, heads: heads(...widths) };
  const ann = {}, bob = {}, both = only(0, 1);
  const ask = (whose: object, ...all: [number, number][]) => {
    monitors.request(monitors.wishes(all.map(([x, width]) => monitor(width, 600, x)), whose), both);
    return places(display.requests.at(-1)!);
  };
  show(800, 640);
  assertEquals(ask(ann, [0, 1000], [1000, 640]), [[0, 1000], [1000, 640]]);
  assertEquals(ask(bob, [0, 800], [800, 720]), [[0, 1000], [1000, 720]], "nobody was told yet");
  show(1000, 720);
  assertEquals(ask(bob, [0, 800], [800, 700]), [[0, 1000], [1000, 700]], "it was under way");
  assertEquals(ask(ann, [0, 900], [900, 720]), [[0, 900], [900, 700]]);
  assertEquals(ask(ann, [0, 1000], [1000, 700]), [[0, 1000], [1000, 700]], "her own is her wish");
  clock.advance(1000);
  assertEquals(ask(bob, [0, 800], [800, 700]), [[0, 800], [800, 700]], "he knows by now");
});

Deno.test("monitors: a size that the guest took by itself is not undone by who follows it, whoever wished before", () => {
  const { guest: { displays: [display] }, monitors, clock } = shown([1920, 1080]);
  const ask = (whose: object, width: number, height: number) => {
    monitors.request(monitors.wishes([monitor(width, height)], whose), only(0));
    return display.requests.at(-1)!.map(({ width, height }) => [width, height]);
  };
  const ann = {}, annAgain = {};
  ask(ann, 1280, 720);
  const head = { monitorId: 0, surfaceId: 0, x: 0, y: 0, flags: 0 };
  display.monitors = { maxAllowed: 1, heads: [{ ...head, width: 1280, height: 720 }] };
  clock.advance(60_000);
  ask(annAgain, 1280, 720);
  display.monitors = { maxAllowed: 1, heads: [{ ...head, width: 1024, height: 768 }] };
  assertEquals(ask(annAgain, 1024, 768), [[1024, 768]]);
});

Deno.test("monitors: an agent is told of displays that a client does not show, as they were asked for or as they are", () => {
  const { monitors, asked } = shown([1024, 768], [640, 480]);
  const wishes = [monitor(800, 600)];
  monitors.request(wishes, only(0));
  assertEquals(asked(), [[800], []]);
  assertEquals(places(monitors.forAgent(wishes, only(0))), [[0, 800], [800, 640]]);
  monitors.request([monitor(0, 0), monitor(320, 200)], only(1));
  assertEquals(places(monitors.forAgent(wishes, only(0))), [[0, 800], [800, 320]]);
  assertEquals(places(monitors.forAgent(wishes, only(0, 1))), [[0, 800]]);
});

Deno.test("agent refuses monitors that cannot be, and goes on", () => {
  const { talk, guest } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  for (
    const refused of [
      config(),
      config(monitor(0, 0)),
      config(monitor(20000, 600)),
      config(monitor(800, 600, -20000, 0)),
    ]
  ) {
    talk.say.agentData({ data: refused });
    assertEquals(said(talk), [["reply", { type: 2, error: 2 }]]);
  }
  assertEquals(guest.displays[0].requests, []);
});

Deno.test("agent puts a message together that comes in pieces, and finds two in one", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  const bytes = config(monitor(800, 600));
  talk.say.agentData({ data: bytes.subarray(0, 25) });
  talk.say.agentData({ data: bytes.subarray(25) });
  assertEquals(said(talk).length, 1);
  talk.say.agentData({ data: Uint8Array.of(...bytes, ...bytes) });
  assertEquals(said(talk).length, 2);
});

Deno.test("agent gives tokens back by fives", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  const tokens: number[] = [];
  for (let i = 0; i < 23; i++) {
    talk.say.agentData({ data: message("clientDisconnected", {}) });
    for (const { name, body } of talk.take()) {
      if (name === "agentToken") tokens.push(body.numTokens);
    }
  }
  assertEquals(tokens, [5, 5, 5, 5]);
});

Deno.test("agent says nothing for which it has no token", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 1 });
  talk.say.agentData({ data: config(monitor(800, 600)) });
  talk.say.agentData({ data: config(monitor(640, 480)) });
  assertEquals(said(talk).length, 1);
  talk.say.agentToken({ numTokens: 3 });
  assertEquals(said(talk).length, 1);
});

// what has brought servers down

Deno.test("agent passes over data and tokens that come before the start", () => {
  const { talk, guest } = setting();
  talk.say.agentToken({ numTokens: 1 });
  talk.say.agentData({ data: config(monitor(800, 600)) });
  talk.say.agentData({ data: new Uint8Array(2048) });
  assertEquals([said(talk), guest.displays[0].requests], [[], []]);
});

Deno.test("agent refuses a token count that overflows", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0xfffffffe });
  assertThrows(() => talk.say.agentToken({ numTokens: 2 }), ProtocolError, "agent tokens");
});

Deno.test("agent takes no end of tokens from a client that set no limit", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  for (let i = 0; i < 3; i++) talk.say.agentToken({ numTokens: 0xffffffff });
  talk.say.agentData({ data: config(monitor(800, 600)) });
  assertEquals(said(talk).length, 1);
});

Deno.test("agent refuses a header that comes in two, and another protocol", () => {
  const start = () => {
    const { talk } = setting();
    talk.say.agentStart({ numTokens: 0xffffffff });
    return talk;
  };
  const bytes = config(monitor(800, 600));
  assertThrows(() => start().say.agentData({ data: bytes.subarray(0, 19) }), ProtocolError);
  const other = bytes.slice();
  other[0] = 2;
  assertThrows(() => start().say.agentData({ data: other }), ProtocolError, "protocol 2");
});

Deno.test("agent passes over a message that claims 4 GiB, without holding any of it", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0xffffffff });
  const huge = new Uint8Array(2048);
  huge.set(message("clipboard", { type: 1, data: new Uint8Array(0) }).subarray(0, 16));
  huge.fill(0xff, 16, 20);
  for (let i = 0; i < 100; i++) talk.say.agentData({ data: huge });
  assertEquals(said(talk), []);
});

Deno.test("agent ends with a client that asks and never lets it answer", () => {
  const { talk } = setting();
  talk.say.agentStart({ numTokens: 0 });
  const ask = () => talk.say.agentData({ data: config(monitor(800, 600)) });
  for (let i = 0; i < 32; i++) ask();
  assertThrows(ask, ProtocolError, "no tokens for the answers");
});
