import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import * as qxl from "../../../qxl/memory.ts";
import { Card } from "../../../qxl/device.ts";
import { Driver } from "../../../qxl/driver.ts";
import { Config } from "../../../qxl/pci.ts";
import { Port } from "../../../qxl/ports.ts";
import { physicalOf } from "../../../qxl/slots.ts";
import { cardStage, fillOf, pixelAt, rect, smallCard } from "../../kit/card_stage.ts";

const HEADER = smallCard.ramSize - 8192;
const mode = { width: 64, height: 48, stride: 256, format: "xrgb32" } as const;

/** A stage whose RAM header is at hand. */
function stage(options = {}) {
  const s = cardStage(options);
  const view = new DataView(s.card.ram.buffer, 0, s.card.ram.length);
  const ram = qxl.Ram.over(view, HEADER);
  const { pending, ack } = { pending: () => ram.intPending, ack: () => (ram.intPending = 0) };
  return { ...s, view, ram, pending, ack };
}

Deno.test("a card as QEMU's default is 64 MiB of each, at revision 5", () => {
  const card = new Card();
  assertEquals([card.ram.length, card.vram.length, card.rom.length], [64 << 20, 64 << 20, 8192]);
  assertEquals(card.pci.read(Config.revision, 1), 5);
  assertEquals(card.pci.sizes, [64 << 20, 64 << 20, 8192, 32, 0]);
  assertEquals(card.ramBytes, 48 * (1 << 20) - 8192);
});

Deno.test("sizes are rounded as QEMU rounds them", () => {
  const MiB = 1 << 20;
  const sizes = (options: object) => {
    const { settings: s } = new Card(options);
    return [s.ramSize / MiB, s.vram32Size / MiB, s.vramSize / MiB, s.vgamem / MiB];
  };
  assertEquals(sizes({ vgamem: 17 * MiB, ramSize: 1 }), [64, 64, 64, 32]);
  assertEquals(sizes({ vgamem: 1, ramSize: 33 * MiB, vramSize: 3 * MiB }), [64, 4, 4, 8]);
  assertEquals(sizes({ vramSize: 16 * MiB, vram64Size: 32 * MiB }), [64, 16, 32, 16]);
  assertEquals(sizes({ revision: 1 }), [64, 1 / 256, 1 / 256, 16]);
});

Deno.test("the first head is VGA and waits for a driver, others are not", () => {
  const vga = new Card({ ...smallCard, id: 0 }), other = new Card({ ...smallCard, id: 1 });
  assertEquals([vga.mode, other.mode], ["vga", "undefined"]);
  assertEquals([vga.pci.read(Config.class, 2), other.pci.read(Config.class, 2)], [0x0300, 0x0380]);
});

Deno.test("in VGA mode a port that is too early does nothing, and its async twin says done", () => {
  const { card, ram, pending, witness } = stage();
  assertEquals(card.mode, "vga");
  ram.updateArea.top = 5;
  card.ioWrite(Port.updateArea, 0);
  assertEquals(pending(), 0);
  card.ioWrite(Port.updateAreaAsync, 0);
  assertEquals(pending() & qxl.Interrupt.ioCommand, 0, "the driver took it");
  assertFalse(card.guestBug);
  assertEquals(witness.log, ["memoryLow", "cursor reset"]);
});

Deno.test("a primary is made blank, shows on one monitor, and goes with the cursor", () => {
  const { driver, witness, card } = stage();
  witness.log.length = 0;
  card.ram.fill(7, 0, 256 * 48);
  driver.createPrimary(mode);
  assertEquals(card.mode, "native");
  assert(card.ram.subarray(0, 256 * 48).every((byte) => byte === 0));
  driver.destroyPrimary();
  assertEquals(witness.log, [
    "create 0 64×48",
    "monitors 1 of 1",
    "destroy 0",
    "cursor reset",
  ]);
  assertEquals(card.surfaces.size, 0);
});

Deno.test("a bottom-up primary has its last row first, and kept data are its picture", () => {
  const { driver, witness, card } = stage();
  const pixels = new Uint8Array(256 * 48).fill(9, 0, 256);
  driver.createPrimary({ ...mode, stride: -256 }, pixels);
  const surface = card.surfaces.get(0)!;
  assertEquals([surface.stride, surface.origin, surface.bytes.length], [-256, 256 * 47, 256 * 48]);
  assertEquals([pixelAt(surface, 3, 47), pixelAt(surface, 3, 46)], [0x090909, 0]);
  assert(witness.log.includes("create 0 64×48 painted"));
  driver.draw(fillOf(rect(0, 0, 64, 1), 0x112233));
  card.settle();
  assertEquals([...card.ram.subarray(256 * 47, 256 * 47 + 4)], [0x33, 0x22, 0x11, 0]);
});

