import { assert, assertEquals, assertFalse, assertMatch, assertNotEquals } from "@std/assert";
import { ProtocolError, WireError } from "../../../core/binary/error.ts";
import { textOf } from "../../../core/binary/text.ts";
import type { Duplex } from "../../../core/link/duplex.ts";
import { Outbox } from "../../../core/link/outbox.ts";
import { pump } from "../../../core/link/pump.ts";
import { Capabilities } from "../../../core/protocol/capabilities.ts";
import { type Channel, channel, type Table } from "../../../core/protocol/channel.ts";
import { Inputs } from "../../../core/protocol/inputs.ts";
import { Main } from "../../../core/protocol/main.ts";
import { InputsService } from "../../../channels/inputs.ts";
import type { Linked } from "../../../channels/link_stage.ts";
import { MainService } from "../../../channels/main.ts";
import { MmClock } from "../../../channels/mm_clock.ts";
import { MouseMode } from "../../../channels/mouse_mode.ts";
import type { Conversation, Service } from "../../../channels/service.ts";
import { Sessions } from "../../../channels/session.ts";
import { duplexPair } from "../../kit/duplex_pair.ts";
import { defaultLimits, type LimitOptions } from "../../../core/config/options.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { FakeGuest } from "../../kit/fake_guest.ts";
import { FakeLog, FarEnd, gtkMainCaps, linkedOf, until } from "../../kit/linked.ts";

const DISPLAY = channel({ name: "display", id: 2, client: {}, server: {} });
const CURSOR = channel({ name: "cursor", id: 4, client: {}, server: {} });
const PLAYBACK = channel({ name: "playback", id: 5, client: {}, server: {} });

/** A channel that does what a test wants when bytes come. */
class StubService implements Service {
  readonly id = 0;
  readonly capabilities = Capabilities.of();
  opened = 0;
  closed = 0;
  onReceive: (bytes: Uint8Array) => void = () => {};
  onOpen: () => void = () => {};
  onClosed: () => void = () => {};

  constructor(readonly name: string, readonly type: number, readonly exclusive = false) {}

  open(): Conversation {
    this.onOpen();
    this.opened++;
    const outbox = new Outbox();
    return {
      outbox,
      serial: 0n,
      receive: (bytes) => this.onReceive(bytes),
      closed: () => {
        this.closed++;
        this.onClosed();
      },
    };
  }
}

class Setting {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly guest = new FakeGuest();
  readonly display = new StubService("display", 2);
  readonly cursor = new StubService("cursor", 4);
  readonly playback = new StubService("playback", 5, true);
  readonly sessions: Sessions;
  readonly #linked = new Map<Duplex, Partial<Linked>>();

  constructor(limits: Partial<LimitOptions> = {}) {
    const mouse = new MouseMode(this.guest.pointer);
    let seed = 0;
    this.sessions = new Sessions({
      link: (duplex) => {
        const linked = this.#linked.get(duplex);
        if (!linked) return new Promise<Linked>(() => {});
        const remote = duplex.remote;
        const base = linkedOf(linked.channelType!, 0, { connectionId: 0, remote }, {
          caps: gtkMainCaps,
        });
        return Promise.resolve({ ...base, ...linked, duplex });
      },
      clock: this.clock,
      log: this.log,
      // 0 may not be a number of a session, and no number may be used twice
      random: () => seed++ >> 1,
      limits: { ...defaultLimits, ...limits },
    });
    const main = new MainService({
      guest: this.guest,
      mouse,
      mmClock: new MmClock(this.clock),
      channels: (client) => this.sessions.channelsFor(client),
    });
    const inputs = new InputsService(this.guest, mouse, this.clock);
    for (const service of [main, this.display, inputs, this.cursor, this.playback]) {
      this.sessions.add(service);
    }
  }

  /** A stream that links as this channel; nobody is at its other end. */
  arrive(here: Duplex, channelType: number, connectionId = 0): Promise<void> {
    this.#linked.set(here, { channelType, connectionId });
    return this.sessions.accept(here);
  }

