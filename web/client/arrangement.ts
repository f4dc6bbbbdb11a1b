/**
 * Which monitors to ask a guest for, from what windows wish for and what it has.
 * Source of truth: vd_agent.h, VDAgentMonitorsConfig; spice-gtk, spice_main_channel_send_monitor_config.
 */
import type { MonitorRequest } from "../../core/guest.ts";
import type { Head } from "../../core/protocol/display.ts";

/** How large a window wishes what it shows to be, in the guest's pixels; a head without a size is off. */
export interface Wish {
  readonly display: number;
  /** null: all of the display. */
  readonly head: number | null;
  readonly width: number;
  readonly height: number;
}

/** What is known of a guest's screens. */
export interface Screens {
  /** Ids of the display channels; none: not known yet. */
  readonly displays: readonly number[];
  /** Of the display that is shown; none: not known yet. */
  readonly heads: readonly Head[];
  /** How many heads it may have. */
  readonly mostHeads: number;
}

/**
 * One monitor for each display channel, or for each head of the only one, side by side; null: too
 * little is known, there is no such head, or the window shows several, which have no size together.
 * Heads that nobody wishes otherwise stay as they are. Of other displays only a server knows, which
 * keeps them.
 */
export function arrangement(
  own: Wish,
  others: readonly Wish[],
  { displays, heads, mostHeads }: Screens,
): readonly MonitorRequest[] | null {
  const sizes: { width: number; height: number }[] = [];
  const several = displays.length > 1, most = Math.max(1, mostHeads, heads.length);
  if (displays.length === 0) return null;
  if (!several) {
    if (heads.length === 0 || (own.head ?? 0) >= most) return null;
    if (own.head === null && heads.length > 1) return null;
    for (const { monitorId, width, height } of heads) {
      // a guest may say any number
      if (monitorId < most) sizes[monitorId] = { width, height };
    }
  }
  for (const wish of [...others, own]) {
    const at = several ? wish.display : wish.head ?? 0;
    if (several ? !displays.includes(at) : at >= most) continue;
    sizes[at] = whole(wish);
  }
  let x = 0;
  return Array.from(sizes, (size) => {
    const { width = 0, height = 0 } = size ?? {};
    const monitor = { x, y: 0, width, height };
    x += width;
    return monitor;
  });
}

/** As guests' modes are: multiples of 8 and 2. */
export const whole = ({ width, height }: { readonly width: number; readonly height: number }) => ({
  width: width & ~7,
  height: height & ~1,
});
