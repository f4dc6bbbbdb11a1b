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
  readonly sentBytes: number;
  /** Milliseconds to the server and back, as its answers to movements say; null: not known. */
  readonly roundTripMs: number | null;
  /** Frames of video streams: drawn, too late or broken, and how they were packed. */
  readonly video: { readonly frames: number; readonly dropped: number; readonly codec: string };
  /** Milliseconds spent on messages, drawing among them, and on the canvas. */
  readonly busyMs: number;
  readonly presentMs: number;
  /** When the canvas was changed last, in milliseconds since 1970. */
  readonly presentedAt: number;
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
  presentMs = 0;
  presentedAt = 0;
  readonly images: Record<string, number> = {};
  readonly video = { frames: 0, dropped: 0, codec: "" };
  #inputAt = 0;
  readonly #inputMs: number[] = [];
  /** Of sessions that are over. */
  #past = { receivedBytes: 0, sentBytes: 0, busyMs: 0 };

  /** A session has ended, having done this. */
  over({ receivedBytes, sentBytes, busyMs }: SessionWork): void {
    this.#past.receivedBytes += receivedBytes;
    this.#past.sentBytes += sentBytes;
    this.#past.busyMs += busyMs;
  }

  /** Something was pressed now. */
  input(): void {
    this.#inputAt = performance.now();
  }

  presented(startedAt: number): void {
    const now = performance.now();
    this.frames++;
    this.presentMs += now - startedAt;
    this.presentedAt = performance.timeOrigin + now;
    if (this.#inputAt === 0) return;
    this.#inputMs.push(now - this.#inputAt);
    if (this.#inputMs.length > KEPT) this.#inputMs.shift();
    this.#inputAt = 0;
  }

  drop(why: string): void {
    this.dropped++;
    this.droppedWhy = why;
  }

  /** work: of the session that is under way. */
  report(work: SessionWork = IDLE, roundTripMs: number | null = null): StatsReport {
    const { frames, draws, dropped, droppedWhy, presentMs, presentedAt } = this;
    return {
      frames,
      draws,
      dropped,
      droppedWhy,
      presentMs,
      presentedAt,
      receivedBytes: this.#past.receivedBytes + work.receivedBytes,
      sentBytes: this.#past.sentBytes + work.sentBytes,
      roundTripMs,
      video: { ...this.video },
      busyMs: this.#past.busyMs + work.busyMs,
      images: { ...this.images },
      inputToPictureMs: [...this.#inputMs],
    };
  }
}

const IDLE: SessionWork = { receivedBytes: 0, sentBytes: 0, busyMs: 0 };

/** What went over the wires of one session, and how long what came took. */
export interface SessionWork {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly busyMs: number;
}
