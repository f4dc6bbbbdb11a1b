/** Time as an argument: the house has no clock of its own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls once after so many milliseconds, unless cancelled. */
  after(ms: number, call: () => void): Cancel;
}

/** Takes a planned call back. May be called again. */
export type Cancel = () => void;
