/** What became of a display's drawings, over all clients since the start: for monitoring. */
export interface Tally {
  /** Drawings that a later one hid before a client was sent them. */
  hidden: number;
  /** How often a client fell so far behind that pictures of the moment took the place of drawings. */
  lags: number;
  /** Frames of video streams that were sent. */
  frames: number;
  /** Frames of video streams that clients report as come too late. */
  lateFrames: number;
}

export const newTally = (): Tally => ({ hidden: 0, lags: 0, frames: 0, lateFrames: 0 });
