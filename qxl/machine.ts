/**
 * What is inside the card: its memory, rings and registers, and the taking of commands.
 * Sources: QEMU's hw/display/qxl.c, red-worker.cpp.
 */
import { GuestError } from "../core/binary/error.ts";
import type { Drawing } from "../core/protocol/drawing.ts";
import { Ropd } from "../core/protocol/drawing.ts";
import { drawOn, type ImageSource } from "../core/raster/canvas.ts";
import { bytesOf } from "../core/raster/draw_list.ts";
import { ImageCache } from "../core/raster/image_cache.ts";
import { Borrowed } from "./borrowed.ts";
import { Commands } from "./commands.ts";
import { Cursors } from "./cursors.ts";
import { Interrupts } from "./interrupts.ts";
import * as qxl from "./memory.ts";
import type { CardSettings } from "./options.ts";
import { Bar, type PciConfig } from "./pci.ts";
import { Releases } from "./releases.ts";
import { Ring } from "./ring.ts";
import { Renderer } from "./renderer.ts";
import { RAM_HEADER_SIZE, ROM_SIZE, type ScreenMode, screenModes, writeRom } from "./rom.ts";
import { Scene } from "./scene.ts";
import { type Physical, Slots } from "./slots.ts";
import { surfaceAt, surfaceCommand, type SurfaceRequest } from "./surfaces.ts";
import { VideoMemory } from "./video_memory.ts";

/** What the card is doing: nothing, a VGA picture, or a driver's picture, old style or new. */
export type CardMode = "undefined" | "vga" | "compat" | "native";