const primaries: [string, (create: ReturnType<typeof qxl.SurfaceCreate.over>) => void, string][] = [
  ["larger than vgamem", (c) => c.height = 40000, "beyond vgamem"],
  ["of the most negative stride", (c) => c.stride = -0x80000000, "beyond vgamem"],
  ["without a format", (c) => c.format = 7, "7 is no format"],
  ["with a stride too small", (c) => c.stride = 252, "stride 252"],
  ["with an odd stride", (c) => c.stride = 258, "stride 258"],
  ["without rows", (c) => c.height = 0, "64×0"],
  ["beyond its slot", (c) => c.mem = physicalOf(1, 0, HEADER - 100), "of the slot's"],
  ["of another generation", (c) => c.mem = physicalOf(1, 3, 0), "generation"],
  ["that is not aligned", (c) => c.mem = physicalOf(1, 0, 2), "not aligned"],
];
for (const [name, change, message] of primaries) {
  Deno.test(`a primary ${name} is a guest bug, and a reset mends it`, () => {
    const { card, ram, driver, errors, pending } = stage();
    driver.createPrimary(mode);
    driver.destroyPrimary();
    change(ram.createSurface);
    ram.intMask = 0;
    card.ioWrite(Port.createPrimaryAsync, 0);
    assert(card.guestBug);
    assertEquals(pending() & ~qxl.Interrupt.cursor, qxl.Interrupt.error);
    assertStringIncludes(errors.join(), message);
    assertEquals(card.surfaces.size, 0);
    // nothing works but the reset
    card.ioWrite(Port.log, 0);
    card.ioWrite(Port.reset, 0);
    assertFalse(card.guestBug);
    assertEquals(pending(), 0);
    new Driver(card).createPrimary(mode);
    assertEquals(card.surfaces.size, 1);
  });
}

Deno.test("a second primary is a guest bug and leaves the first", () => {
  const { card, driver, errors } = stage();
  driver.createPrimary(mode);
  card.ioWrite(Port.createPrimary, 0);
  assertEquals(errors, ["Guest bug: there is a primary already"]);
  assertEquals(card.surfaces.size, 1);
});

Deno.test("async ports raise an interrupt when they are done", () => {
  const { card, ram, driver, pending, ack } = stage();
  driver.createPrimary(mode);
  driver.updateArea(0, rect(0, 0, 8, 8));
  ram.intMask = 0;
  for (
    const port of [
      Port.updateAreaAsync,
      Port.destroySurfaceAsync,
      Port.flushSurfacesAsync,
      Port.monitorsConfigAsync,
      Port.destroyPrimaryAsync,
      Port.createPrimaryAsync,
      Port.destroyAllSurfacesAsync,
    ]
  ) {
    ack();
    card.ioWrite(port, 0);
    assertEquals(pending(), qxl.Interrupt.ioCommand, `port ${port}`);
  }
  ack();
  ram.memSlot.memStart = card.pci.address(0)!;
  ram.memSlot.memEnd = card.pci.address(0)! + 4096n;
  card.ioWrite(Port.memslotAddAsync, 5);
  assertEquals(pending(), qxl.Interrupt.ioCommand);
  assertFalse(card.guestBug);
});

