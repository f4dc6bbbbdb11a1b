/** Video codecs that a program outside makes: ffmpeg, one process for each stream of each client. */
import { MOST_LEAD } from "../../core/binary/words.ts";
import type { Cancel, Clock } from "../../core/clock.ts";
import { IvfReader } from "../../core/codecs/ivf.ts";
import { takeRows } from "../../core/codecs/rows.ts";
import type { Log } from "../../core/log.ts";
import type { VideoCodecType } from "../../core/protocol/display.ts";
import { type Bitmap, BitmapFlags } from "../../core/protocol/image.ts";
import type { Program } from "../spawn.ts";

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
/** A frame that is encoded has no more bytes. */
const MOST_BYTES = 4 << 20;
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

/** One process: pictures of one size in, frames of one codec out. The first is a key frame. */
export class Coder {
  readonly #reader = new IvfReader(MOST_BYTES);
  #done: ((frame: Uint8Array | null) => void) | null = null;
  #cancel: Cancel | null = null;
  #ended = false;

  /** gone: called once when it has ended; with a reason, if nobody wanted it to. */
  constructor(
    readonly setting: CoderSetting,
    readonly program: Program,
    readonly clock: Clock,
    readonly startedMs: number,
    readonly gone: (reason: string | null) => void,
  ) {
    program.onBytes = (bytes) => this.#take(bytes);
    program.onEnd = (reason) => this.#end(reason);
  }

  /** Takes a copy of the picture, and calls with its frame, or with null when it failed: it makes no more then. One at a time. */
  encode(bitmap: Bitmap, done: (frame: Uint8Array | null) => void): void {
    if (this.#cancel !== null) throw new TypeError("a coder was given a second picture");
    if (this.#ended) return done(null);
    this.#done = done;
    this.#cancel = this.clock.after(PATIENCE_MS, () => this.#end("a frame took too long"));
    this.program.write(pixelsOf(bitmap));
  }

  /** Whoever waits for a frame hears nothing any more. May be called again. */
  close(): void {
    this.#done = null;
    this.#end(null);
  }

  #take(bytes: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(bytes)) {
        if (this.#cancel === null) return this.#end("it made a frame of nothing");
        this.#cancel();
        this.#cancel = null;
        this.#done?.(frame);
      }
    } catch (error) {
      this.#end(`${error}`);
    }
  }

  #end(reason: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancel?.();
    this.#cancel = null;
    this.program.close();
    this.gone(reason);
    this.#done?.(null);
    this.#done = null;
  }
}

/** All processes, and whether another may be started. */
export class Coders implements Disposable {
  readonly #start: (args: readonly string[]) => Program;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Set<Coder>();
  /** When codecs that failed may be tried again. */
  readonly #againMs = new Map<VideoCodecType, number>();

  /** start: starts the program. */
  constructor(start: (args: readonly string[]) => Program, clock: Clock, log: Log) {
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
    let program: Program;
    try {
      program = this.#start(argumentsFor(setting));
    } catch (error) {
      const { name, message } = error as Error;
      // what is not there, or may not be started, will not come
      const never = name === "NotFound" || name === "NotCapable";
      this.#failed(setting.codec, message, never ? Infinity : PAUSE_MS);
      return null;
    }
    const now = this.#clock.now();
    const coder: Coder = new Coder(setting, program, this.#clock, now, (reason) => {
      this.#running.delete(coder);
      if (reason !== null) this.#failed(setting.codec, reason, PAUSE_MS);
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
export function argumentsFor(setting: CoderSetting): string[] {
  const { codec, width, height, framesPerSecond, bitsPerSecond } = setting;
  const rate = `${Math.round(bitsPerSecond)}`;
  const matrix = height > BT601_MOST_ROWS ? "bt709" : "bt601";
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin"],
    ...["-probesize", "32", "-analyzeduration", "0"],
    ...["-f", "rawvideo", "-pix_fmt", "bgr0", "-video_size", `${width}x${height}`],
    ...["-framerate", `${Math.round(framesPerSecond)}`, "-i", "pipe:0"],
    ...["-an", "-vf", `scale=out_color_matrix=${matrix}`, "-pix_fmt", "yuv420p"],
    ...["-vsync", "passthrough", "-threads", "1"],
    ...CODECS[codec] ?? [],
    ...["-deadline", "realtime", "-lag-in-frames", "0", "-g", `${KEY_EVERY}`],
    ...["-b:v", rate, "-flush_packets", "1", "-f", "ivf", "pipe:1"],
  ];
}

/** GStreamer, gst_video_info_set_format: higher pictures that say nothing of their colours are taken for BT.709. */
const BT601_MOST_ROWS = 576;

/** The picture's rows of 32 bits a pixel, the topmost first, one behind the other. */
function pixelsOf({ data, width, height, stride, bitmapFlags }: Bitmap): Uint8Array<ArrayBuffer> {
  const row = width * 4, bytes = row * height;
  const room = new Uint8Array(bytes + MOST_LEAD);
  const first = takeRows({ data, height, stride }, row, room, 0);
  const pixels = room.subarray(first, first + bytes);
  if ((bitmapFlags & BitmapFlags.topDown) === 0) {
    for (let top = 0, bottom = bytes - row; top < bottom; top += row, bottom -= row) {
      const upper = pixels.slice(top, top + row);
      pixels.copyWithin(top, bottom, bottom + row);
      pixels.set(upper, bottom);
    }
  }
  return pixels;
}