const RELEASE_INFO = qxl.ReleaseInfo.size;
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
  readonly #cursors: Cursors;
  readonly #commandRing: Ring;
  readonly #cursorRing: Ring;
  readonly #images = new ImageCache();
  readonly #source: ImageSource;
  /** Where the release_info of the command is that made a surface: it is held as long as that. */
  readonly #makers = new Map<number, number>();
  /** Counts resets: what was borrowed before one is nobody's any more. */
  #epoch = 0;
  #busy = false;

  constructor(readonly settings: CardSettings, readonly pci: PciConfig) {
    const { ramSize, vramSize, vgamem } = settings;
    const memory = this.memory = new VideoMemory(ramSize, vramSize, settings.memory);
    this.modes = screenModes(vgamem);
    writeRom(this.shadowRom, this.modes, settings);
    const header = this.header = ramSize - RAM_HEADER_SIZE, ram = qxl.Ram.at;
    this.slots = new Slots(memory);
    const { surfaces } = this.scene;
    const { picture } = settings;
    this.#source = { surface: (id) => surfaces.get(id), picture, cache: this.#images };
    this.renderer = new Renderer(surfaces, this.#source, (error) => this.refuse(error));
    this.commands = new Commands(memory, this.slots, surfaces, () => this.renderer.settle());
    this.commands.chunks.relieve = () => {
      this.renderer.settle();
      this.scene.audience?.memoryLow();
    };
    this.#cursors = new Cursors(memory, this.slots, this.commands.chunks);
    const { words } = memory;
    this.interrupts = new Interrupts(words, header + ram.intPending, header + ram.intMask);
    this.releases = new Releases(memory, header + ram.releaseRing.numItems, this.interrupts);
    const ring = (at: number, count: number) =>
      new Ring(words, header + at, count, qxl.Command.size);
    this.#commandRing = ring(ram.cmdRing.numItems, qxl.COMMAND_RING_SIZE);
    this.#cursorRing = ring(ram.cursorRing.numItems, qxl.CURSOR_RING_SIZE);
    this.reset();
  }

  /** qxl_hard_reset */
  reset(): void {
    const { scene } = this;
    // the guest starts anew, and its memory with it: nobody may go on reading there
    scene.audience?.memoryLow();
    this.renderer.forget();
    this.#images.clear();
    this.#epoch++;
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
    this.#commandRing.init();
    this.#cursorRing.init();
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
    for (const id of [...this.scene.surfaces.keys()]) this.destroySurface(id);
    this.scene.setCursor({ kind: "reset" });
  }

  /** Takes all commands there are, as long as they make sense. */
  drain(): true {
    // a listener that notifies while we are at it: the loop sees its command anyway
    if (this.#busy) return true;
    this.#busy = true;
    try {
      while (this.#take(this.#cursorRing, qxl.Interrupt.cursor)) { /* next */ }
      while (!this.guestBug && this.#take(this.#commandRing, qxl.Interrupt.display)) { /* next */ }
    } finally {
      this.#busy = false;
    }
    return true;
  }

  /** Takes one command off a ring. False: there is none. */
  #take(ring: Ring, interrupt: number): boolean {
    const waiting = ring.length;
    if (this.mode === "vga" || waiting === 0 && ring.waitForItems()) return false;
    if (waiting > ring.count) return this.bug(`${waiting} commands in a ring of ${ring.count}`);
    const item = ring.first;
    let info = -1, end = 0;
    try {
      info = this.slots.follow(item, RELEASE_INFO, "Command.data");
      end = this.slots.end;
    } catch (error) {
      this.refuse(error);
    }
    const type = this.memory.view.getUint32(item + qxl.Command.at.type, true);
    if (ring.pop()) this.interrupts.raise(interrupt);
    // a command that cannot be reached can never be given back
    if (info < 0) return this.bug("a command lies nowhere");
    if (ring === this.#commandRing && type === qxl.CommandType.draw) this.#draw(info, end);
    else this.#other(ring, type, info, end);
    return true;
  }

  #draw(info: number, end: number): void {
    const { commands, scene } = this;
    commands.chunks.copied = 0;
    const command = new Borrowed(this.#letGo, info, this.#epoch);
    let drawing = null;
    try {
      drawing = commands.drawing(info, end);
      command.copied = commands.chunks.copied;
      if (drawing) {
        command.drawing = drawing;
        if (cannotFail(drawing)) this.renderer.take(command, bytesOf(drawing));
        else {
          this.renderer.settle();
          drawOn(scene.surfaces.get(drawing.base.surfaceId)!, drawing, this.#source);
        }
      }
    } catch (error) {
      drawing = null;
      command.copied = commands.chunks.copied;
      this.refuse(error);
    }
    if (drawing) scene.audience?.draw(command);
    command.release();
  }

  /** Nobody uses the drawing any more. */
  readonly #letGo = ({ info, epoch, copied }: Borrowed): void => {
    this.commands.chunks.allowance += copied;
    if (epoch === this.#epoch) this.releases.add(info);
  };

  #other(ring: Ring, type: number, info: number, end: number): void {
    const { chunks } = this.commands;
    chunks.copied = 0;
    let held = false;
    try {
      if (ring === this.#cursorRing && type === qxl.CommandType.cursor) {
        this.scene.setCursor(this.#cursors.command(info, end));
      } else if (ring === this.#commandRing && type === qxl.CommandType.surface) {
        held = this.#surface(info, end);
      } else if (type !== qxl.CommandType.update && type !== qxl.CommandType.message) {
        throw new GuestError(`Cannot take a command of type ${type}`);
      }
    } catch (error) {
      this.refuse(error);
    }
    chunks.allowance += chunks.copied;
    if (!held) this.releases.add(info);
  }

  /** True: the command is kept as long as its surface. */
  #surface(info: number, end: number): boolean {
    const { surfaces } = this.scene;
    const { id, request } = surfaceCommand(this.memory, info, end, this.settings.surfaces);
    if (!request) {
      if (!surfaces.has(id)) throw new GuestError(`Cannot destroy: there is no surface ${id}`);
      this.destroySurface(id);
      return false;
    }
    if (surfaces.has(id)) throw new GuestError(`Cannot create surface ${id} twice`);
    const surface = surfaceAt(this.memory, this.slots, request);
    this.#makers.set(id, info);
    this.scene.create(id, surface, !request.keepData);
    return true;
  }
}

/**
 * The drawing was checked so far that the renderer will not refuse it: it may be drawn later.
 * INVARIANT: what the renderer refuses no client hears of.
 */
function cannotFail(drawing: Drawing): boolean {
  switch (drawing.kind) {
    case "copyBits":
      return true;
    case "drawFill": {
      const { brush, ropDescriptor, mask } = drawing.data;
      return ropDescriptor === Ropd.opPut && mask.bitmap === null && brush.type === "solid";
    }
    case "drawCopy": {
      const { srcBitmap, ropDescriptor, mask } = drawing.data;
      return ropDescriptor === Ropd.opPut && mask.bitmap === null && srcBitmap?.type !== "quic";
    }
  }
  return false;
}

/** An address that lies in QXLRam. */
export const addressIn = (machine: Machine, field: number): Physical =>
  machine.u64(field) as Physical;
