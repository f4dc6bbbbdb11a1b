import type { Audience, CursorCommand, CursorState, MonitorsConfig } from "../core/guest.ts";
import type { Surface } from "../core/raster/surface.ts";

const NO_CURSOR: CursorState = {
  position: { x: 0, y: 0 },
  visible: true,
  trail: { length: 0, frequency: 0 },
  shape: null,
};

/** What a card shows, and who is told when it changes. */
export class Scene {
  readonly surfaces = new Map<number, Surface>();
  audience: Audience | null = null;
  cursor: CursorState = NO_CURSOR;
  monitors: MonitorsConfig = { maxAllowed: 1, heads: [] };
  /** The driver says itself which monitors there are, until the next reset. */
  driverSaysMonitors = false;

  /** blank: all its pixels are zero. */
  create(id: number, surface: Surface, blank: boolean): void {
    this.surfaces.set(id, surface);
    this.audience?.surfaceCreated(id, surface, blank);
  }

  /** The primary shows on one monitor until the driver says more. */
  createPrimary(surface: Surface, blank: boolean): void {
    const { width, height } = surface;
    const head = { monitorId: 0, surfaceId: 0, width, height, x: 0, y: 0, flags: 0 };
    this.monitors = { maxAllowed: this.monitors.maxAllowed, heads: [head] };
    this.create(0, surface, blank);
    // SPEC: a driver that says so itself is about to
    if (!this.driverSaysMonitors) this.audience?.monitorsChanged(this.monitors);
  }

  /** False: there was none. */
  destroy(id: number): boolean {
    if (!this.surfaces.delete(id)) return false;
    this.audience?.surfaceDestroyed(id);
    return true;
  }

  setMonitors(config: MonitorsConfig): void {
    this.monitors = config;
    this.audience?.monitorsChanged(config);
  }

  /** Source: CursorChannel::process_cmd and reset in cursor-channel.cpp. */
  setCursor(command: CursorCommand): void {
    this.cursor = cursorAfter(this.cursor, command);
    this.audience?.cursorChanged(command);
  }
}

function cursorAfter(now: CursorState, command: CursorCommand): CursorState {
  switch (command.kind) {
    case "set": {
      const { position, visible, shape } = command;
      return { ...now, position, visible, shape };
    }
    case "move":
      return { ...now, position: command.position, visible: true };
    case "hide":
      return { ...now, visible: false };
    case "trail":
      return { ...now, trail: { length: command.length, frequency: command.frequency } };
    case "reset":
      return NO_CURSOR;
  }
}
