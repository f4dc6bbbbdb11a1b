import type { Card } from "./device.ts";
import { Bar, Command, Config } from "./pci.ts";

/** What firmware does: gives every BAR an address, if none did. */
export function mapBars({ pci }: Card): void {
  if (pci.address(Bar.ram) !== null) return;
  let memory = 0x80000000;
  pci.sizes.forEach((size, bar) => {
    if (size === 0) return;
    const at = Config.bar + bar * 4;
    if (bar === Bar.io) return pci.write(at, 0xc000, 4);
    // above 4 GiB, where there is room for any size
    if (bar === Bar.vram64) return pci.write(at + 4, 8, 4);
    memory = Math.ceil(memory / size) * size;
    pci.write(at, memory, 4);
    memory += size;
  });
  pci.write(Config.command, Command.io | Command.memory | Command.master, 2);
}
