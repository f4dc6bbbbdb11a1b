/** The card on the PCI bus: 256 bytes of configuration space. Source: qxl_realize_common and hw/pci/pci.c. */

const VENDOR_ID = 0x1b36;
const DEVICE_ID = 0x0100;
/** What QEMU puts into every device's subsystem ids. */
const SUBSYSTEM_VENDOR_ID = 0x1af4, SUBSYSTEM_ID = 0x1100;
const CLASS_VGA = 0x0300, CLASS_OTHER_DISPLAY = 0x0380;
const INTERRUPT_PIN_A = 1;

/** Offsets in configuration space. */
export const Config = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  class: 0x0a,
  cacheLine: 0x0c,
  bar: 0x10,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;
const CONFIG_SIZE = 256;
/** Bits of the command register. */
export const Command = { io: 1, memory: 2, master: 4, serr: 0x100, noInterrupt: 0x400 } as const;
const STATUS_INTERRUPT = 8;

/** QXL_*_RANGE_INDEX and QEMU's QXL_VRAM64_RANGE_INDEX: which BAR is what. */
export const Bar = { ram: 0, vram: 1, rom: 2, io: 3, vram64: 4 } as const;
type BarKind = "memory" | "memory64" | "io";

export interface PciOptions {
  readonly vga: boolean;
  readonly revision: number;
  /** Bytes, by BAR index; 0: there is none. Powers of two. */
  readonly sizes: readonly number[];
}

export class PciConfig {
  readonly #bytes = new Uint8Array(CONFIG_SIZE);
  readonly #writable = new Uint8Array(CONFIG_SIZE);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly sizes: readonly number[];
  /** The interrupt line's level: it shows in the status register. */
  interrupt: () => boolean = () => false;

  constructor({ vga, revision, sizes }: PciOptions) {
    this.sizes = sizes;
    const view = this.#view, may = new DataView(this.#writable.buffer);
    view.setUint16(Config.vendor, VENDOR_ID, true);
    view.setUint16(Config.device, DEVICE_ID, true);
    view.setUint8(Config.revision, revision);
    view.setUint16(Config.class, vga ? CLASS_VGA : CLASS_OTHER_DISPLAY, true);
    view.setUint16(Config.subsystemVendor, SUBSYSTEM_VENDOR_ID, true);
    view.setUint16(Config.subsystem, SUBSYSTEM_ID, true);
    view.setUint8(Config.interruptPin, INTERRUPT_PIN_A);
    const { io, memory, master, serr, noInterrupt } = Command;
    may.setUint16(Config.command, io | memory | master | serr | noInterrupt, true);
    may.setUint8(Config.cacheLine, 0xff);
    may.setUint8(Config.interruptLine, 0xff);
    this.#writable.fill(0xff, 0x40);
    sizes.forEach((size, i) => {
      if (size === 0) return;
      view.setUint32(Config.bar + i * 4, kindBits(kindOf(i)), true);
      // a BAR answers how big it is by the address bits that cannot be written
      may.setUint32(Config.bar + i * 4, ~(size - 1), true);
      if (kindOf(i) === "memory64") may.setUint32(Config.bar + i * 4 + 4, 0xffffffff, true);
    });
  }

  /** size: 1, 2 or 4 bytes. Beyond the end all bits are set, as where no card is. */
  read(at: number, size: number): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.#byte(at + i);
    return value;
  }

  #byte(at: number): number {
    if (at < 0 || at >= CONFIG_SIZE) return 0xff;
    const status = at === Config.status && this.interrupt() ? STATUS_INTERRUPT : 0;
    return this.#bytes[at] | status;
  }

  write(at: number, value: number, size: number): void {
    for (let i = 0; i < size; i++, value = Math.floor(value / 256)) {
      const to = at + i;
      if (to < 0 || to >= CONFIG_SIZE) return;
      const may = this.#writable[to];
      this.#bytes[to] = this.#bytes[to] & ~may | value & may;
    }
  }

  /** Where a BAR is mapped; null: it is not. */
  address(bar: number): bigint | null {
    if (!this.sizes[bar]) return null;
    const kind = kindOf(bar);
    const enabled = kind === "io" ? Command.io : Command.memory;
    if ((this.#view.getUint16(Config.command, true) & enabled) === 0) return null;
    const at = Config.bar + bar * 4;
    const low = BigInt((this.#view.getUint32(at, true) & (kind === "io" ? ~3 : ~15)) >>> 0);
    const high = kind === "memory64" ? BigInt(this.#view.getUint32(at + 4, true)) << 32n : 0n;
    // SPEC: address 0 is nowhere
    return high + low || null;
  }

  /** The memory BAR that start … end lie in, and where in it; null: none. */
  find(start: bigint, end: bigint): { bar: number; offset: number } | null {
    for (const bar of [Bar.ram, Bar.vram, Bar.vram64]) {
      const address = this.address(bar);
      if (address === null || start > end || start < address) continue;
      if (end > address + BigInt(this.sizes[bar])) continue;
      return { bar, offset: Number(start - address) };
    }
    return null;
  }

  /** As after power on: nothing is mapped. */
  reset(): void {
    for (let i = 0; i < 0x40; i++) this.#bytes[i] &= ~this.#writable[i];
  }
}

const kindOf = (bar: number): BarKind =>
  bar === Bar.io ? "io" : bar === Bar.vram64 ? "memory64" : "memory";
/** PCI_BASE_ADDRESS_*: io; 64 bits and prefetchable. */
const kindBits = (kind: BarKind) => kind === "io" ? 1 : kind === "memory64" ? 0xc : 0;
