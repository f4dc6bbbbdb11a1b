import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../core/binary/error.ts";
import { Inputs, MouseButtonMask } from "../../../core/protocol/inputs.ts";
import { createSurface } from "../../../core/raster/surface.ts";
import { InputsService } from "../../../channels/inputs.ts";
import { MouseMode } from "../../../channels/mouse_mode.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { FakeGuest } from "../../kit/fake_guest.ts";
import { fakeClient, Talk, type TalkOptions } from "../../kit/linked.ts";

const { left, right, up } = MouseButtonMask;

function setting(options: { absolute?: boolean; displays?: number; leds?: number } = {}) {
  const clock = new FakeClock();
  const guest = new FakeGuest(options);
  guest.keyboard.leds = options.leds ?? 0;
  const mouse = new MouseMode(guest.pointer);
  const service = new InputsService(guest, mouse, clock);
  const join = (more?: TalkOptions) => new Talk(Inputs, service, fakeClient({ clock }), more);
  return { clock, guest, mouse, service, join, keyboard: guest.keyboard, pointer: guest.pointer };
}

Deno.test("inputs begins with the lights of the guest", () => {
  const { join } = setting({ leds: 2 });
  assertEquals(join().take(), [{ name: "init", body: { keyboardModifiers: 2 } }]);
});

Deno.test("inputs presses and releases a plain and an extended key", () => {
  const { join, keyboard } = setting();
  const { say } = join();
  say.keyDown({ code: 0x1e });
  say.keyUp({ code: 0x9e });
  say.keyDown({ code: 0x48e0 });
  say.keyUp({ code: 0xc8e0 });
  assertEquals(keyboard.events, [[0x1e], [0x9e], [0xe0, 0x48], [0xe0, 0xc8]]);
});

Deno.test("inputs puts Pause together from the pieces that spice-gtk sends", () => {
  const { join, keyboard } = setting();
  const { say } = join();
  say.keyDown({ code: 0x1de1 });
  say.keyDown({ code: 0x45 });
  say.keyUp({ code: 0x9de1 });
  say.keyUp({ code: 0xc5 });
  assertEquals(keyboard.events, [[0xe1, 0x1d, 0x45], [0xe1, 0x9d, 0xc5]]);
});

Deno.test("inputs takes several keys of one scancode message, and keys that are cut between two", () => {
  const { join, keyboard } = setting();
  const { say } = join();
  say.keyScancode({ data: Uint8Array.of(0x1e, 0x9e, 0xe0) });
  say.keyScancode({ data: Uint8Array.of(0x1c, 0xe0, 0x9c) });
  assertEquals(keyboard.events, [[0x1e], [0x9e], [0xe0, 0x1c], [0xe0, 0x9c]]);
});

Deno.test("inputs gives the guest no bytes that are no key", () => {
  const { join, keyboard } = setting();
  const { say } = join();
  // deno-fmt-ignore
  say.keyScancode({ data: Uint8Array.of(0, 0x80, 0xe1, 0x1e, 0xe0, 0xe0, 0xe1, 0x1d, 0x1d, 0xe2, 0x10, 0xe1, 0x1d, 0xc5, 0xe0, 0x80) });
  assertEquals(keyboard.events, []);
  say.keyDown({ code: 0 });
  say.keyDown({ code: 0x60 });
  say.keyDown({ code: 0x61e0 });
  say.keyDown({ code: 0x1e001e00 });
  assertEquals(keyboard.events, []);
  say.keyDown({ code: 0x1e });
  assertEquals(keyboard.events, [[0x1e]]);
});

Deno.test("inputs releases what a client holds when it goes", () => {
  const { join, keyboard, pointer } = setting();
  const talk = join();
  talk.say.keyDown({ code: 0x1d });
  talk.say.keyDown({ code: 0x38e0 });
  talk.say.mousePress({ button: "left", buttonsState: left });
  talk.conversation.closed();
  assertEquals(keyboard.events.slice(2), [[0x9d], [0xe0, 0xb8]]);
  assertEquals(pointer.events.at(-1), ["release", "left", 0]);
});

