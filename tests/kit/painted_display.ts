import type {
  Audience,
  BorrowedDrawing,
  CursorState,
  GuestDisplay,
  MonitorsConfig,
} from "../../core/guest.ts";
import type { SurfaceFormat } from "../../core/protocol/display.ts";
import type { Drawing } from "../../core/protocol/drawing.ts";
import { drawOn } from "../../core/raster/canvas.ts";
import { createSurface, type Surface } from "../../core/raster/surface.ts";

/** A display without a card: draws at once, and spoils what it lent when it gets it back. */
export class PaintedDisplay implements GuestDisplay {
  readonly ramBytes = 64 << 20;
  readonly surfaces = new Map<number, Surface>();
  monitors: MonitorsConfig = { maxAllowed: 1, heads: [] };
  readonly cursor: CursorState = {
    position: { x: 0, y: 0 },
    visible: true,
    trail: { length: 0, frequency: 0 },
    shape: null,
  };
  /** Drawings that somebody still holds. */
  lent = 0;
  capabilities: { present: boolean; bytes: Uint8Array } | null = null;
  #audience: Audience | null = null;

  constructor(readonly id = 0) {}

  settle(): void {}
  attach(audience: Audience | null): void {
    this.#audience = audience;
  }
  clientCapabilities(present: boolean, bytes: Uint8Array): void {
    this.capabilities = { present, bytes };
  }
  requestMonitors(): boolean {
    return false;
  }

  create(id: number, format: SurfaceFormat, width: number, height: number): void {
    const surface = createSurface(format, width, height);
    this.surfaces.set(id, surface);
    this.#audience?.surfaceCreated(id, surface, true);
    if (id !== 0) return;
    const head = { monitorId: 0, surfaceId: 0, width, height, x: 0, y: 0, flags: 0 };
    this.monitors = { maxAllowed: 1, heads: [head] };
    this.#audience?.monitorsChanged(this.monitors);
  }

  destroy(id: number): void {
    this.surfaces.delete(id);
    this.#audience?.surfaceDestroyed(id);
  }

  memoryLow(): void {
    this.#audience?.memoryLow();
  }

  draw(drawing: Drawing): void {
    drawOn(this.surfaces.get(drawing.base.surfaceId)!, drawing, {
      surface: (id) => this.surfaces.get(id),
    });
    let users = 1;
    this.lent++;
    const command: BorrowedDrawing = {
      drawing,
      retain: () => void users++,
      release: () => {
        if (--users > 0) return;
        if (users < 0) throw new Error("released once too often");
        this.lent--;
        spoil(drawing);
      },
    };
    this.#audience?.draw(command);
    command.release();
  }
}

function spoil(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0x5a);
  else if (value !== null && typeof value === "object") Object.values(value).forEach(spoil);
}
