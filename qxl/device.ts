/**
 * The QXL card from outside: BARs, ports, PCI and an interrupt line towards the guest, and a
 * `GuestDisplay` towards whoever shows its picture. Source: QEMU's hw/display/qxl.c.
 */
import type {
  Audience,
  CursorState,
  GuestDisplay,
  MonitorRequest,
  MonitorsConfig,
} from "../core/guest.ts";
import type { Surface } from "../core/raster/surface.ts";
import { type CardMode, Machine } from "./machine.ts";
import * as qxl from "./memory.ts";
import { type CardOptions, type CardSettings, settle } from "./options.ts";
import { PciConfig } from "./pci.ts";
import { portRange, writePort } from "./ports.ts";
import { MAX_CLIENT_MONITORS, PAGE, ROM_SIZE, writeMonitors } from "./rom.ts";

export type { CardOptions };

/** QXLRom.client_capabilities */
const CAPABILITY_BYTES = 58;
const ALL_ONES = 0xffffffff;

export class Card implements GuestDisplay {
  readonly settings: CardSettings;
  readonly pci: PciConfig;
  readonly #machine: Machine;

  constructor(options: CardOptions = {}) {
    const settings = this.settings = settle(options);
    const { revision, vga, ramSize, vram32Size, vramSize } = settings;
    const vram64Size = vramSize > vram32Size ? vramSize : 0;
    const sizes = [ramSize, vram32Size, ROM_SIZE, portRange(revision), vram64Size];
    this.pci = new PciConfig({ vga, revision, sizes });
    const machine = this.#machine = new Machine(settings, this.pci);
    this.pci.interrupt = () => machine.interrupts.level;
  }

  // ---- towards the guest

  /** The BARs' bytes. The ROM is the guest's to read only. */
  get rom(): Uint8Array {
    return this.#machine.rom;
  }

  get ram(): Uint8Array {
    return this.#machine.memory.ram;
  }

  get vram(): Uint8Array {
    return this.#machine.memory.vram;
  }

  /** A write to the I/O BAR. Ports are bytes: another size is nobody's. */
  ioWrite(port: number, value: number, size = 1): void {
    if (size === 1) writePort(this.#machine, port, value);
  }

  /** The ports say nothing. */
  ioRead(_port: number, size = 1): number {
    return size === 1 ? 0xff : size === 2 ? 0xffff : ALL_ONES;
  }

  /** Called when the interrupt line goes up or down. */
  onInterrupt(listener: (level: boolean) => void): void {
    this.#machine.interrupts.onLevel(listener);
  }

  get interruptLevel(): boolean {
    return this.#machine.interrupts.level;
  }

  /** The guest did what makes no sense; only a reset helps. */
  get guestBug(): boolean {
    return this.#machine.guestBug;
  }

  get mode(): CardMode {
    return this.#machine.mode;
  }

  /** As the bus resets it. */
  reset(): void {
    this.pci.reset();
    this.#machine.reset();
  }

  // ---- towards the audience

  get id(): number {
    return this.settings.id;
  }

  get ramBytes(): number {
    const { shadowRom } = this.#machine;
    return new DataView(shadowRom.buffer).getUint32(qxl.Rom.at.numPages, true) * PAGE;
  }

  get surfaces(): ReadonlyMap<number, Surface> {
    return this.#machine.scene.surfaces;
  }

  get monitors(): MonitorsConfig {
    return this.#machine.scene.monitors;
  }

  get cursor(): CursorState {
    return this.#machine.scene.cursor;
  }

  /** Bytes of host memory that drawings hold which were not given back yet. */
  get lentBytes(): number {
    return this.#machine.commands.chunks.lent;
  }

  settle(): void {
    this.#machine.renderer.settle();
  }

  attach(audience: Audience | null): void {
    this.#machine.scene.audience = audience;
    if (audience) this.#machine.drain();
  }

  clientCapabilities(present: boolean, capabilities: Uint8Array): void {
    if (this.settings.revision < 4) return;
    const { clientPresent, clientCapabilities } = qxl.Rom.at;
    for (const rom of [this.#machine.shadowRom, this.rom]) {
      rom[clientPresent] = present ? 1 : 0;
      rom.fill(0, clientCapabilities, clientCapabilities + CAPABILITY_BYTES);
      rom.set(capabilities.subarray(0, CAPABILITY_BYTES), clientCapabilities);
    }
    this.#machine.interrupts.raise(qxl.Interrupt.client);
  }

  requestMonitors(heads: readonly MonitorRequest[]): boolean {
    const { revision, maxOutputs } = this.settings;
    const { interrupts } = this.#machine, { mask } = interrupts;
    // SPEC: drivers that do not know this interrupt have a mask of 0 or of all bits
    if (revision < 4 || mask === ALL_ONES) return false;
    if ((mask & qxl.Interrupt.clientMonitorsConfig) === 0) return false;
    const most = Math.min(maxOutputs || MAX_CLIENT_MONITORS, MAX_CLIENT_MONITORS);
    if (writeMonitors(this.rom, heads.slice(0, most))) {
      interrupts.raise(qxl.Interrupt.clientMonitorsConfig);
    }
    return true;
  }
}