  /** A client's end of a new channel. */
  connect<C extends Table, S extends Table>(channel: Channel<C, S>, connectionId = 0) {
    const [here, there] = duplexPair();
    const far = new FarEnd(channel);
    const served = this.arrive(here, channel.id, connectionId);
    let ended = false;
    const ran = pump(there, far.peer).catch(() => {}).finally(() => ended = true);
    return { far, there, served, ran, gone: () => ended, send: far.peer.send };
  }

  async main() {
    const main = this.connect(Main);
    await until(() => main.far.heard.some(({ name }) => name === "init"));
    const id: number = main.far.heard[0].body.sessionId;
    return { ...main, id };
  }
}

Deno.test("sessions give every client a number that is not 0 and not another's", async () => {
  const room = new Setting();
  const one = await room.main(), two = await room.main();
  assertNotEquals(one.id, 0);
  assertNotEquals(one.id, two.id);
  assertEquals(room.sessions.clients.map(({ connectionId }) => connectionId), [one.id, two.id]);
  await room.sessions.close();
});

Deno.test("sessions let later channels join by number, and list all but main", async () => {
  const room = new Setting();
  const main = await room.main();
  main.send.attachChannels();
  await until(() => main.far.heard.at(-1)?.name === "channelsList");
  assertEquals(main.far.heard.at(-1)!.body.channels, [
    { type: 2, id: 0 },
    { type: 3, id: 0 },
    { type: 4, id: 0 },
    { type: 5, id: 0 },
  ]);
  const inputs = room.connect(Inputs, main.id);
  await until(() => inputs.far.heard.length > 0);
  inputs.send.keyDown({ code: 0x1e });
  await until(() => room.guest.keyboard.events.length > 0);
  assertEquals(room.sessions.clients[0].channels, 2);
  assert(room.sessions.sessionKnown(main.id));
  await room.sessions.close();
  assertEquals(room.guest.keyboard.events, [[0x1e], [0x9e]]);
});

Deno.test("sessions refuse a number that nobody has, and a channel that is up already", async () => {
  const room = new Setting();
  const main = await room.main();
  const stranger = room.connect(Inputs, 4711);
  await stranger.served;
  const inputs = room.connect(Inputs, main.id);
  await until(() => inputs.far.heard.length > 0);
  const again = room.connect(Inputs, main.id);
  await again.served;
  await Promise.all([stranger.ran, again.ran]);
  assertEquals([stranger.far.heard, again.far.heard], [[], []]);
  assertFalse(inputs.gone());
  await room.sessions.close();
});

Deno.test("sessions take so many clients and offer main to no more, without putting anybody out", async () => {
  const room = new Setting({ clients: 2 });
  const one = await room.main(), two = await room.main();
  assertEquals(room.sessions.offered(1, 0, 0), undefined);
  const three = room.connect(Main);
  await three.served;
  assertEquals([one.gone(), two.gone(), room.sessions.clients.length], [false, false, 2]);
  two.send.disconnecting({ timeStamp: 0n, reason: "ok" });
  await two.served;
  assert(room.sessions.offered(1, 0, 0));
  await room.sessions.close();
});

Deno.test("sessions take so many clients from one address", async () => {
  const room = new Setting({ clientsPerAddress: 1 });
  const one = await room.main();
  const [{ remote }] = room.sessions.clients;
  assertEquals(room.sessions.offered(1, 0, 0, remote.address), undefined);
  assert(room.sessions.offered(1, 0, 0, "192.0.2.9"));
  const two = room.connect(Main);
  await two.served;
  assertEquals([one.gone(), room.sessions.clients.length], [false, 1]);
  await room.sessions.close();
});

Deno.test("a session that lasts too long is ended", async () => {
  const room = new Setting({ sessionMinutes: 2 });
  const one = await room.main();
  room.clock.advance(119_000);
  assertEquals(room.sessions.clients.length, 1);
  room.clock.advance(1_000);
  await one.served;
  assertEquals(room.sessions.clients.length, 0);
  assertEquals(room.log.of("client-over-limit").map(({ limit }) => limit), ["session-minutes"]);
  await room.sessions.close();
});

