import { assertEquals } from "@std/assert";
import { Bar, Command, Config, PciConfig } from "../../../qxl/pci.ts";

const MiB = 1 << 20;
const sizes = [64 * MiB, 32 * MiB, 8192, 32, 256 * MiB];
const config = (vga = true) => new PciConfig({ vga, revision: 5, sizes });

Deno.test("configuration space says which card this is", () => {
  const pci = config();
  assertEquals(pci.read(Config.vendor, 4), 0x01001b36);
  assertEquals(pci.read(Config.revision, 4), 0x03000005);
  assertEquals(config(false).read(Config.class, 2), 0x0380);
  assertEquals(pci.read(Config.subsystemVendor, 4), 0x11001af4);
  assertEquals(pci.read(Config.interruptPin, 1), 1);
  assertEquals(pci.read(255, 4), 0xffffff00);
});

Deno.test("ids cannot be written", () => {
  const pci = config();
  pci.write(0, 0, 4);
  pci.write(Config.class, 0, 2);
  assertEquals(pci.read(Config.vendor, 2), 0x1b36);
  assertEquals(pci.read(Config.class, 2), 0x0300);
});

Deno.test("a BAR of ones reads as its size and kind", () => {
  const pci = config();
  for (let i = 0; i < 6; i++) pci.write(Config.bar + i * 4, 0xffffffff, 4);
  const bars = Array.from({ length: 6 }, (_, i) => pci.read(Config.bar + i * 4, 4));
  assertEquals(bars, [0xfc000000, 0xfe000000, 0xffffe000, 0xffffffe1, 0xf000000c, 0xffffffff]);
});

Deno.test("without more surface memory there is no 64-bit BAR", () => {
  const pci = new PciConfig({ vga: true, revision: 5, sizes: [...sizes.slice(0, 4), 0] });
  pci.write(Config.bar + 16, 0xffffffff, 4);
  assertEquals(pci.read(Config.bar + 16, 4), 0);
  assertEquals(pci.address(Bar.vram64), null);
});

Deno.test("a BAR is mapped when it has an address and its space is on", () => {
  const pci = config();
  pci.write(Config.bar, 0xf4000000, 4);
  pci.write(Config.bar + 12, 0xc040, 4);
  pci.write(Config.bar + 16, 0x10000000, 4);
  pci.write(Config.bar + 20, 8, 4);
  assertEquals(pci.address(Bar.ram), null);
  pci.write(Config.command, Command.memory, 2);
  assertEquals(pci.address(Bar.ram), 0xf4000000n);
  assertEquals(pci.address(Bar.vram64), 0x810000000n);
  assertEquals(pci.address(Bar.vram), null);
  assertEquals(pci.address(Bar.io), null);
  pci.write(Config.command, Command.memory | Command.io, 2);
  assertEquals(pci.address(Bar.io), 0xc040n);
  pci.reset();
  assertEquals(pci.address(Bar.ram), null);
  assertEquals(pci.read(Config.bar + 16, 4), 0xc);
});

Deno.test("a range on the bus is found in the BAR that has all of it", () => {
  const pci = config();
  pci.write(Config.bar, 0xf4000000, 4);
  pci.write(Config.bar + 4, 0xf8000000, 4);
  pci.write(Config.command, Command.memory, 2);
  assertEquals(pci.find(0xf4001000n, 0xf8000000n), { bar: Bar.ram, offset: 4096 });
  assertEquals(pci.find(0xf8000000n, 0xfa000000n), { bar: Bar.vram, offset: 0 });
  assertEquals(pci.find(0xf8000000n, 0xfa000001n), null);
  assertEquals(pci.find(0xf3ffffffn, 0xf4000001n), null);
  assertEquals(pci.find(0xf5000000n, 0xf4000000n), null);
});

Deno.test("the interrupt line shows in the status register", () => {
  const pci = config();
  let level = true;
  pci.interrupt = () => level;
  assertEquals(pci.read(Config.status, 2), 8);
  level = false;
  assertEquals(pci.read(Config.command, 4), 0);
});
