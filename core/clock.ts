/** Time as an argument: the house has no clock of its own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls once after so many milliseconds, unless cancelled. */
  after(ms: number, call: () => void): Cancel;
}

/** Takes a planned call back. May be called again. */
export type Cancel = () => void;

/** SPEC: a timer of JavaScript keeps 31 bits of milliseconds, 24.8 days; a longer one fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Plans a call however long from now, for timers that hold no more than 24.8 days. */
export function afterAll(ms: number, call: () => void, timer: Clock["after"]): Cancel {
  let cancel: Cancel;
  const wait = (left: number) => {
    const step = Math.min(left, LONGEST_MS);
    cancel = timer(step, () => step < left ? wait(left - step) : call());
  };
  wait(ms);
  return () => cancel();
}

/** A timer of the runtime's. */
export const byTimeout: Clock["after"] = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};