Deno.test("a session in which nobody types or points is ended, one that is used is not", async () => {
  const room = new Setting({ idleMinutes: 1 });
  const one = await room.main(), two = await room.main();
  const inputs = room.connect(Inputs, two.id);
  await until(() => room.sessions.clients.some((client) => client.has(3, 0)));
  room.clock.advance(50_000);
  inputs.send.keyDown({ code: 30 });
  await until(() => room.sessions.clients.some(({ inputAtMs }) => inputAtMs === room.clock.now()));
  const ping = inputs.far.heard.find(({ name }) => name === "ping")!;
  room.clock.advance(50_000);
  await one.served;
  assertEquals(room.sessions.clients.length, 1);
  inputs.send.pong(ping.body);
  await until(() => inputs.far.peer.outbox.empty);
  room.clock.advance(20_000);
  await two.served;
  assertEquals(room.sessions.clients.length, 0);
  await room.sessions.close();
});

Deno.test("sessions give an exclusive channel to one client, and list it for no other", async () => {
  const room = new Setting();
  const one = await room.main(), two = await room.main();
  const playback = room.connect(PLAYBACK, one.id);
  await until(() => room.playback.opened === 1);
  assertEquals(room.sessions.offered(5, 0, 0), undefined);
  await room.connect(PLAYBACK, two.id).served;
  assertEquals(room.playback.opened, 1);
  const [first, second] = room.sessions.clients;
  const has = (client: typeof first) =>
    room.sessions.channelsFor(client).some(({ type }) => type === 5);
  assertEquals([has(first), has(second)], [true, false]);
  const freed: boolean[] = [];
  room.sessions.onFreed = () => freed.push(has(second));
  playback.there.close();
  await playback.served;
  assertEquals(freed, [true]);
  assert(room.sessions.offered(5, 0, 0));
  assertFalse(one.gone());
  await room.sessions.close();
});

Deno.test("sessions say who asked for a channel that somebody else has", async () => {
  const room = new Setting();
  const one = await room.main(), two = await room.main();
  const missed: [number, number, number][] = [];
  room.sessions.onMissed = ({ connectionId }, { type, id }) =>
    missed.push([connectionId, type, id]);
  room.connect(PLAYBACK, one.id);
  await until(() => room.playback.opened === 1);
  // before its link, and while it ran
  room.sessions.offered(5, 0, two.id);
  await room.connect(PLAYBACK, two.id).served;
  room.sessions.offered(5, 0, one.id);
  room.sessions.offered(5, 0, 12345);
  assertEquals(missed, [[two.id, 5, 0], [two.id, 5, 0]]);
  await room.sessions.close();
});

Deno.test("sessions tell a client its error and end it, and nobody else notices", async () => {
  for (
    const [error, reason] of [
      [new WireError("count is 4, 0 bytes remain", 3, "x.y"), "invalidData"],
      [new ProtocolError("not now"), "error"],
    ] as const
  ) {
    const room = new Setting();
    const one = await room.main(), two = await room.main();
    const cursor = room.connect(CURSOR, one.id);
    room.cursor.onReceive = () => {
      throw error;
    };
    cursor.send.ack();
    await cursor.served;
    await cursor.ran;
    const [notify, goodbye, ...more] = cursor.far.heard;
    assertEquals([notify.name, textOf(notify.body.message)], ["notify", error.message]);
    assertEquals([goodbye.name, goodbye.body.reason], ["disconnecting", reason]);
    assertEquals(more, []);
    assertEquals(room.cursor.closed, 1);
    assertEquals([one.gone(), two.gone()], [false, false]);
    assertEquals(room.log.of("client-erred").length, 1);
    await room.sessions.close();
  }
});

Deno.test("sessions log an error of ours with its stack, and tell the client nothing of it", async () => {
  const room = new Setting();
  const main = await room.main();
  const cursor = room.connect(CURSOR, main.id);
  room.cursor.onReceive = () => {
    throw new TypeError("our secret mistake");
  };
  cursor.send.ack();
  await cursor.ran;
  assertEquals(cursor.far.heard.map(({ name }) => name), ["notify", "disconnecting"]);
  assertFalse(textOf(cursor.far.heard[0].body.message).includes("secret"));
  assertMatch(String(room.log.of("channel-failed")[0].stack), /our secret mistake[^]*session_test/);
  assertFalse(main.gone());
  await room.sessions.close();
});

