/// <reference lib="dom" />
/**
 * Video streams that the browser decodes: VP8, VP9, H.264 and H.265 by WebCodecs.
 * Sources of truth: the WebCodecs registry; RFC 6386 9.1; VP9's bitstream 6.2; ITU-T H.264 7.3.1, H.265 7.3.1.
 */
import { Capabilities, DisplayCap } from "../../core/protocol/capabilities.ts";
import type { VideoCodecType } from "../../core/protocol/display.ts";

/** What a decoder of the browser's has to know of a codec. */
interface Codec {
  readonly cap: number;
  /** The codec's name for a typical stream; what a frame says of itself counts more. */
  readonly name: string;
  /** Whether a frame can be decoded without those before. */
  isKey(frame: Uint8Array): boolean;
  nameOf?(frame: Uint8Array): string | null;
}

const codecs: Readonly<Partial<Record<VideoCodecType, Codec>>> = {
  vp8: { cap: DisplayCap.codecVp8, name: "vp8", isKey: ([first]) => (first & 1) === 0 },
  vp9: {
    cap: DisplayCap.codecVp9,
    name: "vp09.00.51.08",
    // a frame of profile 3 has one bit more in front
    isKey: ([first]) => ((first & 0x30) === 0x30 ? first & 6 : first & 12) === 0,
  },
  h264: {
    cap: DisplayCap.codecH264,
    name: "avc1.42E01F",
    isKey: (frame) => units(frame).some((at) => (frame[at] & 31) === 5),
    nameOf(frame) {
      const at = units(frame).find((at) => (frame[at] & 31) === 7);
      if (at === undefined || at + 3 >= frame.length) return null;
      return `avc1.${frame.slice(at + 1, at + 4).toHex()}`;
    },
  },
  h265: {
    cap: DisplayCap.codecH265,
    name: "hev1.1.6.L120.B0",
    isKey: (frame) =>
      units(frame).some((at) => (frame[at] >> 1 & 63) >= 16 && (frame[at] >> 1 & 63) <= 21),
  },
};

/** The codecs that this browser decodes, besides JPEG; asked once. */
export function videoCaps(): Promise<Capabilities> {
  return known ??= ask();
}

let known: Promise<Capabilities> | null = null;

async function ask(): Promise<Capabilities> {
  if (typeof VideoDecoder !== "function") return Capabilities.of();
  const caps: number[] = [];
  for (const { cap, name } of Object.values(codecs)) {
    try {
      if ((await VideoDecoder.isConfigSupported({ codec: name })).supported) caps.push(cap);
    } catch { /* then it does not */ }
  }
  return Capabilities.of(...caps);
}

/** A decoder may hold a frame back; what comes after it does not wait longer. */
const MOST_HELD_MS = 120;

/** One stream's decoder: frames go in in order, and come out as they can be shown. */
export class VideoStream {
  readonly #codec: Codec;
  readonly #show: (frame: VideoFrame, stamp: number) => Promise<void>;
  readonly #broke: (why: string) => void;
  readonly #colours: VideoColorSpaceInit;
  #decoder: VideoDecoder | null = null;
  readonly #waiting = new Map<number, () => void>();
  #stamp = 0;

  /**
   * height: of the pictures, in rows. show: draws a frame, whose number is that of `decode`. RangeError:
   * nobody can decode this.
   */
  constructor(
    type: VideoCodecType,
    height: number,
    show: (frame: VideoFrame, stamp: number) => Promise<void>,
    broke: (why: string) => void,
  ) {
    const codec = codecs[type];
    if (!codec || typeof VideoDecoder !== "function") {
      throw new RangeError(`This browser does not decode ${type}`);
    }
    this.#codec = codec;
    this.#colours = coloursOf(height);
    this.#show = show;
    this.#broke = broke;
  }

  /** The number that the next frame will have. */
  get next(): number {
    return this.#stamp + 1;
  }

  /** Resolves when the frame was shown, or will be later. */
  async decode(data: Uint8Array): Promise<void> {
    const key = data.length > 0 && this.#codec.isKey(data);
    const stamp = ++this.#stamp;
    // without its beginning nothing is to be seen
    if (!this.#decoder && !key) return this.#broke("the stream did not begin with a whole picture");
    const decoder = this.#decoder ??= this.#open(data);
    const shown = new Promise<void>((resolve) => this.#waiting.set(stamp, resolve));
    try {
      const type = key ? "key" : "delta";
      decoder.decode(new EncodedVideoChunk({ type, timestamp: stamp, data }));
    } catch (error) {
      return this.#fail(error);
    }
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, MOST_HELD_MS);
    await Promise.race([shown, late]);
    clearTimeout(timer);
    this.#waiting.delete(stamp);
  }

  close(): void {
    if (this.#decoder?.state !== "closed") this.#decoder?.close();
    this.#decoder = null;
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  #open(first: Uint8Array): VideoDecoder {
    const decoder = new VideoDecoder({
      output: async (frame) => {
        const { timestamp } = frame;
        try {
          if (decoder === this.#decoder) await this.#show(frame, timestamp);
        } catch (error) {
          this.#broke(`${error}`);
        } finally {
          frame.close();
          this.#waiting.get(timestamp)?.();
        }
      },
      error: (error) => {
        if (decoder === this.#decoder) this.#fail(error);
      },
    });
    const codec = this.#codec.nameOf?.(first) ?? this.#codec.name;
    decoder.configure({ codec, optimizeForLatency: true, colorSpace: this.#colours });
    return decoder;
  }

  #fail(error: unknown): void {
    this.close();
    this.#broke(error instanceof Error ? error.message : `${error}`);
  }
}

/**
 * What pictures are in whose stream says nothing of it; browsers would take all for BT.709.
 * Source of truth: GStreamer, gst_video_info_set_format, by which other servers make them.
 */
function coloursOf(height: number): VideoColorSpaceInit {
  const name = height > 576 ? "bt709" : "smpte170m";
  return { primaries: name, transfer: name, matrix: name, fullRange: false };
}

/** Where the units of a byte stream begin, after their start codes. */
function units(frame: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at + 3 < frame.length; at++) {
    if (frame[at] === 0 && frame[at + 1] === 0 && frame[at + 2] === 1) found.push(at + 3);
  }
  return found;
}
