/** Our card beside QEMU's: the same writes to configuration space, memory and ports, and the same bytes after. */
import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../core/binary/random.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import { Card, type CardOptions } from "../../qxl/device.ts";
import { Driver } from "../../qxl/driver.ts";
import * as qxl from "../../qxl/memory.ts";
import { Port } from "../../qxl/ports.ts";
import { copyOf, fillOf, noMask, pictureOf, rect } from "../kit/card_stage.ts";
import { needs } from "../kit/peers.ts";
import { QemuCard } from "../kit/qemu_card.ts";
import { randomDrawing } from "../kit/random_drawing.ts";

const MiB = 1 << 20;
const qemu = needs("qemu-system-x86_64");
const HEADER_BYTES = 8192;

const cards: [string, CardOptions][] = [
  ["qxl-vga", { id: 0 }],
  [
    "qxl,revision=4,vgamem_mb=32,ram_size_mb=128,xres=1024,yres=768,max_outputs=2",
    { vga: false, revision: 4, vgamem: 32 * MiB, ramSize: 128 * MiB, xres: 1024, yres: 768 },
  ],
  ["qxl,revision=3,vram64_size_mb=128", { vga: false, revision: 3, vram64Size: 128 * MiB }],
  ["qxl,revision=1", { vga: false, revision: 1 }],
];

for (const [device, options] of cards) {
  Deno.test({
    name: `${device}: configuration space, ROM and RAM header are QEMU's, byte for byte`,
    ...qemu,
    fn: async () => {
      const card = new Card(options);
      await using theirs = await QemuCard.start(device);
      const both = async (at: number, value: number) => {
        await theirs.writeConfig(at, value);
        card.pci.write(at, value, 4);
      };
      const same = async (what: string) => {
        for (let at = 0; at < 0x100; at += 4) {
          // QEMU's VGA card has a ROM of its own for PCs
          if (at === 0x30) continue;
          const seen = await theirs.readConfig(at);
          assertEquals(
            card.pci.read(at, 4).toString(16),
            seen.toString(16),
            `${what}: 0x${at.toString(16)}`,
          );
        }
      };
      await same("at first");
      for (let at = 0; at < 0x100; at += 4) await both(at, 0xffffffff);
      await both(0x30, 0);
      await same("after ones everywhere");
      await both(0x04, 0);
      for (let at = 0x10; at < 0x28; at += 4) await both(at, 0);
      await same("after zeros");
      await both(0x10, 0x40000000);
      await both(0x18, 0x60000000);
      await both(0x04, 7);
      await same("mapped");
      assertEquals(await theirs.read(0x60000000, card.rom.length), card.rom.slice());
      const { length } = card.ram;
      const header = await theirs.read(0x40000000 + length - HEADER_BYTES, HEADER_BYTES);
      // QEMU says at start that there are no clients
      header.fill(0, qxl.Ram.at.intPending, qxl.Ram.at.intPending + 4);
      assertEquals(header, card.ram.slice(length - HEADER_BYTES));
    },
  });
}

const settings = { vga: false, ramSize: 32 * MiB, vramSize: 4 * MiB, vgamem: 8 * MiB } as const;
const RAM = 0x80000000, VRAM = 0x82000000, IO = 0xc000;
const HEADER = settings.ramSize - HEADER_BYTES;
const ARENA = 65536;
/** What the guest writes of the RAM header: [offset, bytes]. */
const GUESTS: readonly (readonly [number, number])[] = [
  [qxl.Ram.at.intMask, 4],
  [qxl.Ram.at.cmdRing.prod, 4],
  [qxl.Ram.at.cmdRing.items[0].data, qxl.COMMAND_RING_SIZE * qxl.Command.size],
  [qxl.Ram.at.updateArea.top, qxl.Ram.size - qxl.Ram.at.updateArea.top],
];

