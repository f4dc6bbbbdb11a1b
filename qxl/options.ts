import type { ImageSource } from "../core/raster/canvas.ts";

const MiB = 1 << 20;
/** QXL_DEFAULT_REVISION */
const DEFAULT_REVISION = 5;

/** A card, as QEMU's -device qxl-vga and qxl have it. Sizes are bytes, and are rounded as there. */
export interface CardOptions {
  /** The display channel's id. */
  readonly id?: number;
  /** Class 0x0300 (the first head) or 0x0380. */
  readonly vga?: boolean;
  /** 1 … 5 */
  readonly revision?: number;
  /** BAR 0: the primary, commands and images. */
  readonly ramSize?: number;
  /** BAR 1: surfaces. */
  readonly vramSize?: number;
  /** BAR 4: surfaces, when it is more than BAR 1. */
  readonly vram64Size?: number;
  /** What of BAR 0 is the primary's. */
  readonly vgamem?: number;
  /** 0: as many as the driver likes. */
  readonly maxOutputs?: number;
  /** The size that the driver is asked for from the start; 0: its own choice. */
  readonly xres?: number;
  readonly yres?: number;
  readonly surfaces?: number;
  /** Card memory, RAM before VRAM, if somebody else brings it. */
  readonly memory?: ArrayBufferLike;
  /** Told of what the guest did wrong. */
  readonly report?: (error: Error) => void;
  /** Told what the driver logs. Its text is the guest's: not to be trusted. */
  readonly log?: (text: string) => void;
  /** Decompresses images that a guest compressed; QUIC is known without it. */
  readonly picture?: ImageSource["picture"];
}

export interface CardSettings extends CardOptions {
  readonly id: number;
  readonly vga: boolean;
  readonly revision: number;
  readonly ramSize: number;
  readonly vram32Size: number;
  readonly vramSize: number;
  readonly vgamem: number;
  readonly maxOutputs: number;
  readonly xres: number;
  readonly yres: number;
  readonly surfaces: number;
}

/** Source: qxl_init_ramsize in QEMU's qxl.c. RangeError: no card can be so. */
export function settle(options: CardOptions): CardSettings {
  const { revision = DEFAULT_REVISION } = options;
  if (!(revision >= 1 && revision <= 5)) {
    throw new RangeError(`A card's revision is 1 to 5, not ${revision}`);
  }
  const vgamem = power2(bounded("vgamem", options.vgamem ?? 16 * MiB, 8 * MiB, 256 * MiB));
  const ramSize = power2(bounded("ramSize", options.ramSize ?? 64 * MiB, 2 * vgamem, 1024 * MiB));
  const small = revision === 1;
  const vram32Size = small
    ? 4096
    : power2(bounded("vramSize", options.vramSize ?? 64 * MiB, 4096, 1024 * MiB));
  const vramSize = small
    ? 4096
    : power2(bounded("vram64Size", options.vram64Size ?? 0, vram32Size, 1024 * MiB));
  return {
    ...options,
    id: options.id ?? 0,
    vga: options.vga ?? (options.id ?? 0) === 0,
    revision,
    vgamem,
    ramSize,
    vram32Size,
    vramSize,
    maxOutputs: options.maxOutputs ?? 0,
    xres: options.xres ?? 0,
    yres: options.yres ?? 0,
    surfaces: bounded("surfaces", options.surfaces ?? 1024, 1, 65536),
  };
}

/** Too little is raised, as by QEMU; too much is an error. */
function bounded(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`A card's ${name} is at most ${max}, not ${value}`);
  }
  return Math.max(min, value);
}

const power2 = (n: number) => 2 ** Math.ceil(Math.log2(n));
