/**
 * The QXL card: BARs, ports and an interrupt line outwards to the guest, and a `GuestDisplay`
 * towards whoever shows its picture. Sources: QEMU's hw/display/qxl.c, red-worker.cpp.
 */
import { GuestError } from "../core/binary/error.ts";
import { textOf } from "../core/binary/text.ts";
import type {
  Audience,
  BorrowedDrawing,
  CursorCommand,
  CursorState,
  GuestDisplay,
  MonitorRequest,
  MonitorsConfig,
} from "../core/guest.ts";
import type { Head } from "../core/protocol/display.ts";
import type { Drawing } from "../core/protocol/drawing.ts";
import { drawOn, type ImageSource } from "../core/raster/canvas.ts";
import type { Surface } from "../core/raster/surface.ts";
import { Commands } from "./commands.ts";
import { Cursors } from "./cursors.ts";
import { Interrupts } from "./interrupts.ts";
import * as qxl from "./memory.ts";
import { type CardOptions, type CardSettings, settle } from "./options.ts";
import { Bar, PciConfig } from "./pci.ts";
import { Port, portCalls, type PortName, portRange } from "./ports.ts";
import { Releases } from "./releases.ts";
import { Ring } from "./ring.ts";
import {
  MAX_CLIENT_MONITORS,
  PAGE,
  ROM_SIZE,
  screenModes,
  writeMonitors,
  writeRom,
} from "./rom.ts";
import { type Physical, SLOTS, Slots } from "./slots.ts";
import { surfaceAt } from "./surfaces.ts";
import { VideoMemory } from "./video_memory.ts";

export type { CardOptions };

/** What the card is doing: nothing, a VGA picture, or a driver's picture, old style or new. */
type CardMode = "undefined" | "vga" | "compat" | "native";
const RELEASE_INFO = qxl.ReleaseInfo.size;
const NO_CURSOR: CursorState = {
  position: { x: 0, y: 0 },
  visible: true,
  trail: { length: 0, frequency: 0 },
  shape: null,
};
const ALL_ONES = 0xffffffff;

export class Card implements GuestDisplay {
  readonly settings: CardSettings;
  readonly id: number;
  /** The BARs' bytes. The ROM is the guest's to read only; the card never believes it. */
  readonly rom: Uint8Array;
  readonly ram: Uint8Array;
  readonly vram: Uint8Array;
  readonly pci: PciConfig;
  readonly #memory: VideoMemory;
  readonly #slots: Slots;
  readonly #surfaces = new Map<number, Surface>();
  readonly #commands: Commands;
  readonly #cursors: Cursors;
  readonly #interrupts: Interrupts;
  readonly #releases: Releases;
  readonly #commandRing: Ring;
  readonly #cursorRing: Ring;
  readonly #header: number;
  readonly #shadowRom = new Uint8Array(ROM_SIZE);
  readonly #modes: ReturnType<typeof screenModes>;
  readonly #source: ImageSource;
  readonly #ports: { readonly [name in PortName]?: (value: number) => boolean };
  /** Where the release_info of the command is that made a surface: it is held as long as that. */
  readonly #makers = new Map<number, number>();
  #mode: CardMode = "undefined";
  #guestBug = false;
  /** Counts resets: what was borrowed before one is nobody's any more. */
  #epoch = 0;
  #audience: Audience | null = null;
  #monitors: MonitorsConfig = { maxAllowed: 1, heads: [] };
  /** The driver says itself which monitors there are. */
  #driverSaysMonitors = false;
  #cursor: CursorState = NO_CURSOR;
  #busy = false;