/** QEMU's card doing what our driver does to ours. */
async function shadowed() {
  const theirs = await QemuCard.start("qxl,ram_size_mb=32,vram_size_mb=4,vgamem_mb=8");
  const known = new Uint8Array(settings.ramSize);
  const writes: (() => Promise<void>)[] = [];
  const card = new Card(settings);
  /** What the guest changed since. */
  const changes = () => {
    const found: [number, Uint8Array][] = [];
    // first fit: what so few commands take lies at the start, behind the primary
    for (let at = settings.vgamem; at < settings.vgamem + ARENA; at += 4096) {
      const page = card.ram.slice(at, at + 4096);
      if (page.every((byte, i) => byte === known[at + i])) continue;
      known.set(page, at);
      found.push([at, page]);
    }
    for (const [at, size] of GUESTS) {
      found.push([HEADER + at, card.ram.slice(HEADER + at, HEADER + at + size)]);
    }
    return found;
  };
  const original = card.ioWrite.bind(card);
  card.ioWrite = (port, value, size) => {
    const now = changes();
    writes.push(async () => {
      for (const [at, bytes] of now) await theirs.write(RAM + at, bytes);
      await theirs.writePort(IO + port, value);
    });
    original(port, value, size);
  };
  const driver = new Driver(card);
  /** Carries out on QEMU's card what was done to ours. */
  const follow = async () => {
    for (const write of writes.splice(0)) await write();
  };
  assertEquals([card.pci.address(0), card.pci.address(1)], [BigInt(RAM), BigInt(VRAM)]);
  for (let at = 0x10; at < 0x20; at += 4) await theirs.writeConfig(at, card.pci.read(at, 4));
  await theirs.writeConfig(0x04, 7);
  await follow();
  return { theirs, card, driver, follow };
}

Deno.test({
  name: "QEMU's card, given what our driver writes, shows the same picture and gives the same back",
  ...qemu,
  fn: async () => {
    const { theirs, card, driver, follow } = await shadowed();
    await using _theirs = theirs;
    const errors: string[] = [];
    const mode = { width: 64, height: 48, stride: -256, format: "xrgb32" } as const;
    driver.createPrimary(mode);
    const random = seeded(11);
    const stage = { width: 64, height: 48, surfaceIds: [0], cachedImages: 1, paletteIds: 4 };
    const drawings: Drawing[] = [
      fillOf(rect(0, 0, 64, 48), 0x203040),
      copyOf(pictureOf(30, 20), 5, 6),
      { kind: "drawInvers", base: fillOf(rect(3, 3, 20, 9), 0).base, data: { mask: noMask } },
    ];
    while (drawings.length < 25) {
      const drawing = randomDrawing(random, stage);
      const { right, bottom } = drawing.base.box;
      if (right <= 64 && bottom <= 48) drawings.push(drawing);
    }
    for (const drawing of drawings) assert(driver.draw(drawing));
    driver.updateArea(0, rect(0, 0, 64, 48));
    card.ioWrite(Port.flushRelease, 0);
    const picture = card.ram.slice(0, 256 * 48);
    await follow();
    const seen = await theirs.read(RAM, 256 * 48);
    // the fourth byte of a pixel means nothing
    for (let i = 3; i < seen.length; i += 4) seen[i] = picture[i] = 0;
    assertEquals(seen, picture);
    assertEquals(errors, []);

    const view = new DataView(card.ram.buffer, 0, card.ram.length);
    const ours = chain(qxl.Ram.over(view, HEADER), (at) => view.getUint32(at, true));
    const ram = await theirs.read(RAM + settings.vgamem, ARENA);
    const their = new DataView(ram.buffer, ram.byteOffset, ram.length);
    const header = await theirs.read(RAM + HEADER, HEADER_BYTES);
    const back = chain(
      qxl.Ram.over(new DataView(header.buffer, header.byteOffset, header.length), 0),
      (at) => their.getUint32(at - settings.vgamem, true),
    );
    assertEquals(ours.length, drawings.length);
    // libspice keeps some a little longer
    assert(back.length > drawings.length / 2, `${back.length} came back`);
    assertEquals(back.filter((id) => !ours.includes(id)), []);
  },
});

type Header = ReturnType<typeof qxl.Ram.over>;

/** Release ids from the ring's first item on. */
function chain({ releaseRing }: Header, next: (id: number) => number): number[] {
  const ids = [];
  for (let i = releaseRing.cons; i < releaseRing.prod; i++) {
    for (let id = Number(releaseRing.items[i % 8]); id !== 0; id = next(id)) ids.push(id);
  }
  return ids;
}

