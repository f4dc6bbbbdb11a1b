import type { GuestDisplay, MonitorRequest } from "../../core/guest.ts";

/** No screen is wider, and no arrangement reaches further. */
const MAX_SIDE = 1 << 14;

/** Asks a guest's displays for the monitors that clients wish for. */
export class Monitors {
  /** What was asked last: asking for it again changes nothing. */
  #latest: readonly MonitorRequest[] = [];

  constructor(readonly displays: readonly GuestDisplay[]) {}

  /** Every display can be asked for another arrangement. */
  get available(): boolean {
    return this.displays.length > 0 && this.#ask(this.#latest);
  }

  /** Asks for these monitors, in the order of the client's displays; without a size one is off. */
  request(monitors: readonly MonitorRequest[]): boolean {
    const count = monitors.findLastIndex(({ width, height }) => width > 0 && height > 0) + 1;
    const sane = monitors.every(({ x, y, width, height }) =>
      width <= MAX_SIDE && height <= MAX_SIDE && Math.abs(x) <= MAX_SIDE && Math.abs(y) <= MAX_SIDE
    );
    if (count === 0 || !sane) return false;
    this.#latest = monitors.slice(0, count);
    return this.#ask(this.#latest);
  }

  #ask(monitors: readonly MonitorRequest[]): boolean {
    const [only, ...more] = this.displays;
    // one card shows them all, or each shows its own
    if (more.length === 0) return only.requestMonitors(monitors);
    return this.displays.map((display, i) => display.requestMonitors(monitors.slice(i, i + 1)))
      .every((can) => can);
  }
}