const bugs: [string, (s: ReturnType<typeof stage>) => void][] = [
  ["a primary that is not 0", ({ card }) => card.ioWrite(Port.createPrimary, 1)],
  ["a slot that there is", ({ card }) => card.ioWrite(Port.memslotAdd, 1)],
  ["a slot number too high", ({ card }) => card.ioWrite(Port.memslotAdd, 8)],
  ["a deleted slot number too high", ({ card }) => card.ioWrite(Port.memslotDel, 8)],
  ["a slot in no BAR", ({ card, ram }) => {
    ram.memSlot.memStart = 0x1000n;
    ram.memSlot.memEnd = 0x2000n;
    card.ioWrite(Port.memslotAdd, 4);
  }],
  ["a slot that ends before it starts", ({ card, ram }) => {
    ram.memSlot.memEnd = ram.memSlot.memStart - 1n;
    card.ioWrite(Port.memslotAdd, 4);
  }],
  ["an area turned round", ({ driver }) => driver.updateArea(0, rect(9, 0, 8, 8))],
  ["an area that begins outside", ({ driver }) => driver.updateArea(0, rect(-1, 0, 8, 8))],
  ["an update of no surface", ({ driver }) => driver.updateArea(1025, rect(0, 0, 8, 8))],
  ["a surface number too high", ({ card }) => card.ioWrite(Port.destroySurfaceWait, 200)],
  ["a mode that is not", ({ card }) => card.ioWrite(Port.setMode, 250)],
  ["a port that is not", ({ card }) => card.ioWrite(Port.monitorsConfigAsync + 1, 0)],
  ["a primary to attach", ({ card }) => card.ioWrite(Port.attachPrimary, 0)],
];
for (const [name, offend] of bugs) {
  Deno.test(`${name} is a guest bug until the reset`, () => {
    const s = stage({ surfaces: 100 });
    s.driver.createPrimary(mode);
    assertFalse(s.card.guestBug);
    offend(s);
    assert(s.card.guestBug);
    s.witness.log.length = 0;
    s.driver.draw(fillOf(rect(0, 0, 9, 9), 1));
    assertEquals(s.witness.log, []);
    s.card.ioWrite(Port.reset, 0);
    assertFalse(s.card.guestBug);
  });
}

Deno.test("an empty area to update is what old drivers do", () => {
  const { card, driver } = stage();
  driver.createPrimary(mode);
  driver.updateArea(0, rect(5, 5, 5, 5));
  assertFalse(card.guestBug);
});

Deno.test("revisions have the ports and BARs of their time", () => {
  const ports = (revision: number) => new Card({ ...smallCard, revision }).pci.sizes[3];
  assertEquals([1, 2, 3, 4, 5].map(ports), [8, 16, 32, 32, 32]);
  const third = stage({ revision: 3 });
  third.card.ioWrite(Port.monitorsConfigAsync, 0);
  assert(third.card.guestBug);
  const second = stage({ revision: 2 });
  second.driver.createPrimary(mode);
  second.card.ioWrite(Port.updateAreaAsync, 0);
  assertFalse(second.card.guestBug);
});

Deno.test("ports are written a byte at a time and say nothing", () => {
  const { card, logged } = stage();
  card.ioWrite(Port.log, 0, 4);
  card.ioWrite(Port.log, 0, 2);
  assertEquals(logged, []);
  assertEquals([card.ioRead(0, 1), card.ioRead(0, 4)], [0xff, 0xffffffff]);
});

Deno.test("what the driver logs is told, ended by NUL or not", () => {
  const { card, driver, ram, logged } = stage();
  driver.log("qxl: hello");
  ram.logBuf.fill(65);
  card.ioWrite(Port.log, 0);
  assertEquals(logged, ["qxl: hello", "A".repeat(4096)]);
});

Deno.test("without an audience commands wait, and come in their order when one attaches", async () => {
  const { card, driver, witness } = stage();
  driver.createPrimary(mode);
  card.attach(null);
  witness.log.length = 0;
  for (let i = 0; i < 32; i++) assert(driver.draw(fillOf(rect(i, 0, i + 1, 1), i)));
  assertFalse(driver.draw(fillOf(rect(0, 0, 1, 1), 1)));
  const room = driver.room();
  assertEquals(witness.log, []);
  card.attach(witness);
  await room;
  assertEquals(witness.drawings.length, 32);
  assertEquals(witness.drawings[31], fillOf(rect(31, 0, 32, 1), 31));
  assert(driver.draw(fillOf(rect(0, 0, 1, 1), 1)));
});

Deno.test("UPDATE_AREA takes what waits, audience or not", () => {
  const { card, driver } = stage();
  driver.createPrimary(mode);
  card.attach(null);
  driver.draw(fillOf(rect(0, 0, 8, 8), 0x445566));
  driver.updateArea(0, rect(0, 0, 8, 8));
  assertEquals(pixelAt(card.surfaces.get(0)!, 7, 7), 0x445566);
});