Deno.test("inputs lets a key up when the last who holds it lets go", () => {
  const { join, keyboard } = setting();
  const one = join(), two = join();
  one.say.keyDown({ code: 0x2a });
  two.say.keyDown({ code: 0x2a });
  one.say.keyUp({ code: 0xaa });
  assertEquals(keyboard.events, [[0x2a], [0x2a]]);
  two.conversation.closed();
  assertEquals(keyboard.events, [[0x2a], [0x2a], [0xaa]]);
  one.conversation.closed();
  assertEquals(keyboard.events.length, 3);
});

Deno.test("inputs lets a button up when the last who holds it lets go", () => {
  const { join, pointer } = setting({ absolute: false });
  const one = join(), two = join();
  one.say.mousePress({ button: "left", buttonsState: left });
  two.say.mousePress({ button: "left", buttonsState: left });
  one.say.mouseRelease({ button: "left", buttonsState: 0 });
  one.say.mouseMotion({ dx: 1, dy: 2, buttonsState: 0 });
  two.say.mouseRelease({ button: "left", buttonsState: 0 });
  assertEquals(pointer.events, [
    ["press", "left", left],
    ["press", "left", left],
    ["motion", 1, 2, left],
    ["release", "left", 0],
  ]);
});

Deno.test("inputs acks every fourth motion, in whatever mode", () => {
  const { join, pointer } = setting();
  const talk = join();
  talk.take();
  for (let i = 0; i < 9; i++) {
    if (i & 1) talk.say.mouseMotion({ dx: 1, dy: 1, buttonsState: 0 });
    else talk.say.mousePosition({ x: 1, y: 1, buttonsState: 0, displayId: 0 });
  }
  assertEquals(talk.names(), ["mouseMotionAck", "mouseMotionAck"]);
  assertEquals(pointer.events.every(([kind]) => kind === "motion"), true);
});

Deno.test("inputs moves by positions in client mode and by motions in server mode", () => {
  const { join, pointer, mouse } = setting();
  const { say } = join();
  const both = () => {
    say.mouseMotion({ dx: -3, dy: 4, buttonsState: 0 });
    say.mousePosition({ x: 10, y: 20, buttonsState: right, displayId: 0 });
    return pointer.events.splice(0);
  };
  assertEquals(both(), [["motion", -3, 4, 0]]);
  mouse.request("client");
  assertEquals(both(), [["position", 10, 20, right, 0]]);
});

Deno.test("inputs keeps positions on a display that there is", () => {
  const { join, pointer, mouse, guest } = setting({ displays: 2 });
  guest.displays[1].surfaces.set(0, createSurface("xrgb32", 640, 480));
  mouse.request("client");
  const { say } = join();
  say.mousePosition({ x: 5, y: 5, buttonsState: 0, displayId: 2 });
  say.mousePosition({ x: 5, y: 5, buttonsState: 0, displayId: 255 });
  say.mousePosition({ x: 9999, y: 479, buttonsState: 0, displayId: 1 });
  say.mousePosition({ x: 0xfffffffe, y: 0x80000000, buttonsState: 0, displayId: 1 });
  assertEquals(pointer.events, [["position", 639, 479, 0, 1], ["position", 0, 0, 0, 1]]);
});