  constructor(options: CardOptions = {}) {
    const settings = this.settings = settle(options);
    this.id = settings.id;
    this.#memory = new VideoMemory(settings.ramSize, settings.vramSize, settings.memory);
    this.ram = this.#memory.ram;
    this.vram = this.#memory.vram;
    this.rom = new Uint8Array(new SharedArrayBuffer(ROM_SIZE));
    this.#modes = screenModes(settings.vgamem);
    writeRom(this.#shadowRom, this.#modes, settings);
    const header = this.#header = this.#romView().getUint32(qxl.Rom.at.ramHeaderOffset, true);
    const { words } = this.#memory, ram = qxl.Ram.at;
    this.#slots = new Slots(this.#memory);
    this.#commands = new Commands(this.#memory, this.#slots, this.#surfaces);
    this.#cursors = new Cursors(this.#memory, this.#slots, this.#commands.chunks);
    this.#interrupts = new Interrupts(words, header + ram.intPending, header + ram.intMask);
    this.#releases = new Releases(
      this.#memory,
      header + ram.releaseRing.numItems,
      this.#interrupts,
    );
    const ring = (at: number, count: number) =>
      new Ring(words, header + at, count, qxl.Command.size);
    this.#commandRing = ring(ram.cmdRing.numItems, qxl.COMMAND_RING_SIZE);
    this.#cursorRing = ring(ram.cursorRing.numItems, qxl.CURSOR_RING_SIZE);
    this.#source = { surface: (id) => this.#surfaces.get(id), picture: settings.picture };
    const { revision, vga, ramSize, vram32Size, vramSize } = settings;
    this.pci = new PciConfig({
      vga,
      revision,
      sizes: [
        ramSize,
        vram32Size,
        ROM_SIZE,
        portRange(revision),
        vramSize > vram32Size ? vramSize : 0,
      ],
    });
    this.pci.interrupt = () => this.#interrupts.level;
    this.#ports = this.#portTable();
    this.#hardReset();
  }

  // ---- towards the guest