Deno.test("sessions end the channel of a conversation that fails by itself, and no other", async () => {
  const room = new Setting();
  const main = await room.main();
  const cursor = room.connect(CURSOR, main.id);
  await until(() => room.cursor.opened === 1);
  const [client] = room.sessions.clients;
  client.failed(CURSOR.id, 0, new TypeError("our mistake, in a timer"));
  await cursor.ran;
  assertEquals(cursor.far.heard.map(({ name }) => name), ["notify", "disconnecting"]);
  assertMatch(String(room.log.of("channel-failed")[0].stack), /in a timer/);
  assertFalse(main.gone());
  await room.sessions.close();
});

Deno.test("sessions hear nothing more from a channel that erred", async () => {
  const room = new Setting();
  const main = await room.main();
  let calls = 0;
  room.cursor.onReceive = () => {
    calls++;
    throw new ProtocolError("no");
  };
  const cursor = room.connect(CURSOR, main.id);
  for (let i = 0; i < 20_000; i++) cursor.send.ack();
  await cursor.served;
  assertEquals(calls, 1);
  await room.sessions.close();
});

Deno.test("sessions close the stream of a client that erred and does not read the reason", async () => {
  const room = new Setting();
  const main = await room.main();
  room.cursor.onReceive = () => {
    throw new ProtocolError("no");
  };
  const [here, there] = duplexPair({ capacity: 8 });
  let over = false;
  const served = room.arrive(here, CURSOR.id, main.id).then(() => over = true);
  await there.write(Uint8Array.of(1));
  await until(() => room.log.of("client-erred").length === 1);
  room.clock.advance(1999);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertFalse(over);
  room.clock.advance(1);
  await served;
  await room.sessions.close();
});

Deno.test("sessions end a client's other channels with its main, its display and its inputs", async () => {
  for (const vital of ["main", "display", "inputs"] as const) {
    const room = new Setting();
    const main = await room.main();
    const channels = {
      main,
      display: room.connect(DISPLAY, main.id),
      inputs: room.connect(Inputs, main.id),
      cursor: room.connect(CURSOR, main.id),
    };
    await until(() => room.sessions.clients[0].channels === 4);
    channels[vital].there.close();
    await Promise.all(Object.values(channels).map(({ served }) => served));
    assertEquals(room.sessions.clients, []);
    assertEquals([room.display.closed, room.cursor.closed], [1, 1]);
    await Promise.all(Object.values(channels).map(({ ran }) => ran));
    assertEquals(channels.cursor.far.heard.map(({ name }) => name), ["disconnecting"]);
  }
});

Deno.test("sessions keep a client whose cursor channel went", async () => {
  const room = new Setting();
  const main = await room.main();
  const cursor = room.connect(CURSOR, main.id);
  await until(() => room.cursor.opened === 1);
  cursor.there.close();
  await cursor.served;
  assertFalse(main.gone());
  const again = room.connect(CURSOR, main.id);
  await until(() => room.cursor.opened === 2);
  assertFalse(again.gone());
  await room.sessions.close();
});

Deno.test("sessions let go of what a client's channels shared when the last is closed", async () => {
  const room = new Setting();
  const main = await room.main();
  room.connect(DISPLAY, main.id);
  await until(() => room.display.opened === 1);
  const client = room.sessions.clients[0];
  const order: string[] = [];
  const make = () => ({ [Symbol.dispose]: () => void order.push("shared") });
  assertEquals(client.shared("cache", make), client.shared("cache", make));
  room.display.onClosed = () => order.push("display");
  main.there.close();
  await main.served;
  await until(() => order.length === 2);
  assertEquals(order, ["display", "shared"]);
});

Deno.test("sessions say goodbye to all when they close, and take nobody any more", async () => {
  const room = new Setting();
  const one = await room.main(), two = await room.main();
  const inputs = room.connect(Inputs, one.id);
  await until(() => inputs.far.heard.length > 0);
  await room.sessions.close();
  await Promise.all([one.ran, two.ran, inputs.ran]);
  for (const { far } of [one, two, inputs]) {
    assertEquals([far.heard.at(-1)!.name, far.heard.at(-1)!.body.reason], ["disconnecting", "ok"]);
  }
  const late = room.connect(Main);
  await late.served;
  await late.ran;
  assertEquals(late.far.heard, []);
  assertEquals(room.clock.planned, 0);
});