const offences: [string, (header: Header, write: (port: number, value: number) => void) => void][] =
  [
    ["a slot number too high", (_, write) => write(Port.memslotAdd, 8)],
    ["a slot that there is", (_, write) => write(Port.memslotAdd, 1)],
    ["a slot in no BAR", (header, write) => {
      header.memSlot.memStart = 0x1000n;
      header.memSlot.memEnd = 0x2000n;
      write(Port.memslotAdd, 3);
    }],
    ["a primary that is too large", (header, write) => {
      header.createSurface.height = 0x10000;
      header.createSurface.stride = 0x10000;
      write(Port.createPrimary, 0);
    }],
    ["a primary that is not 0", (_, write) => write(Port.createPrimary, 1)],
    ["an area turned round", (header, write) => {
      header.updateArea.left = 9;
      header.updateArea.bottom = 5;
      write(Port.updateArea, 0);
    }],
    ["a port that is not", (_, write) => write(30, 0)],
    ["a primary to detach", (_, write) => write(Port.detachPrimary, 0)],
    ["an empty area", (header, write) => {
      header.updateArea.bottom = 5;
      write(Port.updateAreaAsync, 0);
    }],
    ["nothing to destroy", (_, write) => write(Port.destroyPrimaryAsync, 0)],
    ["nothing to flush", (_, write) => write(Port.flushSurfacesAsync, 0)],
    ["a surface number that there is", (_, write) => write(Port.destroySurfaceAsync, 250)],
  ];

Deno.test({
  name: "what is a guest bug to QEMU's card is one to ours, and raises the same interrupts",
  ...qemu,
  fn: async () => {
    const { theirs, card, follow } = await shadowed();
    await using _theirs = theirs;
    const view = new DataView(card.ram.buffer, 0, card.ram.length);
    const header = qxl.Ram.over(view, HEADER);
    for (const [name, offend] of offences) {
      // a reset, and slots
      new Driver(card);
      await follow();
      // nobody takes interrupts from now on
      header.intMask = 0;
      header.intPending = 0;
      await theirs.write(RAM + HEADER + qxl.Ram.at.intMask, new Uint8Array(4));
      await theirs.write(RAM + HEADER + qxl.Ram.at.intPending, new Uint8Array(4));
      offend(header, (port, value) => card.ioWrite(port, value));
      // a slot that is good, afterwards: a card with a guest bug does not look at it
      header.memSlot.memStart = BigInt(RAM);
      header.memSlot.memEnd = BigInt(RAM + 4096);
      card.ioWrite(Port.memslotAddAsync, 6);
      await follow();
      const wanted = header.intPending;
      let pending = 0;
      // an async port is done a little later
      for (let tries = 0; tries < 200 && pending !== wanted; tries++) {
        const bytes = await theirs.read(RAM + HEADER + qxl.Ram.at.intPending, 4);
        pending = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
      }
      assertEquals(pending, wanted, name);
    }
  },
});

Deno.test({
  name: "an old driver's SET_MODE says the same in ROM and RAM as on QEMU's card",
  ...qemu,
  fn: async () => {
    await using theirs = await QemuCard.start("qxl,revision=1");
    const card = new Card({ vga: false, revision: 1 });
    for (const [at, value] of [[0x10, RAM], [0x18, 0x60000000], [0x1c, IO], [0x04, 7]]) {
      await theirs.writeConfig(at, value);
      card.pci.write(at, value, 4);
    }
    const header = card.ram.length - HEADER_BYTES, { intPending } = qxl.Ram.at;
    for (const mode of [3, 0, 7, 250, 1]) {
      await theirs.writePort(IO + Port.setMode, mode);
      card.ioWrite(Port.setMode, mode);
      assertEquals(
        await theirs.read(0x60000000, card.rom.length),
        card.rom.slice(),
        `mode ${mode}`,
      );
      const pending = await theirs.read(RAM + header + intPending, 4);
      assertEquals(pending, card.ram.slice(header + intPending, header + intPending + 4));
    }
    assert(card.guestBug);
  },
});