  /** A write to the I/O BAR. Ports are bytes: another size is nobody's, as on QEMU's card. */
  ioWrite(port: number, value: number, size = 1): void {
    const { revision } = this.settings;
    if (size !== 1 || port >= portRange(revision)) return;
    if (this.#guestBug && port !== Port.reset) return;
    const call = portCalls[port];
    if (!call || revision <= 3 && port > Port.flushRelease) {
      return this.#bug(`port ${port} is none`);
    }
    if (this.#mode === "vga" && !call.inVgaMode) {
      // be nice to drivers that wait for it
      if (call.async) this.#interrupts.raise(qxl.Interrupt.ioCommand);
      return;
    }
    const work = this.#ports[call.name];
    if (!work) return this.#bug(`port ${call.name} is not in use`);
    if (work(value & 0xff) && call.async) this.#interrupts.raise(qxl.Interrupt.ioCommand);
  }

  /** The ports say nothing. */
  ioRead(_port: number, size = 1): number {
    return size === 1 ? 0xff : size === 2 ? 0xffff : ALL_ONES;
  }

  /** Called when the interrupt line goes up or down. */
  onInterrupt(listener: (level: boolean) => void): void {
    this.#interrupts.onLevel(listener);
  }

  get interruptLevel(): boolean {
    return this.#interrupts.level;
  }

  /** The guest did what makes no sense; only a reset helps. */
  get guestBug(): boolean {
    return this.#guestBug;
  }

  /** Bytes of host memory that drawings hold which were not given back yet. */
  get lentBytes(): number {
    return this.#commands.chunks.lent;
  }

  get mode(): CardMode {
    return this.#mode;
  }

  /** As the bus resets it. */
  reset(): void {
    this.pci.reset();
    this.#hardReset();
  }

  // ---- towards the audience

  get ramBytes(): number {
    return this.#romView().getUint32(qxl.Rom.at.numPages, true) * PAGE;
  }

  get surfaces(): ReadonlyMap<number, Surface> {
    return this.#surfaces;
  }

  get monitors(): MonitorsConfig {
    return this.#monitors;
  }

  get cursor(): CursorState {
    return this.#cursor;
  }

  /** Commands are rendered as they are taken, so there is nothing left to do. */
  settle(): void {}

  attach(audience: Audience | null): void {
    this.#audience = audience;
    if (audience) this.#drain();
  }

  clientCapabilities(present: boolean, capabilities: Uint8Array): void {
    if (this.settings.revision < 4) return;
    const { clientPresent, clientCapabilities } = qxl.Rom.at;
    for (const rom of [this.#shadowRom, this.rom]) {
      rom[clientPresent] = present ? 1 : 0;
      rom.fill(0, clientCapabilities, clientCapabilities + CAPABILITY_BYTES);
      rom.set(capabilities.subarray(0, CAPABILITY_BYTES), clientCapabilities);
    }
    this.#interrupts.raise(qxl.Interrupt.client);
  }

  requestMonitors(heads: readonly MonitorRequest[]): boolean {
    const { revision, maxOutputs } = this.settings;
    const mask = this.#interrupts.mask;
    // SPEC: drivers that do not know this interrupt have a mask of 0 or of all bits
    if (revision < 4 || mask === ALL_ONES) return false;
    if ((mask & qxl.Interrupt.clientMonitorsConfig) === 0) return false;
    const most = Math.min(maxOutputs || MAX_CLIENT_MONITORS, MAX_CLIENT_MONITORS);
    if (writeMonitors(this.rom, heads.slice(0, most))) {
      this.#interrupts.raise(qxl.Interrupt.clientMonitorsConfig);
    }
    return true;
  }

  // ---- ports: each returns whether it is done, so that its async twin can say so

  #portTable(): { readonly [name in PortName]?: (value: number) => boolean } {
    return {
      notifyCommand: () => this.#audience !== null && this.#drain(),
      notifyCursor: () => this.#audience !== null && this.#drain(),
      updateArea: () => this.#updateArea(),
      updateIrq: () => (this.#interrupts.update(), true),
      notifyOom: () => this.#outOfMemory(),
      reset: () => (this.#hardReset(), true),
      setMode: (mode) => this.#setMode(mode),
      log: () => this.#log(),
      memslotAdd: (slot) => this.#addSlot(slot),
      memslotDel: (slot) => this.#deleteSlot(slot),
      // SPEC: detachPrimary and attachPrimary never did anything, and no driver uses them
      createPrimary: (id) => id === 0 ? this.#createPrimary() : this.#cancel(`primary ${id}`),
      destroyPrimary: (id) => id === 0 ? this.#destroyPrimary() : this.#cancel(`primary ${id}`),
      destroySurfaceWait: (id) => this.#waitForSurface(id),
      destroyAllSurfaces: () => this.#destroyAllSurfaces(),
      flushSurfacesAsync: () => this.#drain(),
      flushRelease: () => (this.#releases.flush(), true),
      monitorsConfigAsync: () => this.#monitorsConfig(),
    };
  }

  #updateArea(): boolean {
    const { updateSurface, updateArea } = qxl.Ram.at;
    const id = this.#u32(updateSurface), at = this.#header + updateArea.top;
    const [top, left, bottom, right] = [0, 4, 8, 12].map((i) =>
      this.#memory.view.getInt32(at + i, true)
    );
    if (id > this.settings.surfaces) return this.#bug(`there is no surface ${id} to update`), false;
    if (left >= right || top >= bottom || left < 0 || top < 0) {
      // old drivers say an empty area
      if (left !== right && top !== bottom) this.#bug("the area to update is turned round");
      return !this.#guestBug;
    }
    return this.#drain();
  }

  #outOfMemory(): boolean {
    if (this.#releases.unread) return true;
    this.#releases.holding = true;
    this.#drain();
    if (this.#releases.held === 0) this.#audience?.memoryLow();
    this.#releases.holding = false;
    this.#releases.flush();
    return true;
  }

  #log(): boolean {
    const from = this.#header + qxl.Ram.at.logBuf;
    const text = this.#memory.bytes.slice(from, from + qxl.LOG_BUF_SIZE);
    const end = text.indexOf(0);
    this.settings.log?.(textOf(end < 0 ? text : text.subarray(0, end)));
    return true;
  }

  #addSlot(slot: number): boolean {
    if (slot >= SLOTS) return this.#bug(`slot ${slot} is none`), false;
    if (this.#slots.has(slot)) return this.#bug(`slot ${slot} is there already`), false;
    const { memStart, memEnd } = qxl.Ram.at.memSlot;
    return this.#mapSlot(slot, this.#u64(memStart), this.#u64(memEnd), 0n);
  }

  /** start, end: addresses on the bus. */
  #mapSlot(slot: number, start: bigint, end: bigint, delta: bigint): boolean {
    const { ramSize } = this.settings;
    for (const [bar, base] of [[Bar.ram, 0], [Bar.vram, ramSize], [Bar.vram64, ramSize]]) {
      const address = this.pci.address(bar);
      if (address === null || start > end || start < address) continue;
      if (end > address + BigInt(this.pci.sizes[bar])) continue;
      this.#slots.add(
        slot,
        base + Number(start - address),
        Number(end - start),
        Number(delta),
        SLOT_GENERATION,
      );
      return true;
    }
    this.#bug(`slot ${slot} from 0x${start.toString(16)} to 0x${end.toString(16)} is in no BAR`);
    return false;
  }

  #deleteSlot(slot: number): boolean {
    if (slot >= SLOTS) return this.#bug(`slot ${slot} is none`), false;
    this.#slots.delete(slot);
    return true;
  }