Deno.test("sessions that close wait two seconds for a client that does not read", async () => {
  const room = new Setting();
  const [here] = duplexPair({ capacity: 4 });
  const served = room.arrive(here, Main.id);
  await until(() => room.sessions.clients.length === 1);
  let closed = false;
  const closing = room.sessions.close().then(() => closed = true);
  room.clock.advance(1999);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertFalse(closed);
  room.clock.advance(1);
  await closing;
  await served;
});

Deno.test("sessions end links under way when they close", async () => {
  const room = new Setting();
  const [here, there] = duplexPair();
  void room.sessions.accept(here);
  await room.sessions.close();
  assertEquals(await there.read(new Uint8Array(1)), null);
});

Deno.test("sessions survive a service that cannot open and one that cannot close", async () => {
  const room = new Setting();
  const main = await room.main();
  room.cursor.onOpen = () => {
    throw new Error("cannot open");
  };
  await room.connect(CURSOR, main.id).served;
  assertEquals(room.log.of("channel-failed").length, 1);
  room.cursor.onOpen = () => {};
  room.cursor.onClosed = () => {
    throw new Error("cannot close");
  };
  const cursor = room.connect(CURSOR, main.id);
  await until(() => room.cursor.opened === 1);
  cursor.there.close();
  await cursor.served;
  assertEquals(room.log.of("channel-failed").length, 2);
  assertFalse(main.gone());
  await room.sessions.close();
});

Deno.test("sessions count the bytes of each channel, of those that ended too", async () => {
  const room = new Setting();
  const one = await room.main();
  const first = room.sessions.sentBytes()["main-0"];
  assert(first > 32);
  one.there.close();
  await one.served;
  await room.main();
  assertEquals(room.sessions.sentBytes()["main-0"], 2 * first);
  await room.sessions.close();
});

Deno.test("sessions learn of a channel twice only by mistake", () => {
  const room = new Setting();
  let error: unknown;
  try {
    room.sessions.add(new StubService("cursor", 4));
  } catch (e) {
    error = e;
  }
  assert(error instanceof TypeError);
});

// what has brought servers down

/** The same stream, whose n-th read is a reset. */
function breaking(duplex: Duplex, reads: number): Duplex {
  return {
    remote: duplex.remote,
    write: (bytes) => duplex.write(bytes),
    close: () => duplex.close(),
    read: (into) => {
      if (reads-- > 0) return duplex.read(into);
      duplex.close();
      return Promise.reject(new Error("Connection reset by peer"));
    },
  };
}

Deno.test("sessions survive streams that are reset in every state, in a storm", async () => {
  const room = new Setting({ clients: 1000 });
  const bystander = await room.main();
  const types = [Main.id, DISPLAY.id, Inputs.id, CURSOR.id, PLAYBACK.id];
  const storm: Promise<void>[] = [];
  for (let i = 0; i < 600; i++) {
    const type = types[i % types.length];
    const [here, there] = duplexPair({ capacity: 1 + i % 40 });
    // half of them try to join the one before, which may be gone already
    const to = type === Main.id ? 0 : room.sessions.clients.at(-1)!.connectionId;
    if (to === bystander.id) continue;
    storm.push(room.arrive(breaking(here, i % 3), type, to));
    there.write(Uint8Array.of(1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 3, 0)).catch(() => {});
    if (i % 4 === 0) there.close();
    if (i % 10 === 0) await Promise.resolve();
  }
  for (let i = 0; i < 50 && room.sessions.clients.length > 1; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    room.clock.advance(5000);
  }
  await Promise.all(storm);
  assertEquals(room.sessions.clients.map(({ connectionId }) => connectionId), [bystander.id]);
  assertEquals(room.log.of("channel-failed"), []);
  assertEquals(room.display.closed, room.display.opened);
  await room.sessions.close();
  assertEquals(room.clock.planned, 0);
});