Deno.test("commands come back in chains of 32, with an interrupt", () => {
  const { card, driver, ram, pending, ack, view } = stage();
  driver.createPrimary(mode);
  ram.intMask = 0;
  ack();
  const before = ram.releaseRing.prod;
  // drawn late, each hides the one before
  for (let i = 0; i < 32; i++) driver.draw(fillOf(rect(0, 0, 8, 8), i));
  assertEquals(ram.releaseRing.prod, before);
  card.settle();
  assertEquals(ram.releaseRing.prod, before + 1);
  assertEquals(pending() & qxl.Interrupt.display, qxl.Interrupt.display);
  const ids = [];
  for (let id = Number(ram.releaseRing.items[before]); id !== 0;) {
    ids.push(id);
    id = view.getUint32(id, true);
  }
  assertEquals(ids.length, 32);
  assertEquals(new Set(ids).size, 32);
});

Deno.test("FLUSH_RELEASE gives back a chain that is short", () => {
  const { card, driver, ram } = stage();
  driver.createPrimary(mode);
  driver.draw(fillOf(rect(0, 0, 8, 8), 1));
  card.settle();
  assertEquals(ram.releaseRing.prod, 0);
  card.ioWrite(Port.flushRelease, 0);
  assertEquals(ram.releaseRing.prod, 1);
  card.ioWrite(Port.flushRelease, 0);
  assertEquals(ram.releaseRing.prod, 1);
});

Deno.test("a drawing that somebody keeps comes back when it is let go", () => {
  const { card, driver, witness, ram } = stage();
  driver.createPrimary(mode);
  witness.keeps = true;
  driver.draw(fillOf(rect(0, 0, 8, 8), 1));
  card.settle();
  card.ioWrite(Port.flushRelease, 0);
  assertEquals(ram.releaseRing.prod, 0);
  witness.kept[0].retain();
  witness.kept[0].release();
  witness.kept[0].release();
  card.ioWrite(Port.flushRelease, 0);
  assertEquals(ram.releaseRing.prod, 1);
});

Deno.test("out of memory: the audience lets go and the guest gets all back", () => {
  const { card, driver, witness, ram, ack } = stage();
  driver.createPrimary(mode);
  ram.intMask = 0;
  ack();
  witness.keeps = true;
  for (let i = 0; i < 5; i++) driver.draw(fillOf(rect(0, 0, 8, 8), i));
  witness.log.length = 0;
  card.ioWrite(Port.notifyOom, 0);
  assertEquals(witness.log, ["memoryLow"]);
  assertEquals(ram.releaseRing.prod, 1);
  // as long as the guest has not taken that, it is not out of memory
  card.ioWrite(Port.notifyOom, 0);
  assertEquals(witness.log, ["memoryLow"]);
});

Deno.test("what was kept across a reset is nobody's when it is let go", () => {
  const { card, driver, witness, ram } = stage();
  driver.createPrimary(mode);
  witness.keeps = true;
  driver.draw(fillOf(rect(0, 0, 8, 8), 1));
  const [kept] = witness.kept.splice(0);
  card.ioWrite(Port.reset, 0);
  const before = card.ram.slice(HEADER);
  kept.release();
  assertEquals(card.ram.subarray(HEADER), before);
  assertEquals(ram.releaseRing.prod, 0);
});

Deno.test("a reset takes surfaces, slots, rings and cursor away, and restores the ROM", () => {
  const { card, driver, witness, ram } = stage();
  driver.createPrimary(mode);
  driver.createSurface(3, "argb32", 16, 16, 64);
  driver.cursor({ kind: "move", position: { x: 5, y: 6 } });
  card.clientCapabilities(true, new Uint8Array([0x1b]));
  card.rom.fill(0xee);
  witness.log.length = 0;
  card.ioWrite(Port.reset, 0);
  assertEquals(witness.log, ["memoryLow", "destroy 0", "destroy 3", "cursor reset"]);
  assertEquals([card.surfaces.size, card.cursor.position.x, card.mode], [0, 0, "vga"]);
  const rom = qxl.Rom.over(new DataView(card.rom.buffer), 0);
  assertEquals([rom.magic, rom.clientPresent, rom.clientCapabilities[0]], [qxl.ROM_MAGIC, 1, 0x1b]);
  assertEquals([ram.magic, ram.intMask, ram.cmdRing.prod], [qxl.RAM_MAGIC, 0, 0]);
  card.ioWrite(Port.memslotAdd, 1);
  assertFalse(card.guestBug);
});

