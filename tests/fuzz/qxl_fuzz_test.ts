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
