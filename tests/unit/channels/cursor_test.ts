import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../core/binary/error.ts";
import type { CursorCommand, CursorState } from "../../../core/guest.ts";
import { Capabilities, DisplayCap } from "../../../core/protocol/capabilities.ts";
import { type Cursor, CursorChannel } from "../../../core/protocol/cursor.ts";
import { CursorService } from "../../../channels/cursor.ts";
import { MouseMode } from "../../../channels/mouse_mode.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { FakeGuest } from "../../kit/fake_guest.ts";
import { fakeClient, gtkMainCaps, Talk, type TalkOptions } from "../../kit/linked.ts";

const NONE = 1, CACHE_ME = 2, FROM_CACHE = 4;

function shape(unique: bigint, type: "alpha" | "mono" = "alpha"): Cursor {
  const data = Uint8Array.from(
    { length: type === "alpha" ? 8 * 4 : 4 },
    (_, i) => i + Number(unique & 0xffn),
  );
  return {
    flags: 0,
    header: { unique, type, width: type === "alpha" ? 4 : 8, height: 2, hotSpotX: 1, hotSpotY: 1 },
    data,
  };
}

/** A display whose cursor does what it is told, as a card's would. */
function setting() {
  const clock = new FakeClock();
  const guest = new FakeGuest();
  const [display] = guest.displays;
  const mouse = new MouseMode(guest.pointer);
  const listeners = new Set<(command: CursorCommand) => void>();
  const service = new CursorService(display, (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, mouse);
  const talks: { exchange(): void }[] = [];
  const join = (more: TalkOptions & { main?: Capabilities; display?: Capabilities } = {}) => {
    const client = fakeClient({ clock });
    client.linked(1, more.main ?? gtkMainCaps);
    if (more.display) client.linked(2, more.display);
    const talk = new Talk(CursorChannel, service, client, more);
    talks.push(talk);
    return talk;
  };
  const act = (command: CursorCommand) => {
    display.cursor = after(display.cursor, command);
    for (const listener of listeners) listener(command);
    for (const talk of talks) talk.exchange();
  };
  return { clock, display, mouse, join, act, listeners };
}

function after(state: CursorState, command: CursorCommand): CursorState {
  switch (command.kind) {
    case "set":
      return { ...state, ...command };
    case "move":
      return { ...state, position: command.position, visible: true };
    case "hide":
      return { ...state, visible: false };
    case "trail":
      return { ...state, trail: command };
    case "reset":
      return {
        position: { x: 0, y: 0 },
        visible: true,
        trail: { length: 0, frequency: 0 },
        shape: null,
      };
  }
}

const set = (unique: bigint, visible = true): CursorCommand => ({
  kind: "set",
  position: { x: 5, y: 6 },
  visible,
  shape: shape(unique),
});
const move = (x: number, y: number): CursorCommand => ({ kind: "move", position: { x, y } });

Deno.test("cursor begins with an ack window and the state as it is", () => {
  const { join, act } = setting();
  const before = join();
  assertEquals(before.take(), [
    { name: "setAck", body: { generation: 1, window: 20 } },
    {
      name: "init",
      body: {
        position: { x: 0, y: 0 },
        trailLength: 0,
        trailFrequency: 0,
        visible: 1,
        cursor: { flags: NONE, data: new Uint8Array(0) },
      },
    },
  ]);
  act(set(9n));
  act({ kind: "trail", length: 3, frequency: 4 });
  act({ kind: "hide" });
  const [, init] = join().take();
  assertEquals(init.body, {
    position: { x: 5, y: 6 },
    trailLength: 3,
    trailFrequency: 4,
    visible: 0,
    cursor: { ...shape(9n), flags: CACHE_ME },
  });
});

Deno.test("cursor passes on set, move, hide and trail", () => {
  const { join, act } = setting();
  const talk = join();
  talk.take();
  act(set(9n));
  act(move(-7, 8));
  act({ kind: "hide" });
  act({ kind: "trail", length: 3, frequency: 4 });
  assertEquals(talk.take(), [
    {
      name: "set",
      body: { position: { x: 5, y: 6 }, visible: 1, cursor: { ...shape(9n), flags: CACHE_ME } },
    },
    // spice-gtk takes no place from `set`
    { name: "move", body: { position: { x: 5, y: 6 } } },
    { name: "move", body: { position: { x: -7, y: 8 } } },
    { name: "hide", body: {} },
    { name: "trail", body: { length: 3, frequency: 4 } },
  ]);
});

Deno.test("cursor that is set hidden is hidden, as clients show what is set", () => {
  const { join, act } = setting();
  const talk = join();
  talk.take();
  act(set(9n, false));
  assertEquals(talk.names(), ["set", "hide"]);
});

Deno.test("cursor comes out of the client's cache the second time", () => {
  const { join, act } = setting();
  const talk = join();
  talk.take();
  act(set(9n));
  act(set(10n));
  act(set(9n));
  const cursors = talk.take().filter(({ name }) => name === "set").map(({ body }) => body.cursor);
  assertEquals(cursors.map((c) => [c.header.unique, c.flags, c.data.length]), [
    [9n, CACHE_ME, 32],
    [10n, CACHE_ME, 32],
    [9n, FROM_CACHE, 0],
  ]);
});

Deno.test("cursor without an id is never cached", () => {
  const { join, act } = setting();
  const talk = join();
  talk.take();
  act(set(0n));
  act(set(0n));
  const sets = talk.take().filter(({ name }) => name === "set");
  assertEquals(sets.map(({ body }) => [body.cursor.flags, body.cursor.data.length]), [
    [0, 32],
    [0, 32],
  ]);
});

Deno.test("cursor of a client's cache is called by id only while the client has it", () => {
  const { join, act } = setting();
  const talk = join();
  const has = new Set<bigint>();
  for (let i = 0; i < 3000; i++) {
    act(set(BigInt(1 + (i * 7919) % 300)));
    for (const { name, body } of talk.take()) {
      if (name === "invalOne") assert(has.delete(body.id), "forgets what it had");
      if (name !== "set") continue;
      const { flags, header } = body.cursor;
      if (flags === FROM_CACHE) assert(has.has(header.unique), "has what it is to show");
      else has.add(header.unique);
      assert(has.size <= 256, `keeps ${has.size}`);
    }
  }
  assertEquals(has.size, 256);
});

Deno.test("cursor begins anew after a reset, with nothing in the cache", () => {
  const { join, act } = setting();
  const talk = join();
  act(set(9n));
  talk.take();
  act({ kind: "reset" });
  const told = talk.take();
  assertEquals(told.map(({ name }) => name), ["invalAll", "reset", "init"]);
  assertEquals(told[2].body.cursor.flags, NONE);
  act(set(9n));
  assertEquals(talk.take()[0].body.cursor.flags, CACHE_ME);
});

Deno.test("cursor is not moved in client mode unless that shows it", () => {
  const { join, act, mouse } = setting();
  const talk = join();
  act(set(9n));
  mouse.request("client");
  talk.take();
  act(move(1, 1));
  assertEquals(talk.take(), []);
  act({ kind: "hide" });
  act(move(2, 2));
  act(move(3, 3));
  assertEquals(talk.take(), [
    { name: "hide", body: {} },
    { name: "move", body: { position: { x: 2, y: 2 } } },
  ]);
  mouse.request("server");
  talk.exchange();
  assertEquals(talk.take(), [{ name: "move", body: { position: { x: 3, y: 3 } } }]);
});

Deno.test("cursor is placed when its shape is told in server mode, and is not in client mode", () => {
  const { join, act, mouse } = setting();
  const talk = join();
  act(set(9n));
  assertEquals(talk.names(), ["setAck", "init", "set", "move"]);
  assertEquals(join().names(), ["setAck", "init", "move"]);
  mouse.request("client");
  act(set(10n));
  assertEquals(talk.names(), ["set"]);
  assertEquals(join().names(), ["setAck", "init"]);
});

Deno.test("cursor owes a client that does not ack the latest of everything and no more", () => {
  const { join, act } = setting();
  const slow = join({ acks: false });
  const { generation } = slow.take()[0].body;
  for (let i = 1; i <= 5000; i++) {
    act(set(BigInt(i)));
    act(move(i, i));
    act({ kind: "trail", length: i, frequency: 1 });
  }
  // of the 15000 only what may run ahead of its acks
  assert(slow.take().length <= 1030);
  slow.say.ackSync({ generation });
  slow.say.ack();
  slow.say.ack();
  const told = slow.take().filter(({ name }) => name !== "invalOne");
  assertEquals(told.map(({ name }) => name), ["set", "move", "trail"]);
  assertEquals(told[0].body.cursor.header.unique, 5000n);
  assertEquals(told[0].body.position, { x: 5000, y: 5000 });
  assertEquals(told[1].body.position, { x: 5000, y: 5000 });
  assertEquals(told[2].body.length, 5000);
});

Deno.test("cursor of a client that does not read takes bounded memory, and is right afterwards", () => {
  const { join, act, display } = setting();
  const slow = join();
  slow.reading = false;
  const large = shape(1n);
  const big: Cursor = {
    ...large,
    header: { ...large.header!, unique: 0n, width: 256, height: 256 },
    data: new Uint8Array(256 * 256 * 4),
  };
  for (let i = 0; i < 500; i++) {
    act({ kind: "set", position: { x: i, y: i }, visible: true, shape: big });
  }
  assert(slow.conversation.outbox.waitingBytes < 1 << 20);
  act(set(77n));
  slow.reading = true;
  slow.exchange();
  const last = slow.take().filter(({ name }) => name === "set").at(-1)!;
  assertEquals([last.name, last.body.cursor.header.unique], ["set", 77n]);
  assertEquals(last.body.position, display.cursor.position);
});

Deno.test("cursor speaks to spice-html5 in alpha, without cache, and sets what init said", () => {
  const { join, act } = setting();
  const html5 = [
    { main: Capabilities.of(2) },
    { main: gtkMainCaps, display: Capabilities.of(DisplayCap.sizedStream, DisplayCap.multiCodec) },
  ];
  for (const caps of html5) {
    act({ ...set(5n), shape: shape(5n, "mono") } as CursorCommand);
    const talk = join(caps);
    const told = talk.take();
    assertEquals(told.map(({ name }) => name), ["setAck", "init", "set"]);
    const { flags, header, data } = told[2].body.cursor;
    assertEquals([flags, header.type, data.length], [0, "alpha", 8 * 2 * 4]);
    act({ kind: "reset" });
    assertEquals(talk.names(), ["invalAll", "reset", "init", "hide"]);
  }
});

Deno.test("cursor listens to the guest no longer than its client does", () => {
  const { join, act, listeners } = setting();
  const talk = join();
  talk.take();
  talk.conversation.outbox.close();
  talk.conversation.closed();
  assertEquals(listeners.size, 0);
  act(set(1n));
  assertEquals(talk.take(), []);
});

// what has brought servers down

Deno.test("cursor refuses migration words and messages that it does not have", () => {
  const { join } = setting();
  assertThrows(() => join().say.migrateFlushMark(), ProtocolError);
  assertThrows(() => join().say.migrateData({ data: new Uint8Array(0) }), ProtocolError);
  const { conversation } = join();
  assertThrows(() => conversation.receive(Uint8Array.of(101, 0, 0, 0, 0, 0)), ProtocolError);
});