Deno.test("the command that made a surface comes back when the surface goes", () => {
  const { card, driver, ram } = stage();
  driver.createPrimary(mode);
  driver.createSurface(3, "argb32", 16, 16, 64);
  card.ioWrite(Port.flushRelease, 0);
  assertEquals(ram.releaseRing.prod, 0);
  driver.destroySurface(3);
  card.ioWrite(Port.flushRelease, 0);
  assertEquals(ram.releaseRing.prod, 1);
});

Deno.test("surfaces of every format are made, painted or blank", () => {
  const { card, driver, witness, errors } = stage();
  driver.createPrimary(mode);
  witness.log.length = 0;
  const formats = ["a1", "a8", "rgb555", "rgb565", "xrgb32", "argb32"] as const;
  formats.forEach((format, i) => {
    const pixels = i % 2 ? new Uint8Array(320 * 10).fill(i) : null;
    driver.createSurface(i + 1, format, 80, 10, i < 3 ? 320 : -320, pixels);
    const surface = card.surfaces.get(i + 1)!;
    assertEquals([surface.format, surface.bytes[100], surface.stride], [
      format,
      i % 2 ? i : 0,
      i < 3 ? 320 : -320,
    ]);
  });
  assertEquals(errors, []);
  assertEquals(witness.log[0], "create 1 80×10");
  assertEquals(witness.log[1], "create 2 80×10 painted");
});

Deno.test("the primary cannot be made or destroyed by a command, nor a surface twice", () => {
  const { card, driver, errors } = stage();
  driver.createPrimary(mode);
  driver.createSurface(1, "xrgb32", 8, 8, 32);
  driver.createSurface(1, "xrgb32", 8, 8, 32);
  driver.createSurface(0, "xrgb32", 8, 8, 32);
  driver.destroySurface(0);
  driver.destroySurface(7);
  assertEquals(errors.length, 4);
  assertStringIncludes(errors[0], "surface 1 twice");
  assertEquals([...card.surfaces.keys()], [0, 1]);
  assertFalse(card.guestBug);
});

Deno.test("the driver says which monitors there are, up to those the card has", () => {
  const { card, driver, witness, errors, view } = stage({ maxOutputs: 2 });
  driver.createPrimary(mode);
  const head = { monitorId: 0, surfaceId: 0, width: 32, height: 48, x: 0, y: 0, flags: 0 };
  const heads = [head, { ...head, monitorId: 1, x: 32 }, { ...head, monitorId: 2 }];
  driver.monitors(heads, 4);
  assertEquals(card.monitors, { maxAllowed: 2, heads: heads.slice(0, 2) });
  assertEquals(witness.monitors, card.monitors);
  // the next primary is not said to be the only one: the driver is about to speak
  witness.log.length = 0;
  driver.createPrimary({ ...mode, width: 32 });
  assertFalse(witness.log.some((line) => line.startsWith("monitors")));
  assertEquals(card.monitors.heads[0].width, 32);
  for (const [count, max] of [[0, 4], [5, 4], [4000, 4000]]) {
    driver.monitors(heads, 4);
    const at = Number(qxl.Ram.over(view, HEADER).monitorsConfig & 0xffffffn);
    view.setUint16(at, count, true);
    view.setUint16(at + 2, max, true);
    card.ioWrite(Port.monitorsConfigAsync, 0);
  }
  // a slot of 16 MiB has room for 4000 heads, of which the card has two
  assertEquals(errors.length, 2);
  assertEquals(card.monitors.heads.length, 2);
});

Deno.test("the guest is told of clients and what all of them can", () => {
  const { card, ram, pending, ack } = stage();
  ram.intMask = 0;
  ack();
  card.clientCapabilities(true, new Uint8Array([0x5a, 1]));
  const rom = qxl.Rom.over(new DataView(card.rom.buffer), 0);
  assertEquals([rom.clientPresent, ...rom.clientCapabilities.subarray(0, 3)], [1, 0x5a, 1, 0]);
  assertEquals(pending(), qxl.Interrupt.client);
  card.clientCapabilities(false, new Uint8Array(58));
  assertEquals([rom.clientPresent, rom.clientCapabilities[0]], [0, 0]);
  const old = stage({ revision: 3 });
  old.card.clientCapabilities(true, new Uint8Array([1]));
  assertEquals(old.card.rom[qxl.Rom.at.clientPresent], 0);
});

