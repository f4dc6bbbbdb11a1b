/** Guests that write anything: random memory behind random commands, random ports, hostile cases by name. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { noFields } from "../../core/binary/codec.ts";
import { Writer } from "../../core/binary/cursor.ts";
import { GuestError } from "../../core/binary/error.ts";
import { type Random, seeded } from "../../core/binary/random.ts";
import type { Audience, BorrowedDrawing } from "../../core/guest.ts";
import { Display } from "../../core/protocol/display.ts";
import { Card } from "../../qxl/device.ts";
import { Driver } from "../../qxl/driver.ts";
import * as qxl from "../../qxl/memory.ts";
import { Port } from "../../qxl/ports.ts";
import { effort } from "../kit/effort.ts";
import { HostileGuest } from "../kit/hostile_guest.ts";

const MiB = 1 << 20;
const small = { ramSize: 16 * MiB, vramSize: 4 * MiB, vgamem: 8 * MiB, surfaces: 16 };

/** Keeps some drawings for a while, and now and then writes one as the client would get it. */
class Collector implements Audience {
  readonly viewers = 0;
  draws = 0;
  #kept: BorrowedDrawing[] = [];
  #writer = new Writer();

  constructor(readonly random: Random) {}

  draw(command: BorrowedDrawing): void {
    this.draws++;
    if (this.random.below(16) === 0) this.#write(command);
    if (this.random.below(4) === 0) {
      command.retain();
      this.#kept.push(command);
    }
    if (this.#kept.length > 40) this.#kept.splice(this.random.below(40), 1)[0].release();
  }

  #write({ drawing }: BorrowedDrawing): void {
    const { kind, ...body } = drawing;
    const writer = this.#writer;
    writer.rewind(0);
    writer.begin();
    Display.server.byName[kind].codec.write(writer, body, noFields);
    writer.finish();
  }

