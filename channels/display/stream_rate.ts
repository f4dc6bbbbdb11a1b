/**
 * How good and how many the frames of one stream to one client are.
 *
 * What the way carries is told from how late the client answers: while answers come as early as ever,
 * the rate may grow; when they are late, bytes wait on the way, and what arrived meanwhile is all that
 * it carries. The rate then stays a little below, and tries again seldom: it settles.
 */

/** JPEG qualities, and how large pictures are at each beside the best: photographs, on average. */
const LEVELS = [
  { quality: 20, size: 0.34 },
  { quality: 30, size: 0.43 },
  { quality: 40, size: 0.51 },
  { quality: 50, size: 0.59 },
  { quality: 60, size: 0.68 },
  { quality: 70, size: 0.8 },
  { quality: 80, size: 1 },
] as const;
/** Below this quality fewer frames are the lesser evil, down to so many; below that, quality again. */
const GOOD = 3, FEW_FPS = 12;
/** libspice: MAX_FPS. A little more, as sources are not that regular. */
const MAX_FPS = 33;
/** Answers later than this beyond the shortest mean that bytes wait on the way; sooner than that, that none do. */
const LATE_MS = 100, EARLY_MS = 50;
/** What is under way beyond what the way itself holds, as time. */
const AHEAD_MS = 50;
/** A round trip where none was measured. */
const USUAL_MS = 100;
/** Answers must be late for so long: a machine that was busy for a moment is no narrow way. */
const LASTING_MS = 300;
/** After a step down nothing is judged before its effect is seen. */
const REST_MS = 500;
/** The largest step down, as a share of what was. */
const STEP = 0.7;
/** As a share of what the way carries. */
const BELOW = 0.88;
/** The most that arrived in so long is what the way carries: a machine that stalls makes it no narrower. */
const PEAK_MS = 5000;
/** How long a rate that proved too high is not tried again, the first time and at most. */
const RETRY_MS = 10_000, MOST_RETRY_MS = 40_000;
/** Growth in a second: before any limit was met, below one, and where one was met before. */
const GROWTH = { free: 2, below: 1.15, beyond: 1.04 };
/** Beyond a limit by so much, there is none any more. */
const WIDER = 1.15;
/** libspice: MJPEG_INITIAL_BIT_RATE and its low one, in bytes a second. */
const INITIAL = { usual: 1_250_000, low: 312_500 };
const LEAST_RATE = 8_000, MOST_RATE = 1e9;
/** A better quality must have been affordable for so long. */
const UPGRADE_MS = 1500;

/** What an answer to a probe says. */
export interface Landing {
  /** How long the probe was under way, and the shortest that any was. */
  readonly roundTripMs: number;
  readonly shortestMs: number;
  /** Bytes a second that arrived of late. */
  readonly bytesPerSecond: number;
}

export class StreamRate {
  #rate: number;
  /** A rate that proved too high, and when; Infinity: none did. */
  #limit = Infinity;
  #limitMs = -Infinity;
  #judgedMs = -Infinity;
  #retryMs = RETRY_MS;
  /** Bytes a second that arrived, of late. */
  #arrivals: { atMs: number; rate: number }[] = [];
  /** Since when answers are late; null: they are not. */
  #lateSinceMs: number | null = null;
  #grownMs: number;
  #level: number = LEVELS.length - 1;
  #betterSinceMs: number | null = null;
  /** Bytes of a frame at the best quality. */
  #bestBytes = 0;
  #sourceFps = 30;
  /** When the next frame may leave. */
  #dueMs = -Infinity;
  /** Frames are held back: a higher rate would be used. */
  #short = false;
  /** The latest frame's encoder keeps to a rate itself: there is no quality to choose. */
  #coded = false;

  /** bitsPerSecond: as the net test found; null: not measured. */
  constructor(way: { bitsPerSecond: number | null; lowBandwidth: boolean }, nowMs: number) {
    const initial = way.lowBandwidth ? INITIAL.low : INITIAL.usual;
    this.#rate = way.bitsPerSecond === null
      ? initial
      : bounded(Math.min(way.bitsPerSecond / 8 * 0.75, Math.max(initial, way.bitsPerSecond / 32)));
    this.#grownMs = nowMs;
    if (way.lowBandwidth) this.#level = GOOD;
  }