Deno.test("the guest is asked for an arrangement if it listens, once for each", () => {
  const { card, driver, ram } = stage();
  const heads = [{ x: 0, y: 0, width: 800, height: 600 }, {
    x: 800,
    y: 0,
    width: 640,
    height: 480,
  }];
  assertFalse(card.requestMonitors(heads));
  ram.intMask = 0xffffffff;
  assertFalse(card.requestMonitors(heads), "an old driver that knows no masks");
  const wanted: unknown[] = [];
  driver.onWantedHeads((heads) => wanted.push(heads));
  assert(card.requestMonitors(heads));
  assert(card.requestMonitors(heads));
  assertEquals(wanted, [heads]);
  const one = stage({ maxOutputs: 1 });
  one.driver.onWantedHeads((heads) => wanted.push(heads));
  assert(one.card.requestMonitors(heads));
  assertEquals(wanted[1], heads.slice(0, 1));
});

Deno.test("the interrupt line is up as long as something unmasked is pending", () => {
  const card = new Card(smallCard);
  const ram = qxl.Ram.over(new DataView(card.ram.buffer, 0, card.ram.length), HEADER);
  const levels: boolean[] = [];
  card.onInterrupt((level) => levels.push(level));
  card.clientCapabilities(true, new Uint8Array(1));
  assertEquals([ram.intPending, levels], [qxl.Interrupt.client, []]);
  // a mask that grows is seen at UPDATE_IRQ
  ram.intMask = qxl.Interrupt.client;
  card.ioWrite(Port.updateIrq, 0);
  assert(card.interruptLevel);
  assertEquals(card.pci.read(Config.status, 2), 8);
  card.clientCapabilities(true, new Uint8Array(1));
  ram.intPending = 0;
  card.ioWrite(Port.updateIrq, 0);
  assertEquals(levels, [true, false]);
});

Deno.test("a cursor is kept for those who come later", () => {
  const { card, driver, witness, errors } = stage();
  driver.createPrimary(mode);
  const header = {
    unique: 5n,
    type: "alpha",
    width: 4,
    height: 2,
    hotSpotX: 1,
    hotSpotY: 1,
  } as const;
  const data = Uint8Array.from({ length: 32 }, (_, i) => i);
  const set = {
    kind: "set",
    position: { x: -3, y: 7 },
    visible: true,
    shape: { flags: 0, header, data },
  } as const;
  driver.cursor(set);
  driver.cursor({ kind: "trail", length: 3, frequency: 50 });
  driver.cursor({ kind: "hide" });
  assertFalse(card.cursor.visible);
  driver.cursor({ kind: "move", position: { x: 100, y: -100 } });
  assertEquals(errors, []);
  assertEquals(witness.cursors.slice(-4), [
    set,
    { kind: "trail", length: 3, frequency: 50 },
    { kind: "hide" },
    { kind: "move", position: { x: 100, y: -100 } },
  ]);
  assertEquals(card.cursor, {
    position: { x: 100, y: -100 },
    visible: true,
    trail: { length: 3, frequency: 50 },
    shape: set.shape,
  });
  // its pixels are the card's no more
  card.ram.fill(0, smallCard.vgamem, HEADER);
  assertEquals(card.cursor.shape?.data, data);
  driver.destroyPrimary();
  assertEquals(card.cursor.shape, null);
});

const shapes = [
  ["alpha", 15, 9, 540],
  ["mono", 15, 9, 36],
  ["color4", 15, 9, 72 + 64 + 18],
  ["color8", 15, 9, 135 + 1024 + 18],
  ["color16", 15, 9, 270 + 18],
  ["color24", 15, 9, 405 + 18],
  ["color32", 15, 9, 540 + 18],
] as const;
for (const [type, width, height, size] of shapes) {
  Deno.test(`a cursor of ${type} with a byte too few is refused`, () => {
    const { card, driver, errors } = stage();
    driver.createPrimary(mode);
    const header = { unique: 1n, type, width, height, hotSpotX: 0, hotSpotY: 0 };
    const set = (bytes: number) =>
      driver.cursor({
        kind: "set",
        position: { x: 0, y: 0 },
        visible: true,
        shape: { flags: 0, header, data: new Uint8Array(bytes) },
      });
    set(size - 1);
    assertStringIncludes(errors[0], `${size - 1} bytes for 15×9 ${type}, expected ${size}`);
    assertEquals(card.cursor.shape, null);
    set(size);
    assertEquals([errors.length, card.cursor.shape?.data.length], [1, size]);
  });
}
