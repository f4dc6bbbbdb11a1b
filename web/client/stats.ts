/** What the engine did, for people and tests. */
export interface StatsReport {
  /** Pictures put on the canvas. */
  readonly frames: number;
  /** Drawing commands done. */
  readonly draws: number;
  /** Drawing commands that could not be done. */
  readonly dropped: number;
  readonly droppedWhy: string;
  readonly receivedBytes: number;
  /** Milliseconds spent on drawing commands and on the canvas. */
  readonly drawMs: number;
  readonly presentMs: number;
  /** Milliseconds from handing over a key or button to the next change of the canvas. */
  readonly inputToPictureMs: readonly number[];
  /** How many images came in which form. */
  readonly images: Readonly<Record<string, number>>;
}

const KEPT = 512;

export class Stats {
  frames = 0;
  draws = 0;
  dropped = 0;
  droppedWhy = "";
  receivedBytes = 0;
  drawMs = 0;
  presentMs = 0;
  readonly images: Record<string, number> = {};
  #inputAt = 0;
  readonly #inputMs: number[] = [];

  /** Something was pressed now. */
  input(): void {
    this.#inputAt = performance.now();
  }

  presented(startedAt: number): void {
    const now = performance.now();
    this.frames++;
    this.presentMs += now - startedAt;
    if (this.#inputAt === 0) return;
    this.#inputMs.push(now - this.#inputAt);
    if (this.#inputMs.length > KEPT) this.#inputMs.shift();
    this.#inputAt = 0;
  }

  drop(why: string): void {
    this.dropped++;
    this.droppedWhy = why;
  }

  report(): StatsReport {
    const { frames, draws, dropped, droppedWhy, receivedBytes, drawMs, presentMs, images } = this;
    return {
      frames,
      draws,
      dropped,
      droppedWhy,
      receivedBytes,
      drawMs,
      presentMs,
      images: { ...images },
      inputToPictureMs: [...this.#inputMs],
    };
  }
}
