/**
 * What is inside the card: its memory, rings and registers, and the taking of commands.
 * Sources: QEMU's hw/display/qxl.c, red-worker.cpp.
 */
import { GuestError } from "../core/binary/error.ts";
import type { Surface } from "../core/raster/surface.ts";
import { Commands } from "./commands.ts";
import { Intake } from "./intake.ts";
import { Interrupts } from "./interrupts.ts";
import { guestPicture } from "./guest_pictures.ts";
import * as qxl from "./memory.ts";
import type { CardSettings } from "./options.ts";
import { Bar, type PciConfig } from "./pci.ts";
import { Releases } from "./releases.ts";
import { Renderer } from "./renderer.ts";
import { RAM_HEADER_SIZE, ROM_SIZE, type ScreenMode, screenModes, writeRom } from "./rom.ts";
import { Scene } from "./scene.ts";
import { type Physical, Slots } from "./slots.ts";
import { surfaceAt, type SurfaceRequest } from "./surfaces.ts";
import { VideoMemory } from "./video_memory.ts";

/** What the card is doing: nothing, a VGA picture, or a driver's picture, old style or new. */
export type CardMode = "undefined" | "vga" | "compat" | "native";

/** QEMU's card always says so (QXLRom.slot_generation); an address of another is refused. */
const SLOT_GENERATION = 0;

export class Machine {
  readonly memory: VideoMemory;
  readonly slots: Slots;
  readonly commands: Commands;
  readonly interrupts: Interrupts;
  readonly releases: Releases;
  readonly scene = new Scene();
  readonly renderer: Renderer;
  /** The ROM BAR: the guest's to read. The card never believes it. */
  readonly rom = new Uint8Array(new SharedArrayBuffer(ROM_SIZE));
  /** What the ROM says after a reset. */
  readonly shadowRom = new Uint8Array(ROM_SIZE);
  readonly modes: readonly ScreenMode[];
  /** Where QXLRam is. */
  readonly header: number;
  mode: CardMode = "undefined";
  /** The guest did what makes no sense: only a reset helps. */
  guestBug = false;
  readonly #intake: Intake;
  /** Where the release_info of the command is that made a surface: it is held as long as that. */
  readonly #makers = new Map<number, number>();

  constructor(readonly settings: CardSettings, readonly pci: PciConfig) {
    const { ramSize, vramSize, vgamem } = settings;
    const memory = this.memory = new VideoMemory(ramSize, vramSize, settings.memory);
    this.modes = screenModes(vgamem);
    writeRom(this.shadowRom, this.modes, settings);
    const header = this.header = ramSize - RAM_HEADER_SIZE, ram = qxl.Ram.at;
    this.slots = new Slots(memory);
    const { surfaces } = this.scene;
    const { picture = guestPicture } = settings;
    const source = { surface: (id: number) => surfaces.get(id), picture };
    this.renderer = new Renderer(surfaces, source, (error) => this.refuse(error));
    this.commands = new Commands(memory, this.slots, surfaces, () => this.renderer.settle());
    this.commands.chunks.relieve = () => {
      this.renderer.settle();
      this.scene.audience?.memoryLow();
      this.commands.letGo();
    };
    const { words } = memory;
    this.interrupts = new Interrupts(words, header + ram.intPending, header + ram.intMask);
    this.releases = new Releases(memory, header + ram.releaseRing.numItems, this.interrupts);
    this.#intake = new Intake(this);
    this.reset();
  }

  /** qxl_hard_reset */
  reset(): void {
    const { scene } = this;
    // the guest starts anew, and its memory with it: nobody may go on reading there
    scene.audience?.memoryLow();
    this.renderer.forget();
    this.commands.forget();
    this.#makers.clear();
    this.destroySurfaces();
    this.slots.clear();
    this.rom.set(this.shadowRom);
    this.#initHeader();
    this.guestBug = false;
    scene.driverSaysMonitors = false;
    this.mode = this.settings.vga ? "vga" : "undefined";
    this.interrupts.update();
  }

  /** init_qxl_ram */
  #initHeader(): void {
    const { view } = this.memory, at = this.header, ram = qxl.Ram.at;
    view.setUint32(at + ram.magic, qxl.RAM_MAGIC, true);
    for (const field of [ram.intPending, ram.intMask, ram.updateSurface]) {
      view.setUint32(at + field, 0, true);
    }
    view.setBigUint64(at + ram.monitorsConfig, 0n, true);
    this.#intake.reset();
    this.releases.reset();
  }

  /** A field of QXLRam. */
  u32(field: number): number {
    return this.memory.view.getUint32(this.header + field, true);
  }

  u64(field: number): bigint {
    return this.memory.view.getBigUint64(this.header + field, true);
  }

  /** qxl_set_guest_bug. False, for callers whose work is not done. */
  bug(what: string): false {
    this.guestBug = true;
    this.settings.report?.(new GuestError(`Guest bug: ${what}`));
    this.interrupts.raise(qxl.Interrupt.error);
    return false;
  }

  /** What is not carried out; the card goes on. Errors that are not the guest's are ours, and rare. */
  refuse(error: unknown): void {
    this.settings.report?.(error instanceof Error ? error : new Error(String(error)));
  }

  /** start, end: addresses on the bus; delta: the address that the slot's start has in it. */
  mapSlot(slot: number, start: bigint, end: bigint, delta: bigint): boolean {
    const found = this.pci.find(start, end);
    if (!found) {
      const range = `0x${start.toString(16)} to 0x${end.toString(16)}`;
      return this.bug(`slot ${slot} from ${range} is in no BAR`);
    }
    const base = found.bar === Bar.ram ? 0 : this.settings.ramSize;
    const length = Number(end - start);
    this.slots.add(slot, base + found.offset, length, Number(delta), SLOT_GENERATION);
    return true;
  }

  /** qxl_create_guest_primary. narrow: colours of 15 bits. */
  createPrimary(request: SurfaceRequest, mode: "native" | "compat", narrow = false): boolean {
    const { stride, height } = request;
    if (Math.abs(stride) * height > this.settings.vgamem) {
      return this.bug(`a primary of ${height} rows of ${stride} bytes is beyond vgamem`);
    }
    if (this.scene.surfaces.has(0)) return this.bug("there is a primary already");
    let surface;
    try {
      surface = surfaceAt(this.memory, this.slots, request);
    } catch (error) {
      this.refuse(error);
      return this.bug("the primary makes no sense");
    }
    this.mode = mode;
    this.commands.speak(mode === "compat", narrow);
    this.scene.createPrimary(surface, !request.keepData);
    return true;
  }

  /** Takes all commands there are, as long as they make sense. */
  drain(): true {
    this.#intake.drain();
    return true;
  }

  /** maker: where the release_info of the command is that made it. */
  createSurface(id: number, surface: Surface, blank: boolean, maker: number): void {
    this.#makers.set(id, maker);
    this.scene.create(id, surface, blank);
  }

  destroySurface(id: number): void {
    // what waits may be on it, or look at it
    this.renderer.settle();
    if (!this.scene.destroy(id)) return;
    const maker = this.#makers.get(id);
    if (maker !== undefined) this.releases.add(maker);
    this.#makers.delete(id);
  }

  /** All of them, and the cursor with them. */
  destroySurfaces(): void {
    this.commands.letGo();
    for (const id of [...this.scene.surfaces.keys()]) this.destroySurface(id);
    this.scene.setCursor({ kind: "reset" });
  }
}

/** An address that lies in QXLRam. */
export const addressIn = (machine: Machine, field: number): Physical =>
  machine.u64(field) as Physical;
