import { afterAll, byTimeout, type Clock } from "../../core/clock.ts";

/** This machine's clock, for what is tried in real time. */
export const clock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => afterAll(ms, call, byTimeout),
};
