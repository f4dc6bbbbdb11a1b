import type { Clock } from "../../core/clock.ts";
import type { GuestDisplay, MonitorRequest } from "../../core/guest.ts";

/** No screen is wider, and no arrangement reaches further. */
const MAX_SIDE = 1 << 14;
const OFF: MonitorRequest = { x: 0, y: 0, width: 0, height: 0 };
/** A client that was told of another's wish by then means what it says. */
const UNDER_WAY_MS = 1000;
/** A guest that shows another size than was wished for, so long after the wish, does so of its own. */
const SETTLED_MS = 5000;
const isOn = ({ width, height }: MonitorRequest) => width > 0 && height > 0;

interface Size {
  readonly width: number;
  readonly height: number;
}
const alike = (a: Size, b: Size) => a.width === b.width && a.height === b.height;

/** Whether a client shows a display, by its index. */
export type Shows = (display: number) => boolean;

/**
 * Asks a guest's displays for the monitors that clients wish for. Of several displays a client may
 * show one alone, and another client the next: who does not show a display cannot switch it off.
 */
export class Monitors {
  /** What was asked last: asking for it again changes nothing. */
  #latest: readonly MonitorRequest[] = [];
  /** Of each of them: who asked, when, and what it showed until then. */
  readonly #asked: {
    readonly whose: object;
    readonly atMs: number;
    readonly was: Size | undefined;
  }[] = [];

  constructor(readonly displays: readonly GuestDisplay[], readonly clock: Clock) {}

  /** Every display can be asked for another arrangement. */
  get available(): boolean {
    return this.displays.length > 0 && this.#ask(this.#latest);
  }

  /**
   * What of a client's monitors it wishes for. Each client names all of them: a size that it has only seen,
   * while another client has asked for another, is none of its wishes, and what lies behind it makes room.
   */
  wishes(monitors: readonly MonitorRequest[], whose: object): readonly MonitorRequest[] {
    const wishes = monitors.map(({ x, y, width, height }) => ({ x, y, width, height }));
    for (const [i, said] of monitors.entries()) {
      const other = this.#othersWish(said, i, whose);
      if (other === null) {
        const latest = this.#latest[i];
        if (isOn(said) && !(latest && alike(said, latest))) {
          this.#asked[i] = { whose, atMs: this.clock.now(), was: this.#shown(i) };
        }
        continue;
      }
      const { width, height } = other;
      Object.assign(wishes[i], { width, height });
      for (const [j, { x, y }] of monitors.entries()) {
        if (x >= said.x + said.width) wishes[j].x += width - said.width;
        else if (y >= said.y + said.height) wishes[j].y += height - said.height;
      }
    }
    return wishes;
  }

  /** null: the client means it. */
  #othersWish(said: MonitorRequest, i: number, whose: object): Size | null {
    const latest = this.#latest[i], asked = this.#asked[i];
    if (!asked || asked.whose === whose || !latest || !isOn(latest) || !isOn(said)) return null;
    if (alike(said, latest)) return null;
    const { was, atMs } = asked, shown = this.#shown(i), sinceMs = this.clock.now() - atMs;
    const seen = sinceMs < SETTLED_MS && shown && alike(said, shown) ||
      sinceMs < UNDER_WAY_MS && was && alike(said, was);
    return seen ? latest : null;
  }

  #shown(i: number): Size | undefined {
    const [only, ...more] = this.displays;
    if (more.length > 0) return this.displays[i]?.monitors.heads[0];
    return only?.monitors.heads.find(({ monitorId }) => monitorId === i);
  }

  /** Asks for these monitors, in the order of the client's displays; without a size one is off. */
  request(monitors: readonly MonitorRequest[], shows: Shows): boolean {
    const sane = monitors.every(({ x, y, width, height }) =>
      width <= MAX_SIDE && height <= MAX_SIDE && Math.abs(x) <= MAX_SIDE && Math.abs(y) <= MAX_SIDE
    );
    if (!monitors.some(isOn) || !sane) return false;
    const all = this.#completed(monitors, shows, (display) => this.#latest[display]);
    this.#latest = all.slice(0, all.findLastIndex(isOn) + 1);
    return this.#ask(this.#latest);
  }

  /** The same for an agent, which switches off what is not named. Ask `request` first. */
  forAgent(monitors: readonly MonitorRequest[], shows: Shows): readonly MonitorRequest[] {
    const held = (display: number) => {
      const latest = this.#latest[display];
      return latest && isOn(latest) ? latest : this.displays[display].monitors.heads[0];
    };
    return this.#completed(monitors, shows, held);
  }

  /** With what holds for displays that the client does not show, all side by side then. */
  #completed(
    monitors: readonly MonitorRequest[],
    shows: Shows,
    held: (display: number) => MonitorRequest | undefined,
  ): readonly MonitorRequest[] {
    const count = this.displays.length;
    if (count < 2) return monitors;
    const kept = this.displays.map((_, i) =>
      shows(i) || monitors[i] && isOn(monitors[i]) ? undefined : held(i)
    );
    if (!kept.some((monitor) => monitor && isOn(monitor))) return monitors;
    let x = 0;
    return kept.map((monitor, i) => {
      const { width, height } = monitor ?? monitors[i] ?? OFF;
      const placed = { x, y: 0, width, height };
      x += width;
      return placed;
    });
  }

  #ask(monitors: readonly MonitorRequest[]): boolean {
    const [only, ...more] = this.displays;
    // one card shows them all, or each shows its own
    if (more.length === 0) return only.requestMonitors(monitors);
    return this.displays.map((display, i) => display.requestMonitors(monitors.slice(i, i + 1)))
      .every((can) => can);
  }
}