  memoryLow(): void {
    for (const command of this.#kept.splice(0)) command.release();
  }

  surfaceCreated(): void {}
  surfaceDestroyed(): void {}
  monitorsChanged(): void {}
  cursorChanged(): void {}
  whenViewers = () => Promise.resolve();
  drained = () => Promise.resolve();
}

function hostile(seed: number, errors?: Map<string, number>) {
  const random = seeded(seed);
  const card = new Card({
    ...small,
    report: (error) => {
      assertInstanceOf(error, GuestError);
      const kind = error.message.replace(/0x[0-9a-f]+|-?\d+/g, "#");
      errors?.set(kind, (errors.get(kind) ?? 0) + 1);
    },
  });
  const audience = new Collector(random);
  card.attach(audience);
  return { card, random, audience, guest: new HostileGuest(card, random) };
}

/** After all that: a reset, and the card draws as ever. */
function assertWorks(card: Card): void {
  const driver = new Driver(card);
  driver.createPrimary({ width: 8, height: 8, stride: 32, format: "xrgb32" });
  const base = {
    surfaceId: 0,
    box: { top: 0, left: 0, bottom: 8, right: 8 },
    clip: { type: "none" as const },
  };
  const mask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
  const brush = { type: "solid", color: 0x123456 } as const;
  driver.draw({ kind: "drawFill", base, data: { brush, ropDescriptor: 8, mask } });
  card.settle();
  assertEquals([...card.surfaces.get(0)!.bytes.subarray(252)], [0x56, 0x34, 0x12, 0]);
  assert(!card.guestBug);
}

Deno.test("card survives a million commands with random guest memory behind them", () => {
  const errors = new Map<string, number>();
  const { card, random, audience, guest } = hostile(1, errors);
  guest.boot();
  guest.fill();
  for (let commands = 0; commands < effort.cardCommands;) {
    if (guest.command()) commands++;
    if (random.below(16) === 0 || guest.commands.length >= 32) {
      guest.notify();
      guest.reclaim();
    }
    if (random.below(512) === 0) guest.fill();
    if (card.guestBug || random.below(20000) === 0) guest.boot();
  }
  // most of it got through to the renderer, and most kinds of refusal were seen
  assert(audience.draws > effort.cardCommands / 10, `${audience.draws} draws`);
  assert(errors.size > 40, `${errors.size} kinds of errors`);
  // pictures that the guest wants cached are on loan until it wants all of its memory
  card.ioWrite(Port.flushSurfacesAsync, 0);
  audience.memoryLow();
  card.settle();
  assertEquals(card.lentBytes, 0);
  assertWorks(card);
});

Deno.test("card survives random writes to random ports", () => {
  const { card, random, guest, audience } = hostile(2);
  for (let i = 0; i < effort.portWrites; i++) {
    const kind = random.below(32);
    if (kind === 0) guest.boot();
    else if (kind === 1) {
      // a field of the RAM header
      const at = guest.header + random.below(qxl.Ram.size - 4);
      guest.view.setUint32(at, guest.number(), true);
    } else if (kind === 2) {
      const { memSlot } = qxl.Ram.at;
      const start = card.pci.address(random.below(5)) ?? 0n;
      guest.view.setBigUint64(guest.header + memSlot.memStart, start, true);
      const end = start + BigInt(guest.number());
      guest.view.setBigUint64(guest.header + memSlot.memEnd, end, true);
    } else if (kind === 3) card.pci.write(random.below(260), guest.number(), 1 << random.below(3));
    else if (kind < 12) guest.command();
    else card.ioWrite(random.below(33), random.below(4) ? random.below(4) : guest.number(), 1);
    guest.reclaim();
  }
  card.reset();
  audience.memoryLow();
  assertWorks(card);
});

/** A booted card, and a way to push a command's bytes as they are. */
function scene() {
  const errors: string[] = [];
  const random = seeded(9);
  const card = new Card({ ...small, report: (error) => errors.push(error.message) });
  const audience = new Collector(random);
  card.attach(audience);
  const guest = new HostileGuest(card, random);
  guest.boot();
  const { view } = guest;
  const push = (at: number, type: number = qxl.CommandType.draw) => {
    const item = guest.commands.next;
    view.setUint32(item, at, true);
    view.setUint32(item + 4, 1 << 24, true);
    view.setUint32(item + 8, type, true);
    guest.commands.push();
  };
  /** A fill of the primary's first pixels, at `at`. */
  const fill = (at: number) => {
    const to = qxl.Drawable.at;
    for (let i = 0; i < qxl.Drawable.size; i++) view.setUint8(at + i, 0);
    view.setUint8(at + to.type, qxl.DrawType.fill);
    view.setInt32(at + to.bbox.bottom, 4, true);
    view.setInt32(at + to.bbox.right, 4, true);
    for (const dest of to.surfacesDest) view.setInt32(at + dest, -1, true);
    view.setUint32(at + to.u.fill.brush.type, 1, true);
    view.setUint16(at + to.u.fill.ropDescriptor, 8, true);
    return at;
  };
  return { card, audience, guest, view, errors, push, fill };
}

Deno.test("all 256 ROP3 codes draw, those too at which libspice aborts", () => {
  const { card, guest, view, push, errors, audience, fill } = scene();
  const to = qxl.Drawable.at, { rop3 } = to.u, image = guest.arena + 4096;
  view.setUint8(image + qxl.Image.at.descriptor.type, 0);
  const { bitmap } = qxl.Image.at.u;
  view.setUint8(image + bitmap.format, 8);
  view.setUint8(image + bitmap.flags, qxl.QxlBitmapFlags.direct);
  for (const side of [bitmap.x, bitmap.y]) view.setUint32(image + side, 4, true);
  view.setUint32(image + bitmap.stride, 16, true);
  view.setBigUint64(image + bitmap.palette, 0n, true);
  view.setBigUint64(image + bitmap.data, (1n << 56n) + BigInt(guest.arena + 8192), true);
  for (let code = 0; code < 256; code++) {
    const at = fill(guest.arena);
    view.setUint8(at + to.type, qxl.DrawType.rop3);
    view.setBigUint64(at + rop3.srcBitmap, (1n << 56n) + BigInt(image), true);
    [0, 0, 4, 4].forEach((n, i) => view.setInt32(at + rop3.srcArea.top + i * 4, n, true));
    view.setUint32(at + rop3.brush.type, 1, true);
    view.setUint32(at + rop3.brush.u.color, 0x0ff00f, true);
    view.setUint8(at + rop3.rop3, code);
    push(at);
    guest.notify();
    guest.reclaim();
  }
  assertEquals([errors, audience.draws, card.guestBug], [[], 256, false]);
});

Deno.test("ring indices that make no sense are a guest bug, not a loop", () => {
  const ring = qxl.Ram.at;
  for (
    const [field, value] of [
      [ring.cmdRing.prod, 0x7fffffff],
      [ring.cmdRing.cons, 12345],
      [ring.cursorRing.prod, 0xffffffff],
      [ring.cursorRing.cons, 1],
    ]
  ) {
    const { card, guest, view, errors } = scene();
    // 33 ahead of the other index is too many already
    view.setUint32(guest.header + field, value, true);
    guest.notify();
    assert(card.guestBug);
    assert(errors.at(-1)!.includes("in a ring of 32"), errors.at(-1));
    assertWorks(card);
  }
});

Deno.test("the items of a ring are counted by the card, whatever the header says", () => {
  const { card, guest, view, push, fill, audience } = scene();
  for (const ring of [qxl.Ram.at.cmdRing, qxl.Ram.at.releaseRing]) {
    view.setUint32(guest.header + ring.numItems, 0x80000000, true);
  }
  for (let i = 0; i < 100; i++) {
    push(fill(guest.arena));
    guest.notify();
  }
  assertEquals(audience.draws, 100);
  assertWorks(card);
});

Deno.test("a release_info may lie anywhere in the slot: in the rings, in itself, at the end", () => {
  const { card, guest, push, fill, audience } = scene();
  const places = [
    guest.header,
    guest.header + qxl.Ram.at.cmdRing.prod,
    guest.header + qxl.Ram.at.releaseRing.items[0],
    guest.header - qxl.Drawable.size,
    guest.header - 8,
    0,
  ];
  for (const at of places) {
    // what lies there is no drawable, or breaks what it lies on
    for (let i = 0; i < 40; i++) {
      push(i % 2 && at < guest.header - 300 ? fill(at) : at);
      guest.notify();
    }
    audience.memoryLow();
    card.settle();
    guest.boot();
  }
  assertWorks(card);
});

Deno.test("one command given again and again while it is out is drawn each time", () => {
  const { card, guest, push, fill, audience } = scene();
  const at = fill(guest.arena);
  for (let i = 0; i < 5000; i++) {
    push(at);
    guest.notify();
    guest.reclaim();
  }
  assertEquals(audience.draws, 5000);
  assertEquals(card.lentBytes, 0);
  assertWorks(card);
});

Deno.test("chunks that go round, overlap and repeat hold no more than the card's memory", () => {
  const { card, guest, view, push, fill, audience, errors } = scene();
  const to = qxl.Drawable.at;
  // a clip of 4096 rects in two chunks: a copy for each drawing that is kept
  const rects = guest.arena + 4096, size = 32768;
  view.setUint32(rects, size / 8, true);
  const first = rects + 4, second = guest.arena + 2048;
  view.setUint32(first, size, true);
  view.setBigUint64(first + qxl.DataChunk.at.nextChunk, (1n << 56n) + BigInt(second), true);
  view.setUint32(second, size, true);
  view.setBigUint64(second + qxl.DataChunk.at.nextChunk, 0n, true);
  let most = 0;
  for (let i = 0; i < 3000; i++) {
    const at = fill(guest.arena);
    view.setUint32(at + to.clip.type, 1, true);
    view.setBigUint64(at + to.clip.data, (1n << 56n) + BigInt(rects), true);
    // one that surely is in the picture
    [0, 0, 4, 4].forEach((n, i) => view.setInt32(first + qxl.DataChunk.size + i * 4, n, true));
    push(at);
    guest.notify();
    guest.reclaim();
    most = Math.max(most, card.lentBytes);
  }
  // who held too much was asked to let go, and nothing was refused
  assertEquals([audience.draws, errors], [3000, []]);
  assert(most > 0 && most <= card.ram.length + card.vram.length, `${most} bytes`);
  audience.memoryLow();
  card.settle();
  assertEquals(card.lentBytes, 0);
});