  #createPrimary(): boolean {
    const { width, height, stride, format, flags, mem } = qxl.Ram.at.createSurface;
    return this.#makePrimary({
      width: this.#u32(width),
      height: this.#u32(height),
      stride: this.#u32(stride) | 0,
      format: this.#u32(format),
      address: this.#u64(mem) as Physical,
      keepData: (this.#u32(flags) & qxl.KEEP_DATA) !== 0,
    }, "native");
  }

  #makePrimary(request: Parameters<typeof surfaceAt>[2], mode: "native" | "compat"): boolean {
    const { stride, height } = request;
    if (Math.abs(stride) * height > this.settings.vgamem) {
      return this.#bug(`a primary of ${height} rows of ${stride} bytes is beyond vgamem`), false;
    }
    if (this.#surfaces.has(0)) return this.#bug("there is a primary already"), false;
    let surface;
    try {
      surface = surfaceAt(this.#memory, this.#slots, request);
    } catch (error) {
      return this.#refuse(error), this.#bug("the primary makes no sense"), false;
    }
    this.#mode = mode;
    this.#commands.compat = mode === "compat";
    this.#commands.narrow = false;
    this.#surfaces.set(0, surface);
    const { width } = surface;
    const head = { monitorId: 0, surfaceId: 0, width, height, x: 0, y: 0, flags: 0 };
    this.#monitors = { maxAllowed: this.#monitors.maxAllowed, heads: [head] };
    this.#audience?.surfaceCreated(0, surface, !request.keepData);
    // a driver that says so itself is about to
    if (!this.#driverSaysMonitors) this.#audience?.monitorsChanged(this.#monitors);
    return true;
  }

  #destroyPrimary(): boolean {
    if (this.#mode === "undefined") return true;
    this.#drain();
    this.#mode = "undefined";
    this.#dropSurface(0);
    this.#resetCursor();
    return true;
  }

  #waitForSurface(id: number): boolean {
    if (id >= this.settings.surfaces) return this.#cancel(`surface ${id}`);
    return this.#drain();
  }

  #destroyAllSurfaces(): boolean {
    this.#drain();
    this.#mode = "undefined";
    for (const id of [...this.#surfaces.keys()]) this.#dropSurface(id);
    this.#resetCursor();
    return true;
  }

  #monitorsConfig(): boolean {
    const { view } = this.#memory;
    const { count: COUNT, maxAllowed: MAX } = qxl.MonitorsConfig.at, head = qxl.Head.at;
    try {
      const address = this.#u64(qxl.Ram.at.monitorsConfig) as Physical;
      const size = qxl.MonitorsConfig.size;
      const at = this.#slots.resolve(address, size, "MonitorsConfig");
      const count = view.getUint16(at + COUNT, true), max = view.getUint16(at + MAX, true);
      this.#driverSaysMonitors = true;
      if (count === 0 || count > max) {
        throw new GuestError(`Cannot read MonitorsConfig: count is ${count} of ${max}`);
      }
      const most = this.settings.maxOutputs || Infinity;
      if (at + size + count * qxl.Head.size > this.#slots.end) {
        throw new GuestError(`Cannot read MonitorsConfig: its slot ends before head ${count}`);
      }
      const heads = Array.from({ length: Math.min(count, most, MAX_HEADS) }, (_, i): Head => {
        const from = at + size + i * qxl.Head.size;
        return {
          monitorId: view.getUint32(from + head.id, true),
          surfaceId: view.getUint32(from + head.surfaceId, true),
          width: view.getUint32(from + head.width, true),
          height: view.getUint32(from + head.height, true),
          x: view.getUint32(from + head.x, true),
          y: view.getUint32(from + head.y, true),
          flags: view.getUint32(from + head.flags, true),
        };
      });
      this.#monitors = { maxAllowed: Math.min(max, most), heads };
      this.#audience?.monitorsChanged(this.#monitors);
    } catch (error) {
      this.#refuse(error);
    }
    return true;
  }

  /** Revision 1: one port makes slot and primary of what the mode says. */
  #setMode(number: number): boolean {
    const mode = this.#modes[number];
    if (!mode) return this.#bug(`mode ${number} is none`), false;
    const start = this.pci.address(Bar.ram);
    this.#hardReset();
    if (start === null) return this.#bug("the RAM BAR is mapped nowhere"), false;
    if (!this.#mapSlot(0, start, start + BigInt(this.settings.ramSize), start)) return false;
    const { xRes: width, yRes: height, bits } = mode;
    const request = { width, height, stride: -width * 4, format: 32, keepData: false };
    if (!this.#makePrimary({ ...request, address: start as Physical }, "compat")) return false;
    this.#commands.narrow = bits === 16;
    for (const rom of [this.#shadowRom, this.rom]) {
      new DataView(rom.buffer).setUint32(qxl.Rom.at.mode, number, true);
    }
    return true;
  }

  // ---- resets and errors

  #hardReset(): void {
    // the guest starts anew, and its memory with it
    this.#audience?.memoryLow();
    this.#epoch++;
    this.#makers.clear();
    this.#resetCursor();
    for (const id of [...this.#surfaces.keys()]) this.#dropSurface(id);
    this.#slots.clear();
    this.rom.set(this.#shadowRom);
    this.#initHeader();
    this.#guestBug = false;
    this.#driverSaysMonitors = false;
    this.#mode = this.settings.vga ? "vga" : "undefined";
    this.#interrupts.update();
  }

  #initHeader(): void {
    const { view } = this.#memory, at = this.#header, { ram } = { ram: qxl.Ram.at };
    view.setUint32(at + ram.magic, qxl.RAM_MAGIC, true);
    view.setUint32(at + ram.intPending, 0, true);
    view.setUint32(at + ram.intMask, 0, true);
    view.setUint32(at + ram.updateSurface, 0, true);
    view.setBigUint64(at + ram.monitorsConfig, 0n, true);
    this.#commandRing.init();
    this.#cursorRing.init();
    this.#releases.reset();
  }

  #resetCursor(): void {
    this.#cursor = NO_CURSOR;
    this.#audience?.cursorChanged({ kind: "reset" });
  }

  #dropSurface(id: number): void {
    if (!this.#surfaces.delete(id)) return;
    this.#audience?.surfaceDestroyed(id);
    const maker = this.#makers.get(id);
    if (maker !== undefined) this.#releases.add(maker);
    this.#makers.delete(id);
  }

  /** qxl_set_guest_bug: the guest can only reset now. */
  #bug(what: string): void {
    this.#guestBug = true;
    this.settings.report?.(new GuestError(`Guest bug: ${what}`));
    this.#interrupts.raise(qxl.Interrupt.error);
  }

  /** A guest bug whose async port says all the same that it is done. */
  #cancel(what: string): boolean {
    this.#bug(`there is no ${what}`);
    return true;
  }

  /** One command that is not carried out; the card goes on. Other errors are ours. */
  #refuse(error: unknown): void {
    if (!(error instanceof GuestError)) throw error;
    this.settings.report?.(error);
  }

  // ---- the rings

  /** Takes all commands there are, as long as they make sense. */
  #drain(): boolean {
    // a listener that notifies while we are at it: the loop sees its command anyway
    if (this.#busy) return true;
    this.#busy = true;
    try {
      while (this.#take(this.#cursorRing, qxl.Interrupt.cursor)) { /* next */ }
      while (!this.#guestBug && this.#take(this.#commandRing, qxl.Interrupt.display)) { /* next */ }
    } finally {
      this.#busy = false;
    }
    return true;
  }

  /** Takes one command off a ring. False: there is none. */
  #take(ring: Ring, interrupt: number): boolean {
    const waiting = ring.length;
    if (this.#mode === "vga" || waiting === 0 && ring.waitForItems()) return false;
    if (waiting > ring.count) {
      this.#bug(`${waiting} commands in a ring of ${ring.count}`);
      return false;
    }
    const item = ring.first;
    let info = -1, end = 0, fault: unknown;
    try {
      info = this.#slots.follow(item, RELEASE_INFO, "Command.data");
      end = this.#slots.end;
    } catch (error) {
      fault = error;
    }
    const type = this.#memory.view.getUint32(item + qxl.Command.at.type, true);
    if (ring.pop()) this.#interrupts.raise(interrupt);
    if (info < 0) {
      // a command that cannot be reached can never be given back
      this.#refuse(fault);
      this.#bug("a command lies nowhere");
      return false;
    }
    if (ring === this.#commandRing && type === qxl.CommandType.draw) this.#draw(info, end);
    else this.#other(ring, type, info, end);
    return true;
  }

  #draw(info: number, end: number): void {
    const chunks = this.#commands.chunks;
    chunks.copied = 0;
    const command = new Borrowed(this.#letGo, info, this.#epoch);
    try {
      const drawing = this.#commands.drawing(info, end);
      command.copied = chunks.copied;
      if (drawing === null) return;
      command.drawing = drawing;
      drawOn(this.#surfaces.get(drawing.base.surfaceId)!, drawing, this.#source);
      this.#audience?.draw(command);
    } catch (error) {
      command.copied = chunks.copied;
      this.#refuse(error);
    } finally {
      command.release();
    }
  }

  /** Nobody uses the drawing any more. */
  readonly #letGo = (info: number, epoch: number, copied: number): void => {
    this.#commands.chunks.allowance += copied;
    if (epoch === this.#epoch) this.#releases.add(info);
  };

  #other(ring: Ring, type: number, info: number, end: number): void {
    const chunks = this.#commands.chunks;
    chunks.copied = 0;
    let held = false;
    try {
      if (ring === this.#cursorRing && type === qxl.CommandType.cursor) {
        this.#setCursor(this.#cursors.command(info, end));
      } else if (ring === this.#commandRing && type === qxl.CommandType.surface) {
        held = this.#surfaceCommand(info, end);
      } else if (type !== qxl.CommandType.update && type !== qxl.CommandType.message) {
        throw new GuestError(`Cannot take a command of type ${type}`);
      }
    } catch (error) {
      this.#refuse(error);
    } finally {
      chunks.allowance += chunks.copied;
      if (!held) this.#releases.add(info);
    }
  }

  #setCursor(command: CursorCommand): void {
    const { kind } = command, now = this.#cursor;
    if (kind === "set") {
      const { position, visible, shape } = command;
      this.#cursor = { ...now, position, visible, shape };
    } else if (kind === "move") {
      this.#cursor = { ...now, position: command.position, visible: true };
    } else if (kind === "hide") {
      this.#cursor = { ...now, visible: false };
    } else if (kind === "trail") {
      this.#cursor = { ...now, trail: { length: command.length, frequency: command.frequency } };
    }
    this.#audience?.cursorChanged(command);
  }

  /** True: the command is kept as long as the surface. */
  #surfaceCommand(at: number, end: number): boolean {
    const { view } = this.#memory, cmd = qxl.SurfaceCmd.at, create = cmd.u.surfaceCreate;
    if (at + qxl.SurfaceCmd.size > end) {
      throw new GuestError("Cannot read SurfaceCmd: its slot ends inside");
    }
    const id = view.getUint32(at + cmd.surfaceId, true);
    const type = view.getUint8(at + cmd.type);
    if (id === 0 || id >= this.settings.surfaces) {
      throw new GuestError(`Cannot read SurfaceCmd.surfaceId: ${id} of ${this.settings.surfaces}`);
    }
    if (type === qxl.SurfaceCommandType.destroy) {
      if (!this.#surfaces.has(id)) {
        throw new GuestError(`Cannot destroy: there is no surface ${id}`);
      }
      this.#dropSurface(id);
      return false;
    }
    if (type !== qxl.SurfaceCommandType.create) {
      throw new GuestError(`Cannot read SurfaceCmd.type: ${type} is none`);
    }
    if (this.#surfaces.has(id)) throw new GuestError(`Cannot create surface ${id} twice`);
    const keepData = (view.getUint32(at + cmd.flags, true) & qxl.KEEP_DATA) !== 0;
    const surface = surfaceAt(this.#memory, this.#slots, {
      format: view.getUint32(at + create.format, true),
      width: view.getUint32(at + create.width, true),
      height: view.getUint32(at + create.height, true),
      stride: view.getInt32(at + create.stride, true),
      address: view.getBigUint64(at + create.data, true) as Physical,
      keepData,
    });
    this.#surfaces.set(id, surface);
    this.#makers.set(id, at);
    this.#audience?.surfaceCreated(id, surface, !keepData);
    return true;
  }

  // ---- small things

  /** A field of the RAM header. */
  #u32(field: number): number {
    return this.#memory.view.getUint32(this.#header + field, true);
  }

  #u64(field: number): bigint {
    return this.#memory.view.getBigUint64(this.#header + field, true);
  }

  #romView(): DataView {
    return new DataView(this.#shadowRom.buffer);
  }
}

const CAPABILITY_BYTES = 58;
/** QEMU's card always says 0 (QXLRom.slot_generation); an address of another is refused. */
const SLOT_GENERATION = 0;
/** Heads that are looked at; a client counts up to 16. */
const MAX_HEADS = 256;

class Borrowed implements BorrowedDrawing {
  drawing!: Drawing;
  copied = 0;
  #users = 1;

  constructor(
    readonly letGo: (info: number, epoch: number, copied: number) => void,
    readonly info: number,
    readonly epoch: number,
  ) {}

  retain(): void {
    if (this.#users === 0) throw new RangeError("Cannot retain a drawing that was let go");
    this.#users++;
  }

  release(): void {
    if (this.#users === 0) throw new RangeError("Cannot release a drawing twice");
    if (--this.#users === 0) this.letGo(this.info, this.epoch, this.copied);
  }
}
