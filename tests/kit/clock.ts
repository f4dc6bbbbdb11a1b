import type { Clock } from "../../core/clock.ts";

/** This machine's clock, for what is tried in real time. */
export const clock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
