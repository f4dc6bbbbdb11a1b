/** Video codecs that a program outside makes: ffmpeg, one process for each stream of each client. */
import type { Cancel, Clock } from "../../core/clock.ts";
import type { YuvMatrix } from "../../core/codecs/yuv/mod.ts";
import type { Log } from "../../core/log.ts";
import type { VideoCodecType } from "../../core/protocol/display.ts";
import type { Bitmap } from "../../core/protocol/image.ts";

/** Codecs that it is asked for, and how. */
const CODECS: Readonly<Partial<Record<VideoCodecType, readonly string[]>>> = {
  // crf: nearer to the picture it need not be; some 40 dB
  vp8: ["-c:v", "libvpx", "-cpu-used", "8", "-auto-alt-ref", "0", "-crf", "10"],
  vp9: ["-c:v", "libvpx-vp9", "-cpu-used", "8", "-crf", "30"],
};

/** Processes at work at once. */
const MOST_CODERS = 4;
/** A frame takes no longer, however busy the machine is. */
const PATIENCE_MS = 10_000;
/** After a failure the codec is not tried for so long. */
const PAUSE_MS = 60_000;
/** Frames between key frames, unless the picture changes: nothing is ever lost on the way. */
const KEY_EVERY = 9999;

/** What a process makes; it goes on so until it ends. */
export interface CoderSetting {
  readonly codec: VideoCodecType;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** At most. */
  readonly bitsPerSecond: number;
}

/** A process as who wants its frames sees it, wherever it is fed: coder_process.ts, far_coders.ts. */
export interface FrameMaker {
  /** Takes the picture; `taken` is called once when it has been read, unless the process is closed before. */
  give(picture: Bitmap, taken: () => void): void;
  onFrame: ((frame: Uint8Array<ArrayBuffer>) => void) | null;
  /** Called once when it ended or cannot be used, not after `close`; never: it is not there, and will not come. */
  onEnd: ((reason: string, never: boolean) => void) | null;
  /** Ends it at once. May be called again. */
  close(): void;
}

/** One process: pictures of one size in, frames of one codec out. The first is a key frame. */
export class Coder {
  #done: ((frame: Uint8Array | null) => void) | null = null;
  /** The picture's memory is not needed any more. */
  #taken: (() => void) | null = null;
  #cancel: Cancel | null = null;
  #ended = false;

  /** gone: called once when it has ended; with a reason, if nobody wanted it to. */
  constructor(
    readonly setting: CoderSetting,
    readonly maker: FrameMaker,
    readonly clock: Clock,
    readonly startedMs: number,
    readonly gone: (reason: string | null, never: boolean) => void,
  ) {
    maker.onFrame = (frame) => this.#take(frame);
    maker.onEnd = (reason, never) => this.#end(reason, never);
  }

  /**
   * Calls with the picture's frame, or with null when it failed: it makes no more then. One at a time.
   * taken: called once when the picture's memory is not needed any more, at the latest then.
   */
  encode(
    bitmap: Bitmap,
    done: (frame: Uint8Array | null) => void,
    taken: () => void = () => {},
  ): void {
    if (this.#cancel !== null) throw new TypeError("a coder was given a second picture");
    if (this.#ended) {
      taken();
      return done(null);
    }
    this.#done = done;
    this.#taken = taken;
    this.#cancel = this.clock.after(PATIENCE_MS, () => this.#end("a frame took too long"));
    this.maker.give(bitmap, () => this.#letGo());
  }

  /** Whoever waits for a frame hears nothing any more. May be called again. */
  close(): void {
    this.#done = null;
    this.#end(null);
  }

  #take(frame: Uint8Array): void {
    if (this.#cancel === null) return this.#end("it made a frame of nothing");
    this.#cancel();
    this.#cancel = null;
    this.#letGo();
    this.#done?.(frame);
  }

  #letGo(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  #end(reason: string | null, never = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancel?.();
    this.#cancel = null;
    this.maker.close();
    this.#letGo();
    this.gone(reason, never);
    this.#done?.(null);
    this.#done = null;
  }
}

/** All processes, and whether another may be started. */
export class Coders implements Disposable {
  readonly #start: (args: readonly string[]) => FrameMaker;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Set<Coder>();
  /** When codecs that failed may be tried again. */
  readonly #againMs = new Map<VideoCodecType, number>();

  /** start: starts the program. */
  constructor(start: (args: readonly string[]) => FrameMaker, clock: Clock, log: Log) {
    this.#start = start;
    this.#clock = clock;
    this.#log = log;
  }

  /** Processes at work. */
  get size(): number {
    return this.#running.size;
  }

  /** Another stream may be encoded so. */
  offers(codec: VideoCodecType): boolean {
    return this.#running.size < MOST_CODERS && Object.hasOwn(CODECS, codec) && !this.rests(codec);
  }

  /** It failed, and no more are begun for a while. */
  rests(codec: VideoCodecType): boolean {
    return this.#clock.now() < (this.#againMs.get(codec) ?? -Infinity);
  }

  /** null: it may not be now, or cannot. */
  open(setting: CoderSetting): Coder | null {
    if (!this.offers(setting.codec)) return null;
    const maker = this.#start(argumentsFor(setting));
    const now = this.#clock.now();
    const coder: Coder = new Coder(setting, maker, this.#clock, now, (reason, never) => {
      this.#running.delete(coder);
      if (reason !== null) this.#failed(setting.codec, reason, never ? Infinity : PAUSE_MS);
    });
    this.#running.add(coder);
    return coder;
  }

  [Symbol.dispose](): void {
    for (const coder of this.#running) coder.close();
  }

  #failed(codec: VideoCodecType, reason: string, pauseMs: number): void {
    this.#againMs.set(codec, this.#clock.now() + pauseMs);
    this.#log.warn("video-encoder-failed", { codec, reason });
  }
}

/** ffmpeg's words: every frame that goes in comes out at once, as one of IVF. */
function argumentsFor(setting: CoderSetting): string[] {
  const { codec, width, height, framesPerSecond, bitsPerSecond } = setting;
  const rate = `${Math.round(bitsPerSecond)}`;
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin"],
    ...["-probesize", "32", "-analyzeduration", "0"],
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", `${width}x${height}`],
    ...["-framerate", `${Math.round(framesPerSecond)}`, "-i", "pipe:0"],
    ...["-an", "-colorspace", SPACES[matrixOf(height)], "-color_range", "tv"],
    ...["-vsync", "passthrough", "-threads", "1"],
    ...CODECS[codec] ?? [],
    ...["-deadline", "realtime", "-lag-in-frames", "0", "-g", `${KEY_EVERY}`],
    ...["-b:v", rate, "-flush_packets", "1", "-f", "ivf", "pipe:1"],
  ];
}

/** GStreamer, gst_video_info_set_format: higher pictures that say nothing of their colours are taken for BT.709. */
const BT601_MOST_ROWS = 576;

/** The colours of pictures of so many rows. */
export const matrixOf = (height: number): YuvMatrix => height > BT601_MOST_ROWS ? "bt709" : "bt601";

/** As ffmpeg calls them. */
const SPACES = { bt601: "smpte170m", bt709: "bt709" } as const satisfies Record<YuvMatrix, string>;
