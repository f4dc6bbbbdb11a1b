/**
 * The kernel driver in small: it draws through the bytes of the card's BARs, its ports and its
 * interrupt, as a guest does. Source: what Linux's qxl.ko does with QEMU's card.
 */
import type { CursorCommand } from "../core/guest.ts";
import type { Head } from "../core/protocol/display.ts";
import { SurfaceFormat } from "../core/protocol/display.ts";
import type { Drawing, Rect } from "../core/protocol/drawing.ts";
import type { Card } from "./device.ts";
import { DriverMemory, type Piece } from "./driver_memory.ts";
import { type DrawOptions, Encoder, spaceFor, spaceForCursor } from "./encode.ts";
import * as qxl from "./memory.ts";
import { mapBars } from "./firmware.ts";
import { Bar } from "./pci.ts";
import { Port } from "./ports.ts";
import { Ring } from "./ring.ts";
import { physicalOf } from "./slots.ts";

export type { DrawOptions };

/** QXLSurfaceCreate, without where. */
export interface PrimaryMode {
  readonly width: number;
  readonly height: number;
  /** Bytes; negative: the bottom row lies first. */
  readonly stride: number;
  readonly format: SurfaceFormat;
  readonly mouseMode?: number;
  readonly flags?: number;
  readonly type?: number;
}

/** A rectangle that clients wish a head to have. */
export interface WantedHead {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const MAX_HEADS = 64;

export class Driver {
  readonly #card: Card;
  readonly #view: DataView;
  readonly #rom: DataView;
  readonly #header: number;
  readonly #generation: number;
  readonly #mainSlot: number;
  readonly #memory: DriverMemory;
  readonly #encoder: Encoder;
  readonly #commands: Ring;
  readonly #cursors: Ring;
  readonly #monitorsAt: number;
  readonly #waiting: (() => void)[] = [];
  /** Memory of surfaces, by id. */
  readonly #surfaces = new Map<number, Piece>();
  #hasPrimary = false;
  #wanted: ((heads: WantedHead[]) => void) | undefined;

  /** RangeError: the card is of revision 1, which has no memory slots to add. */
  constructor(card: Card) {
    this.#card = card;
    if (card.settings.revision < 2) throw new RangeError("This driver needs revision 2 or later");
    const { ram, rom } = card;
    this.#view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
    this.#rom = new DataView(rom.buffer, rom.byteOffset, rom.byteLength);
    mapBars(card);
    card.ioWrite(Port.reset, 0);
    const says = qxl.Rom.over(this.#rom, 0);
    if (says.magic !== qxl.ROM_MAGIC) throw new RangeError("The card's ROM has no magic");
    const header = this.#header = says.ramHeaderOffset;
    const { words, at } = { words: new Int32Array(ram.buffer, ram.byteOffset), at: qxl.Ram.at };
    const command = (ring: number, count: number) =>
      new Ring(words, header + ring, count, qxl.Command.size);
    this.#commands = command(at.cmdRing.numItems, qxl.COMMAND_RING_SIZE);
    this.#cursors = command(at.cursorRing.numItems, qxl.CURSOR_RING_SIZE);
    const mainSlot = this.#mainSlot = says.slotsStart, surfaceSlot = mainSlot + 1;
    this.#addSlot(mainSlot, Bar.ram, header);
    // the larger of the two windows on the same memory, as Linux takes it
    const vram = card.pci.address(Bar.vram64) === null ? Bar.vram : Bar.vram64;
    this.#addSlot(surfaceSlot, vram, card.vram.length);
    this.#generation = says.slotGeneration;
    this.#memory = new DriverMemory(card, {
      start: says.surface0AreaSize,
      header,
      mainSlot,
      surfaceSlot,
      releases: new Ring(words, header + at.releaseRing.numItems, qxl.RELEASE_RING_SIZE, 8),
    });
    this.#encoder = new Encoder(ram, mainSlot << 8 | this.#generation);
    this.#monitorsAt = this.#memory.take(qxl.MonitorsConfig.size + MAX_HEADS * qxl.Head.size);
    card.onInterrupt((level) => level && this.#interrupted());
    this.#setMask();
  }

