/**
 * What a client tells of a stream's frames, so that a server can send as many as arrive.
 * Source of truth: spice-gtk's channel-display.c, display_update_stream_report.
 */
import type { BodyOf } from "../../core/protocol/channel.ts";
import type { Display } from "../../core/protocol/display.ts";

type Activate = BodyOf<(typeof Display.server.table)["streamActivateReport"]>;
export type Report = BodyOf<(typeof Display.client.table)["streamReport"]>;

/** So many frames in a row that came too late are told at once. */
const MOST_LATE = 3;
/** No sound is played that it could be measured by. */
const NO_AUDIO = 0xffffffff;

export class StreamReport {
  readonly #asked: Activate;
  #since = 0;
  #start = 0;
  #frames = 0;
  #drops = 0;
  #lateInRow = 0;

  constructor(asked: Activate) {
    this.#asked = asked;
  }

  /** A frame came: its time, how much there was until then, and the clock. A report, when one is due. */
  frame(mmTime: number, untilMs: number, nowMs: number): Report | null {
    if (this.#frames === 0) {
      this.#start = mmTime;
      this.#since = nowMs;
    }
    this.#frames++;
    if (untilMs < 0) {
      this.#drops++;
      this.#lateInRow++;
    } else this.#lateInRow = 0;
    const { streamId, uniqueId, maxWindowSize, timeoutMs } = this.#asked;
    const due = this.#frames >= maxWindowSize || nowMs - this.#since >= timeoutMs ||
      this.#lateInRow >= MOST_LATE;
    if (!due) return null;
    const report: Report = {
      streamId,
      uniqueId,
      startFrameMmTime: this.#start,
      endFrameMmTime: mmTime,
      numFrames: this.#frames,
      numDrops: this.#drops,
      lastFrameDelay: untilMs,
      audioDelay: NO_AUDIO,
    };
    this.#frames = this.#drops = this.#lateInRow = 0;
    return report;
  }
}
