/** The I/O ports and what they do. Sources: qxl_dev.h (QXL_IO_*), ioport_write in QEMU's qxl.c. */
import { textOf } from "../core/binary/text.ts";
import { addressIn, type Machine } from "./machine.ts";
import * as qxl from "./memory.ts";
import { monitorsAt } from "./monitors.ts";
import { Bar } from "./pci.ts";
import { type Physical, SLOTS } from "./slots.ts";

/** Carries a write out. False: it cannot be, so an async port says nothing. */
type Work = (machine: Machine, value: number) => boolean;

/** The port does nothing before a driver has taken the card over from VGA. */
const LATER = "later";
/** The port raises an interrupt when its work is done. */
const ASYNC = "async";

/** qxl_dev.h's order is the port number. Append only. */
const TABLE = {
  notifyCommand: [notify, LATER],
  notifyCursor: [notify, LATER],
  updateArea: [updateArea, LATER],
  updateIrq: [(m) => (m.interrupts.update(), true)],
  notifyOom: [outOfMemory, LATER],
  reset: [(m) => (m.reset(), true)],
  setMode: [setMode],
  log: [log],
  memslotAdd: [addSlot],
  memslotDel: [deleteSlot],
  // these two never did anything, and no driver uses them
  detachPrimary: [unused, LATER],
  attachPrimary: [unused, LATER],
  createPrimary: [createPrimary],
  destroyPrimary: [destroyPrimary, LATER],
  destroySurfaceWait: [waitForSurface, LATER],
  destroyAllSurfaces: [destroyAllSurfaces, LATER],
  updateAreaAsync: [updateArea, LATER, ASYNC],
  memslotAddAsync: [addSlot, ASYNC],
  createPrimaryAsync: [createPrimary, ASYNC],
  destroyPrimaryAsync: [destroyPrimary, LATER, ASYNC],
  destroySurfaceAsync: [waitForSurface, LATER, ASYNC],
  destroyAllSurfacesAsync: [destroyAllSurfaces, LATER, ASYNC],
  flushSurfacesAsync: [letAllGo, LATER, ASYNC],
  flushRelease: [(m) => (m.releases.flush(), true), LATER],
  monitorsConfigAsync: [monitorsConfig, LATER, ASYNC],
} as const satisfies Record<string, readonly [Work, ...string[]]>;

export type PortName = keyof typeof TABLE;
const ports = Object.values(TABLE).map(([work, ...traits]: readonly [Work, ...string[]]) => ({
  work,
  later: traits.includes(LATER),
  async: traits.includes(ASYNC),
}));

/** Port numbers. */
export const Port: { readonly [name in PortName]: number } = Object.fromEntries(
  Object.keys(TABLE).map((name, port) => [name, port]),
) as { [name in PortName]: number };

/** Bytes of the I/O BAR, by revision: a power of two. */
export const portRange = (revision: number): number =>
  revision === 1 ? 8 : revision === 2 ? 16 : 32;

/** One byte written to a port. */
export function writePort(machine: Machine, port: number, value: number): void {
  const { revision } = machine.settings;
  if (port >= portRange(revision) || machine.guestBug && port !== Port.reset) return;
  const entry = ports[port];
  if (!entry || revision <= 3 && port > Port.flushRelease) {
    return void machine.bug(`revision ${revision} has no port ${port}`);
  }
  // be nice to drivers that wait for what is too early
  const done = machine.mode === "vga" && entry.later || entry.work(machine, value & 0xff);
  if (done && entry.async) machine.interrupts.raise(qxl.Interrupt.ioCommand);
}

function notify(m: Machine): boolean {
  // without an audience commands wait
  return m.scene.audience !== null && m.drain();
}

function updateArea(m: Machine): boolean {
  const { updateSurface, updateArea: { top: AT } } = qxl.Ram.at;
  const id = m.u32(updateSurface);
  const [top, left, bottom, right] = [0, 4, 8, 12].map((i) => m.u32(AT + i) | 0);
  if (id > m.settings.surfaces) return m.bug(`there is no surface ${id} to update`);
  if (left === right || top === bottom) {
    // SPEC: old drivers say an empty area: an error, but not one that stops the card
    m.interrupts.raise(qxl.Interrupt.error);
    return true;
  }
  if (left > right || top > bottom || left < 0 || top < 0) {
    return m.bug("the area to update is turned round");
  }
  return flush(m);
}