  /** Makes the primary, in place of the one there is. pixels: what it shows, as it lies in memory. */
  createPrimary(mode: PrimaryMode, pixels?: Uint8Array): void {
    const { width, height, stride, format, mouseMode = 1, type = 0 } = mode;
    const size = Math.abs(stride) * height;
    if (size > this.#card.settings.vgamem) {
      throw new RangeError(`A primary of ${size} bytes is beyond the card's vgamem`);
    }
    this.destroyPrimary();
    if (pixels) this.#card.ram.set(pixels.subarray(0, size), 0);
    const view = this.#view, at = this.#header, to = qxl.Ram.at.createSurface;
    view.setUint32(at + to.width, width, true);
    view.setUint32(at + to.height, height, true);
    view.setInt32(at + to.stride, stride, true);
    view.setUint32(at + to.format, SurfaceFormat.values[format], true);
    view.setUint32(at + to.position, 0, true);
    view.setUint32(at + to.mouseMode, mouseMode, true);
    view.setUint32(at + to.flags, mode.flags ?? (pixels ? qxl.KEEP_DATA : 0), true);
    view.setUint32(at + to.type, type, true);
    view.setBigUint64(at + to.mem, physicalOf(this.#mainSlot, this.#generation, 0), true);
    this.#card.ioWrite(Port.createPrimary, 0);
    this.#hasPrimary = true;
  }

  destroyPrimary(): void {
    if (!this.#hasPrimary) return;
    this.#hasPrimary = false;
    this.#card.ioWrite(Port.destroyPrimary, 0);
  }

  /**
   * Puts a drawing on the command ring. False: the ring is full; await room() and call again.
   * RangeError: card memory is too small for it.
   */
  draw(drawing: Drawing, options: DrawOptions = {}): boolean {
    if (this.#commands.waitForRoom()) return false;
    const at = this.#memory.take(spaceFor(drawing));
    this.#encoder.drawable(at, drawing, options);
    this.#push(this.#commands, qxl.CommandType.draw, at, Port.notifyCommand);
    return true;
  }

  /**
   * Makes an off-screen surface. pixels: what it shows, as it lies in memory; without: all zero.
   * False: the ring is full. RangeError: card memory is too small for it.
   */
  createSurface(
    id: number,
    format: SurfaceFormat,
    width: number,
    height: number,
    stride: number,
    pixels?: Uint8Array | null,
  ): boolean {
    if (this.#commands.waitForRoom()) return false;
    const size = Math.abs(stride) * height;
    const memory = this.#memory.surface(size);
    if (pixels) memory.bytes.set(pixels.subarray(0, size));
    const at = this.#surfaceCommand(id, qxl.SurfaceCommandType.create, pixels ? qxl.KEEP_DATA : 0);
    const view = this.#view, to = qxl.SurfaceCmd.at.u.surfaceCreate;
    view.setUint32(at + to.format, SurfaceFormat.values[format], true);
    view.setUint32(at + to.width, width, true);
    view.setUint32(at + to.height, height, true);
    view.setInt32(at + to.stride, stride, true);
    const address = physicalOf(memory.slot, this.#generation, memory.offset);
    view.setBigUint64(at + to.data, address, true);
    this.#surfaces.set(id, memory);
    this.#push(this.#commands, qxl.CommandType.surface, at, Port.notifyCommand);
    return true;
  }

  /** False: the ring is full. The surface's memory is free when the card gives the command back. */
  destroySurface(id: number): boolean {
    if (this.#commands.waitForRoom()) return false;
    const at = this.#surfaceCommand(id, qxl.SurfaceCommandType.destroy, 0);
    const memory = this.#surfaces.get(id);
    this.#surfaces.delete(id);
    if (memory) this.#memory.freeWith(at, memory);
    this.#push(this.#commands, qxl.CommandType.surface, at, Port.notifyCommand);
    return true;
  }

  /** False: the ring is full. There is no command for "reset": it hides. */
  cursor(command: CursorCommand): boolean {
    if (this.#cursors.waitForRoom()) return false;
    const at = this.#memory.take(spaceForCursor(command));
    this.#encoder.cursor(at, command);
    this.#push(this.#cursors, qxl.CommandType.cursor, at, Port.notifyCursor);
    return true;
  }

  /** Says which heads there are. Cards before revision 4 cannot hear it. */
  monitors(heads: readonly Head[], maxAllowed: number): void {
    if (this.#card.settings.revision < 4) return;
    if (heads.length > MAX_HEADS) throw new RangeError(`${heads.length} heads, ${MAX_HEADS} fit`);
    const view = this.#view, at = this.#monitorsAt, to = qxl.Head.at;
    view.setUint16(at + qxl.MonitorsConfig.at.count, heads.length, true);
    view.setUint16(at + qxl.MonitorsConfig.at.maxAllowed, maxAllowed, true);
    heads.forEach((head, i) => {
      const from = at + qxl.MonitorsConfig.size + i * qxl.Head.size;
      view.setUint32(from + to.id, head.monitorId, true);
      view.setUint32(from + to.surfaceId, head.surfaceId, true);
      view.setUint32(from + to.width, head.width, true);
      view.setUint32(from + to.height, head.height, true);
      view.setUint32(from + to.x, head.x, true);
      view.setUint32(from + to.y, head.y, true);
      view.setUint32(from + to.flags, head.flags, true);
    });
    const address = physicalOf(this.#mainSlot, this.#generation, at);
    view.setBigUint64(this.#header + qxl.Ram.at.monitorsConfig, address, true);
    this.#card.ioWrite(Port.monitorsConfigAsync, 0);
  }

  /** UPDATE_AREA: afterwards the pixels in card memory are right. */
  updateArea(surfaceId: number, { top, left, bottom, right }: Rect): void {
    const view = this.#view, at = this.#header, to = qxl.Ram.at;
    [top, left, bottom, right].forEach((n, i) =>
      view.setInt32(at + to.updateArea.top + i * 4, n, true)
    );
    view.setUint32(at + to.updateSurface, surfaceId, true);
    this.#card.ioWrite(Port.updateArea, 0);
  }

  /** Resolves when there may be room in the rings again. */
  room(): Promise<void> {
    if (!this.#commands.waitForRoom() && !this.#cursors.waitForRoom()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Called with the heads that clients wish for (QXLRom.client_monitors_config). */
  onWantedHeads(listener: (heads: WantedHead[]) => void): void {
    this.#wanted = listener;
    this.#setMask();
  }

  /** QXL_IO_LOG */
  log(text: string): void {
    const from = this.#header + qxl.Ram.at.logBuf;
    const bytes = new TextEncoder().encode(text).subarray(0, qxl.LOG_BUF_SIZE - 1);
    this.#card.ram.set(bytes, from);
    this.#card.ram[from + bytes.length] = 0;
    this.#card.ioWrite(Port.log, 0);
  }

  #addSlot(slot: number, bar: number, size: number): void {
    const start = this.#card.pci.address(bar)!, to = qxl.Ram.at.memSlot;
    this.#view.setBigUint64(this.#header + to.memStart, start, true);
    this.#view.setBigUint64(this.#header + to.memEnd, start + BigInt(size), true);
    this.#card.ioWrite(Port.memslotAdd, slot);
  }

  #setMask(): void {
    const { display, cursor, ioCommand, error, clientMonitorsConfig } = qxl.Interrupt;
    const mask = display | cursor | ioCommand | error;
    const all = this.#wanted ? mask | clientMonitorsConfig : mask;
    this.#view.setUint32(this.#header + qxl.Ram.at.intMask, all, true);
    this.#card.ioWrite(Port.updateIrq, 0);
  }

  #interrupted(): void {
    const pending = qxl.Ram.at.intPending;
    const why = this.#view.getUint32(this.#header + pending, true);
    this.#view.setUint32(this.#header + pending, 0, true);
    this.#card.ioWrite(Port.updateIrq, 0);
    if (why & qxl.Interrupt.clientMonitorsConfig) this.#wanted?.(this.#wantedHeads());
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #wantedHeads(): WantedHead[] {
    const { count, heads } = qxl.Rom.at.clientMonitorsConfig, view = this.#rom;
    return heads.slice(0, view.getUint16(count, true)).map((at) => {
      const x = view.getUint32(at.left, true), y = view.getUint32(at.top, true);
      const width = view.getUint32(at.right, true) - x;
      return { x, y, width, height: view.getUint32(at.bottom, true) - y };
    });
  }

  #surfaceCommand(id: number, type: number, flags: number): number {
    const view = this.#view, to = qxl.SurfaceCmd.at;
    const at = this.#memory.take(qxl.SurfaceCmd.size);
    view.setBigUint64(at, BigInt(at), true);
    view.setUint32(at + to.surfaceId, id, true);
    view.setUint8(at + to.type, type);
    view.setUint32(at + to.flags, flags, true);
    return at;
  }

  #push(ring: Ring, type: number, at: number, port: number): void {
    const view = this.#view, item = ring.next;
    view.setUint32(item, at, true);
    view.setUint32(item + 4, (this.#mainSlot << 8 | this.#generation) << 16, true);
    view.setUint32(item + 8, type, true);
    view.setUint32(item + 12, 0, true);
    if (ring.push()) this.#card.ioWrite(port, 0);
  }
}
