/** What the ROM BAR says. Source: init_qxl_rom in QEMU's qxl.c. */
import * as qxl from "./memory.ts";
import { SLOT_GENERATION_BITS, SLOT_ID_BITS, SLOTS } from "./slots.ts";

export const PAGE = 4096;
/** QXL_ROM_SZ */
export const ROM_SIZE = 8192;
/** Bytes at the end of the RAM BAR that hold the RAM header. */
export const RAM_HEADER_SIZE = Math.ceil(qxl.Ram.size / PAGE) * PAGE;
const { clientMonitorsConfig: MONITORS } = qxl.Rom.at;
/** Bytes of QXLRom.client_monitors_config. */
const MONITORS_SIZE = qxl.Rom.size - MONITORS.count;
export const MAX_CLIENT_MONITORS = 64;

/** 1280×1024 is 14.8 inches wide. */
const MILLIMETRES_A_PIXEL = 0.2936875;
// deno-fmt-ignore
const RESOLUTIONS: readonly (readonly [number, number])[] = [
  [640, 480], [800, 480], [800, 600], [832, 624], [960, 640], [1024, 600], [1024, 768],
  [1152, 864], [1152, 870], [1280, 720], [1280, 760], [1280, 768], [1280, 800], [1280, 960],
  [1280, 1024], [1360, 768], [1366, 768], [1400, 1050], [1440, 900], [1600, 900], [1600, 1200],
  [1680, 1050], [1920, 1080], [1920, 1200], [1920, 1440], [2000, 2000], [2048, 1536],
  [2048, 2048], [2560, 1440], [2560, 1600], [2560, 2048], [2800, 2100], [3200, 2400],
  [3840, 2160], [4096, 2160], [7680, 4320], [8192, 4320],
];

/** One of QXLModes. */
export interface ScreenMode {
  readonly id: number;
  readonly xRes: number;
  readonly yRes: number;
  readonly bits: 16 | 32;
  readonly orientation: number;
}

/** Modes whose picture fits into vgamem. SPEC: ids count all modes there are, fitting or not. */
export function screenModes(vgamem: number): ScreenMode[] {
  const all = RESOLUTIONS.flatMap(([xRes, yRes]) =>
    [0, 1].flatMap((orientation) =>
      ([16, 32] as const).map((bits) => ({ xRes, yRes, bits, orientation }))
    )
  );
  return all.map((mode, id) => ({ id, ...mode }))
    .filter(({ xRes, yRes, bits }) => xRes * bits / 8 * yRes <= vgamem);
}

export interface RomOptions {
  readonly id: number;
  readonly ramSize: number;
  readonly vgamem: number;
  readonly surfaces: number;
  /** The arrangement that the guest is asked for from the start; 0: none. */
  readonly xres: number;
  readonly yres: number;
}

/** Writes a whole ROM. */
export function writeRom(bytes: Uint8Array, modes: readonly ScreenMode[], o: RomOptions): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.fill(0);
  const rom = qxl.Rom.over(view, 0);
  rom.magic = qxl.ROM_MAGIC;
  rom.id = o.id;
  rom.modesOffset = qxl.Rom.size;
  rom.slotGenBits = SLOT_GENERATION_BITS;
  rom.slotIdBits = SLOT_ID_BITS;
  rom.slotsStart = 1;
  rom.slotsEnd = SLOTS - 1;
  rom.nSurfaces = o.surfaces;
  const surface0 = Math.ceil(o.vgamem / PAGE) * PAGE;
  rom.surface0AreaSize = surface0;
  rom.pagesOffset = surface0;
  rom.numPages = (o.ramSize - RAM_HEADER_SIZE - surface0) / PAGE;
  rom.ramHeaderOffset = o.ramSize - RAM_HEADER_SIZE;
  view.setUint32(qxl.Rom.size, modes.length, true);
  modes.forEach((mode, i) => {
    const to = qxl.Mode.over(view, qxl.Rom.size + qxl.Modes.size + i * qxl.Mode.size);
    to.id = mode.id;
    to.xRes = mode.xRes;
    to.yRes = mode.yRes;
    to.bits = mode.bits;
    to.stride = mode.xRes * mode.bits / 8;
    to.xMili = Math.trunc(MILLIMETRES_A_PIXEL * mode.xRes);
    to.yMili = Math.trunc(MILLIMETRES_A_PIXEL * mode.yRes);
    to.orientation = mode.orientation;
  });
  if (o.xres && o.yres) {
    writeMonitors(bytes, [{ x: 0, y: 0, width: o.xres, height: o.yres }]);
  }
}

/** Writes client_monitors_config and its check sum. True: it is another arrangement than before. */
export function writeMonitors(
  rom: Uint8Array,
  heads: readonly { x: number; y: number; width: number; height: number }[],
): boolean {
  const view = new DataView(rom.buffer, rom.byteOffset, rom.byteLength);
  const before = rom.slice(MONITORS.count, MONITORS.count + MONITORS_SIZE);
  const part = rom.subarray(MONITORS.count, MONITORS.count + MONITORS_SIZE);
  part.fill(0);
  view.setUint16(MONITORS.count, heads.length, true);
  heads.forEach(({ x, y, width, height }, i) => {
    const at = MONITORS.heads[i];
    view.setUint32(at.left, x, true);
    view.setUint32(at.top, y, true);
    view.setUint32(at.right, x + width, true);
    view.setUint32(at.bottom, y + height, true);
  });
  view.setUint32(qxl.Rom.at.clientMonitorsConfigCrc, crc32(part), true);
  return part.some((byte, i) => byte !== before[i]);
}

/** CLIENT_MONITORS_CONFIG_CRC32_POLY, as Linux counts: from 0, and nothing inverted at the end. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  }
  return crc >>> 0;
}
