import type { Audience, BorrowedDrawing, CursorCommand, MonitorsConfig } from "../../core/guest.ts";
import type { Drawing, Rect } from "../../core/protocol/drawing.ts";
import { Ropd } from "../../core/protocol/drawing.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import { BitmapFlags } from "../../core/protocol/image.ts";
import type { Surface } from "../../core/raster/surface.ts";
import { Card, type CardOptions } from "../../qxl/device.ts";
import { Driver } from "../../qxl/driver.ts";

const MiB = 1 << 20;
/** A card that is quickly made. */
export const smallCard = { ramSize: 16 * MiB, vramSize: 4 * MiB, vgamem: 8 * MiB };

export const noMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
export const rect = (left: number, top: number, right: number, bottom: number): Rect => ({
  top,
  left,
  bottom,
  right,
});

/** A solid fill; xor when asked. */
export const fillOf = (box: Rect, color: number, surfaceId = 0, rop = Ropd.opPut): Drawing => ({
  kind: "drawFill",
  base: { surfaceId, box, clip: { type: "none" } },
  data: { brush: { type: "solid", color }, ropDescriptor: rop, mask: noMask },
});

/** A top-down picture of 32 bits whose bytes count up. */
export const pictureOf = (width: number, height: number, id = 0n): Bitmap => ({
  id,
  type: "bitmap",
  flags: 0,
  width,
  height,
  format: "bit32",
  bitmapFlags: BitmapFlags.topDown,
  x: width,
  y: height,
  stride: width * 4,
  palette: null,
  data: Uint8Array.from({ length: width * height * 4 }, (_, i) => i),
});

/** The whole picture, its top left corner at (left, top). */
export const copyOf = (srcBitmap: Bitmap, left = 0, top = 0, surfaceId = 0): Drawing => ({
  kind: "drawCopy",
  base: {
    surfaceId,
    box: rect(left, top, left + srcBitmap.width, top + srcBitmap.height),
    clip: { type: "none" },
  },
  data: {
    srcBitmap,
    srcArea: rect(0, 0, srcBitmap.width, srcBitmap.height),
    ropDescriptor: Ropd.opPut,
    scaleMode: "nearest",
    mask: noMask,
  },
});

/** Writes down what it is told. */
export class Witness implements Audience {
  readonly viewers = 0;
  /** Every call in its order, in a few letters. */
  readonly log: string[] = [];
  readonly drawings: Drawing[] = [];
  readonly cursors: CursorCommand[] = [];
  readonly kept: BorrowedDrawing[] = [];
  /** Drawings are kept until somebody releases them. */
  keeps = false;
  monitors: MonitorsConfig | null = null;

  draw(command: BorrowedDrawing): void {
    this.log.push(command.drawing.kind);
    this.drawings.push(command.drawing);
    if (!this.keeps) return;
    command.retain();
    this.kept.push(command);
  }

  surfaceCreated(id: number, { width, height }: Surface, blank: boolean): void {
    this.log.push(`create ${id} ${width}×${height}${blank ? "" : " painted"}`);
  }

  surfaceDestroyed(id: number): void {
    this.log.push(`destroy ${id}`);
  }

  monitorsChanged(config: MonitorsConfig): void {
    this.monitors = config;
    this.log.push(`monitors ${config.heads.length} of ${config.maxAllowed}`);
  }

  cursorChanged(command: CursorCommand): void {
    this.cursors.push(command);
    this.log.push(`cursor ${command.kind}`);
  }

  memoryLow(): void {
    this.log.push("memoryLow");
    for (const command of this.kept.splice(0)) command.release();
  }

  whenViewers = () => Promise.resolve();
  drained = () => Promise.resolve();
}

/** A card, its driver and an audience, and what the card complains of. */
export function cardStage(options: CardOptions = {}) {
  const errors: string[] = [];
  const logged: string[] = [];
  const card = new Card({
    ...smallCard,
    report: (error) => errors.push(error.message),
    log: (text) => logged.push(text),
    ...options,
  });
  const witness = new Witness();
  card.attach(witness);
  const driver = new Driver(card);
  return { card, driver, witness, errors, logged };
}

/** The pixel of a surface with 32 bits, without its unused byte. */
export function pixelAt(surface: Surface, x: number, y: number): number {
  const at = surface.origin + y * surface.stride + x * 4;
  const { bytes } = surface;
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;
}