Deno.test("inputs counts positions on one card's heads from where the head is", () => {
  const { join, pointer, mouse, guest } = setting();
  const [display] = guest.displays;
  display.surfaces.set(0, createSurface("xrgb32", 1664, 768));
  const head = (monitorId: number, x: number, y: number, width: number, height: number) => ({
    monitorId,
    surfaceId: 0,
    width,
    height,
    x,
    y,
    flags: 0,
  });
  display.monitors = {
    maxAllowed: 4,
    heads: [head(0, 640, 0, 1024, 768), head(2, 0, 9, 640, 480)],
  };
  mouse.request("client");
  const { say } = join();
  for (const displayId of [0, 1, 2]) {
    say.mousePosition({ x: 5, y: 6, buttonsState: 0, displayId });
  }
  say.mousePosition({ x: -3 >>> 0, y: 479, buttonsState: 0, displayId: 2 });
  say.mousePosition({ x: 9999, y: 9999, buttonsState: 0, displayId: 2 });
  assertEquals(pointer.events, [
    ["position", 645, 6, 0, 0],
    ["position", 5, 15, 0, 0],
    ["position", 0, 488, 0, 0],
    ["position", 1663, 767, 0, 0],
  ]);
});

Deno.test("inputs gives the guest no motion beyond 16 bits and no button that does not exist", () => {
  const { join, pointer } = setting({ absolute: false });
  const { say } = join();
  say.mouseMotion({ dx: -0x80000000, dy: 0x7fffffff, buttonsState: 0xff80 | left });
  say.mousePress({ button: "invalid", buttonsState: 0xffff });
  assertEquals(pointer.events, [["motion", -0x7fff, 0x7fff, left]]);
});

Deno.test("inputs passes wheel clicks on, and they do not stay down", () => {
  const { join, pointer } = setting();
  const { say } = join();
  say.mousePress({ button: "up", buttonsState: up });
  say.mouseRelease({ button: "up", buttonsState: 0 });
  say.mouseMotion({ dx: 0, dy: 0, buttonsState: 0 });
  assertEquals(pointer.events, [["press", "up", up], ["release", "up", 0], ["motion", 0, 0, 0]]);
});

Deno.test("inputs taps the locks in which client and guest differ, once", () => {
  const { join, keyboard, clock } = setting({ leds: 2 });
  const talk = join();
  talk.take();
  talk.say.keyModifiers({ modifiers: 6 });
  talk.say.keyModifiers({ modifiers: 6 });
  assertEquals(keyboard.events, [[0x3a], [0xba]]);
  clock.advance(1999);
  talk.exchange();
  assertEquals(talk.take(), []);
  clock.advance(1);
  talk.exchange();
  assertEquals(talk.take(), [{ name: "keyModifiers", body: { modifiers: 6 } }]);
});

Deno.test("inputs does not tap a lock that is held down", () => {
  const { join, keyboard } = setting();
  const { say } = join();
  say.keyDown({ code: 0x3a });
  say.keyModifiers({ modifiers: 0 });
  assertEquals(keyboard.events, [[0x3a]]);
  say.keyUp({ code: 0xba });
  say.keyModifiers({ modifiers: 0 });
  assertEquals(keyboard.events, [[0x3a], [0xba], [0x3a], [0xba]]);
});

Deno.test("inputs counts a lock key that repeats as one press, and Ctrl+Break as none", () => {
  const { join, clock } = setting();
  const talk = join();
  talk.take();
  for (let i = 0; i < 3; i++) talk.say.keyDown({ code: 0x45 });
  talk.say.keyScancode({ data: Uint8Array.of(0xe0, 0x46, 0xe0, 0xc6) });
  clock.advance(2000);
  talk.exchange();
  assertEquals(talk.take(), [{ name: "keyModifiers", body: { modifiers: 2 } }]);
});

Deno.test("inputs tells every client when the guest changes its lights", () => {
  const { join, keyboard } = setting();
  const one = join(), two = join();
  one.take(), two.take();
  keyboard.light(4);
  one.exchange(), two.exchange();
  const told = [{ name: "keyModifiers", body: { modifiers: 4 } }];
  assertEquals([one.take(), two.take()], [told, told]);
});

Deno.test("inputs gathers no changes of the lights for a client that does not read", () => {
  const { join, keyboard } = setting();
  const slow = join();
  slow.take();
  slow.reading = false;
  for (let i = 0; i < 100_001; i++) keyboard.light(i & 7);
  assertEquals(slow.conversation.outbox.waitingBytes < 1 << 13, true);
  slow.reading = true;
  slow.exchange();
  assertEquals(slow.take().at(-1)!.body, { modifiers: 100_000 & 7 });
});