  /** libjpeg's, 20 to 80. */
  get quality(): number {
    return LEVELS[this.#level].quality;
  }

  get bytesPerSecond(): number {
    return this.#rate;
  }

  /** Frames are worse, or fewer, than they could be. */
  get short(): boolean {
    return this.#short;
  }

  /** Milliseconds until the next frame may leave. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs);
  }

  /** So many bytes under way are few enough for another frame. shortestMs: of all round trips; Infinity: not known. */
  mayFly(bytes: number, shortestMs: number): boolean {
    const wayMs = shortestMs === Infinity ? USUAL_MS : shortestMs;
    return bytes === 0 || bytes < this.#rate * (wayMs + AHEAD_MS) / 1000;
  }

  /** Frames that the source makes in a second. */
  source(framesPerSecond: number): void {
    this.#sourceFps = Math.min(30, Math.max(1, framesPerSecond));
  }

  /** A frame of this quality and size leaves. */
  sent(bytes: number, quality: number, nowMs: number): void {
    const { size } = LEVELS.find((level) => level.quality === quality) ?? LEVELS[this.#level];
    const best = bytes / size;
    this.#coded = false;
    this.#paced(bytes, best, nowMs);
    this.#choose(nowMs);
  }

  /** A frame leaves whose encoder keeps to a rate itself. held: to a lower one than it would need. */
  coded(bytes: number, held: boolean, nowMs: number): void {
    this.#coded = true;
    this.#level = LEVELS.length - 1;
    this.#paced(bytes, bytes, nowMs);
    this.#short = held;
  }

  #paced(bytes: number, best: number, nowMs: number): void {
    this.#bestBytes = this.#bestBytes === 0 ? best : this.#bestBytes * 0.85 + best * 0.15;
    const interval = Math.max(1000 / MAX_FPS, bytes / this.#rate * 1000);
    // one interval may be caught up with: sources are not regular
    this.#dueMs = Math.max(this.#dueMs, nowMs - interval) + interval;
  }

  landed({ roundTripMs, shortestMs, bytesPerSecond }: Landing, nowMs: number): void {
    const waitedMs = roundTripMs - shortestMs - this.#frameMs();
    this.#arrivals = this.#arrivals.filter(({ atMs, rate }) =>
      nowMs - atMs <= PEAK_MS && rate > bytesPerSecond
    );
    this.#arrivals.push({ atMs: nowMs, rate: bytesPerSecond });
    if (waitedMs > LATE_MS) {
      this.#lateSinceMs ??= nowMs - roundTripMs / 2;
      const lasting = nowMs - this.#lateSinceMs >= LASTING_MS;
      if (lasting && nowMs - this.#judgedMs > REST_MS) this.#lower(this.#arrivals[0].rate, nowMs);
      this.#grownMs = nowMs;
      return;
    }
    this.#lateSinceMs = null;
    if (waitedMs <= EARLY_MS && this.#short) this.#grow(nowMs);
    else this.#grownMs = nowMs;
  }

  /** The client says how many of so many frames it could not show in time. */
  reported(frames: number, drops: number, nowMs: number): void {
    if (frames > 0 && drops * 3 >= frames && nowMs - this.#judgedMs > REST_MS * 2) {
      this.#lower(this.#rate * 0.9, nowMs);
    }
  }

  /** How long a frame takes on the way at this rate. */
  #frameMs(): number {
    return this.#bestBytes * LEVELS[this.#level].size / this.#rate * 1000;
  }

  /** carried: what the way is known to carry. */
  #lower(carried: number, nowMs: number): void {
    this.#judgedMs = nowMs;
    this.#lateSinceMs = null;
    // tried again, and again too high: it is what the way carries
    if (this.#rate < this.#limit * 1.3) this.#retryMs = Math.min(MOST_RETRY_MS, this.#retryMs * 2);
    this.#limit = Math.max(this.#rate, carried);
    this.#limitMs = nowMs;
    const below = Math.max(this.#rate * STEP, carried * BELOW);
    this.#rate = bounded(Math.min(this.#rate * 0.95, below));
    this.#choose(nowMs);
  }

  #grow(nowMs: number): void {
    const seconds = Math.min(0.5, (nowMs - this.#grownMs) / 1000);
    this.#grownMs = nowMs;
    const near = this.#rate >= this.#limit * 0.9;
    if (near && nowMs - this.#limitMs < this.#retryMs) return;
    const growth = this.#limit === Infinity ? GROWTH.free : near ? GROWTH.beyond : GROWTH.below;
    this.#rate = bounded(this.#rate * growth ** seconds);
    // the way is wider than it was
    if (this.#rate > this.#limit * WIDER) {
      this.#limit = Infinity;
      this.#retryMs = RETRY_MS;
    }
    this.#choose(nowMs);
  }

  /** The best quality at which the source's frames fit the rate; worse at once, better after a while. */
  #choose(nowMs: number): void {
    if (this.#coded) return;
    const level = this.#affordable(1);
    this.#short = level < LEVELS.length - 1 || this.#bytesAt(level) * this.#sourceFps > this.#rate;
    if (level < this.#level) this.#level = level;
    const better = this.#affordable(0.85) > this.#level;
    if (!better) this.#betterSinceMs = null;
    else if (this.#betterSinceMs === null) this.#betterSinceMs = nowMs;
    else if (nowMs - this.#betterSinceMs >= UPGRADE_MS) {
      this.#level++;
      this.#betterSinceMs = nowMs;
    }
  }

  #affordable(share: number): number {
    const rate = this.#rate * share;
    for (let level = LEVELS.length - 1; level >= GOOD; level--) {
      if (this.#bytesAt(level) * this.#sourceFps <= rate) return level;
    }
    for (let level = GOOD; level > 0; level--) {
      if (this.#bytesAt(level) * Math.min(FEW_FPS, this.#sourceFps) <= rate) return level;
    }
    return 0;
  }

  #bytesAt(level: number): number {
    return this.#bestBytes * LEVELS[level].size;
  }
}

const bounded = (rate: number): number => Math.min(MOST_RATE, Math.max(LEAST_RATE, rate));