/** Afterwards the pixels in card memory are right. */
function flush(m: Machine): boolean {
  m.drain();
  m.renderer.settle();
  return true;
}

/** Afterwards nothing of the guest's is needed for its surfaces. */
function letAllGo(m: Machine): boolean {
  flush(m);
  m.commands.letGo();
  return true;
}

/** Source: handle_dev_oom in red-worker.cpp. */
function outOfMemory(m: Machine): boolean {
  const { releases, scene } = m;
  if (releases.unread) return true;
  releases.holding = true;
  flush(m);
  if (releases.held === 0) {
    scene.audience?.memoryLow();
    m.commands.letGo();
  }
  releases.holding = false;
  releases.flush();
  return true;
}

function log(m: Machine): boolean {
  const from = m.header + qxl.Ram.at.logBuf;
  const text = m.memory.bytes.slice(from, from + qxl.LOG_BUF_SIZE);
  const end = text.indexOf(0);
  m.settings.log?.(textOf(end < 0 ? text : text.subarray(0, end)));
  return true;
}

function addSlot(m: Machine, slot: number): boolean {
  if (slot >= SLOTS) return m.bug(`slot ${slot} is none`);
  if (m.slots.has(slot)) return m.bug(`slot ${slot} is there already`);
  const { memStart, memEnd } = qxl.Ram.at.memSlot;
  return m.mapSlot(slot, m.u64(memStart), m.u64(memEnd), 0n);
}

function deleteSlot(m: Machine, slot: number): boolean {
  if (slot >= SLOTS) return m.bug(`slot ${slot} is none`);
  m.commands.letGo();
  m.slots.delete(slot);
  return true;
}

function createPrimary(m: Machine, id: number): boolean {
  if (id !== 0) return cancel(m, `primary ${id}`);
  const { width, height, stride, format, flags, mem } = qxl.Ram.at.createSurface;
  return m.createPrimary({
    width: m.u32(width),
    height: m.u32(height),
    stride: m.u32(stride) | 0,
    format: m.u32(format),
    address: addressIn(m, mem),
    keepData: (m.u32(flags) & qxl.KEEP_DATA) !== 0,
  }, "native");
}

function destroyPrimary(m: Machine, id: number): boolean {
  if (id !== 0) return cancel(m, `primary ${id}`);
  if (m.mode === "undefined") return true;
  m.drain();
  m.mode = "undefined";
  m.commands.letGo();
  m.destroySurface(0);
  m.scene.setCursor({ kind: "reset" });
  return true;
}

/** The surface stays: the driver only wants to know that nobody uses what it held before. */
function waitForSurface(m: Machine, id: number): boolean {
  return id < m.settings.surfaces ? letAllGo(m) : cancel(m, `surface ${id}`);
}

function destroyAllSurfaces(m: Machine): boolean {
  m.drain();
  m.mode = "undefined";
  m.destroySurfaces();
  return true;
}

function monitorsConfig(m: Machine): boolean {
  const most = m.settings.maxOutputs || Infinity;
  try {
    m.scene.driverSaysMonitors = true;
    const address = addressIn(m, qxl.Ram.at.monitorsConfig);
    m.scene.setMonitors(monitorsAt(m.memory, m.slots, address, most));
  } catch (error) {
    m.refuse(error);
  }
  return true;
}

/** Revision 1: one port makes slot and primary of what the mode says. */
function setMode(m: Machine, number: number): boolean {
  const mode = m.modes[number];
  if (!mode) return m.bug(`mode ${number} is none`);
  const start = m.pci.address(Bar.ram);
  m.reset();
  if (start === null) return m.bug("the RAM BAR is mapped nowhere");
  if (!m.mapSlot(0, start, start + BigInt(m.settings.ramSize), start)) return false;
  const { xRes: width, yRes: height, bits } = mode;
  const address = start as Physical;
  const request = { width, height, stride: -width * 4, format: 32, address, keepData: false };
  if (!m.createPrimary(request, "compat", bits === 16)) return false;
  for (const rom of [m.shadowRom, m.rom]) {
    new DataView(rom.buffer).setUint32(qxl.Rom.at.mode, number, true);
  }
  return true;
}

function unused(m: Machine): boolean {
  return m.bug("the primary can be neither attached nor detached");
}

/** A guest bug whose async port says all the same that it is done. */
function cancel(m: Machine, what: string): boolean {
  m.bug(`there is no ${what}`);
  return true;
}