Deno.test("inputs warns on main when keys come in the clear, and only then", () => {
  const { service, clock } = setting();
  for (
    const [remote, warned] of [
      [{ transport: "tcp", secure: false }, 1],
      [{ transport: "tcp", secure: true }, 0],
      [{ transport: "unix", secure: false }, 0],
    ] as const
  ) {
    const client = fakeClient({ clock });
    const heard: string[] = [];
    client.notify = (message) => heard.push(message);
    new Talk(Inputs, service, client, { remote });
    assertEquals(heard, Array(warned).fill("keyboard channel is insecure"));
  }
});

Deno.test("inputs plans nothing and tells nobody after all are gone", () => {
  const { join, clock, keyboard } = setting();
  const talk = join();
  talk.say.keyDown({ code: 0x3a });
  talk.conversation.outbox.close();
  talk.conversation.closed();
  keyboard.light(7);
  assertEquals(clock.planned, 0);
});

// what has brought servers down

Deno.test("inputs refuses migration words, and bodies that are missing", () => {
  const { join } = setting();
  assertThrows(() => join().say.migrateFlushMark(), ProtocolError);
  assertThrows(() => join().say.migrateData({ data: new Uint8Array(0) }), ProtocolError);
  for (const id of [101, 102, 103, 111, 112, 113, 114]) {
    const { conversation } = join();
    assertThrows(() => conversation.receive(Uint8Array.of(id, 0, 0, 0, 0, 0)), Error, "remain");
  }
  const { conversation } = join();
  assertThrows(
    () => conversation.receive(Uint8Array.of(104, 0, 0, 0, 0, 0x80)),
    ProtocolError,
    "4096 is the most",
  );
});

Deno.test("inputs gives the guest nothing of who only looks, and acks their motions", () => {
  const { clock, service, keyboard, pointer } = setting();
  const client = fakeClient({ clock, opener: { viewOnly: true } });
  const talk = new Talk(Inputs, service, client);
  const { say } = talk;
  say.keyDown({ code: 0x1e });
  say.keyScancode({ data: Uint8Array.of(0x1e, 0x9e) });
  say.keyModifiers({ modifiers: 4 });
  say.mousePress({ button: "left", buttonsState: left });
  for (let x = 0; x < 4; x++) say.mousePosition({ x, y: 0, buttonsState: 0, displayId: 0 });
  assertEquals([keyboard.events, pointer.events], [[], []]);
  assertEquals(talk.names(), ["init", "mouseMotionAck"]);
});

Deno.test("inputs tells a person's keys and pointer from what a client says by itself", () => {
  const { clock, join } = setting();
  const { say, client } = join();
  const stirs = (what: () => void) => {
    clock.advance(1000);
    what();
    return client.inputAtMs === clock.now();
  };
  const buttonsState = 0;
  assertEquals(stirs(() => say.pong({ id: 1, timestamp: 0n })), false);
  assertEquals(stirs(() => say.keyModifiers({ modifiers: 0 })), false);
  assertEquals(stirs(() => say.keyDown({ code: 0x1e })), true);
  assertEquals(stirs(() => say.keyUp({ code: 0x9e })), true);
  assertEquals(stirs(() => say.keyScancode({ data: Uint8Array.of(0x1e, 0x9e) })), true);
  assertEquals(stirs(() => say.mouseMotion({ dx: 1, dy: 1, buttonsState })), true);
  assertEquals(stirs(() => say.mousePosition({ x: 1, y: 1, buttonsState, displayId: 0 })), true);
  assertEquals(stirs(() => say.mousePress({ button: "left", buttonsState })), true);
  assertEquals(stirs(() => say.mouseRelease({ button: "left", buttonsState })), true);
});
