/**
 * Opus, RFC 6716: 48 kHz, two channels, in packets of 10 ms as SPICE has them. opus.wasm is libopus as
 * the npm package @evan/opus compiled it (tests/kit/opus_wasm.ts, LICENSE beside it).
 * Source of truth: opus.h, opus_defines.h; spice-common's snd_codec.c.
 */
import * as opus from "./opus.wasm";

export const OPUS_RATE = 48_000;
export const OPUS_CHANNELS = 2;
/** snd_codec.h: SND_CODEC_OPUS_FRAME_SIZE: samples of each channel in a packet. */
export const OPUS_FRAMES = 480;
/** Longest packet that is made or taken; longer ones hold more than one frame can. */
const OPUS_PACKET_BYTES = 3 * 1276;

/** A packet may hold up to 120 ms. */
const MAX_FRAMES = 5760;
/** Of 10: what is beyond costs much and is hardly heard at these rates. */
const COMPLEXITY = 5;
const APPLICATION_AUDIO = 2049;
const SET_COMPLEXITY = 4010;
const RESET_STATE = 4028;
const SET_BITRATE = 4002;

/** Bytes in the module's memory that everybody uses, one call at a time. */
const packetAt = opus.malloc(OPUS_PACKET_BYTES);
const samplesAt = opus.malloc(MAX_FRAMES * OPUS_CHANNELS * 2);

/** Makes packets of 10 ms. */
export class OpusEncoder implements Disposable {
  #at: number;

  /** bitsPerSecond: what is aimed at; libopus chooses if not said. */
  constructor(bitsPerSecond?: number) {
    this.#at = room(opus.opus_encoder_get_size(OPUS_CHANNELS));
    checked(opus.opus_encoder_init(this.#at, OPUS_RATE, OPUS_CHANNELS, APPLICATION_AUDIO));
    checked(opus.opus_encoder_ctl_set(this.#at, SET_COMPLEXITY, COMPLEXITY));
    if (bitsPerSecond !== undefined) {
      checked(opus.opus_encoder_ctl_set(this.#at, SET_BITRATE, bitsPerSecond));
    }
  }

  /** samples: 480 of each channel, interleaved. The packet is the caller's. */
  encode(samples: Int16Array): Uint8Array<ArrayBuffer> {
    if (samples.length !== OPUS_FRAMES * OPUS_CHANNELS) {
      throw new RangeError(
        `Opus wants ${OPUS_FRAMES * OPUS_CHANNELS} samples, not ${samples.length}`,
      );
    }
    new Int16Array(opus.memory.buffer, samplesAt, samples.length).set(samples);
    const bytes = checked(
      opus.opus_encode(this.#at, samplesAt, OPUS_FRAMES, packetAt, OPUS_PACKET_BYTES),
    );
    return new Uint8Array(opus.memory.buffer, packetAt, bytes).slice() as Uint8Array<ArrayBuffer>;
  }

  /** Forgets what was heard before. */
  reset(): void {
    checked(opus.opus_encoder_ctl_set(this.#at, RESET_STATE, 0));
  }

  [Symbol.dispose](): void {
    if (this.#at !== 0) opus.free(this.#at);
    this.#at = 0;
  }
}

/** Takes packets of up to 120 ms. */
export class OpusDecoder implements Disposable {
  #at: number;

  constructor() {
    this.#at = room(opus.opus_decoder_get_size(OPUS_CHANNELS));
    checked(opus.opus_decoder_init(this.#at, OPUS_RATE, OPUS_CHANNELS));
  }

  /** Samples of both channels, interleaved; the next call of any decoder overwrites them. RangeError: no packet. */
  decode(packet: Uint8Array): Int16Array {
    if (packet.length === 0 || packet.length > OPUS_PACKET_BYTES) {
      throw new RangeError(`an Opus packet of ${packet.length} bytes`);
    }
    new Uint8Array(opus.memory.buffer, packetAt, packet.length).set(packet);
    const frames = checked(
      opus.opus_decode(this.#at, packetAt, packet.length, samplesAt, MAX_FRAMES, 0),
    );
    return new Int16Array(opus.memory.buffer, samplesAt, frames * OPUS_CHANNELS);
  }

  [Symbol.dispose](): void {
    if (this.#at !== 0) opus.free(this.#at);
    this.#at = 0;
  }
}

function room(bytes: number): number {
  const at = opus.malloc(bytes);
  if (at === 0) throw new RangeError(`Cannot reserve ${bytes} bytes for Opus`);
  return at;
}

/** opus_defines.h: OPUS_BAD_ARG and its neighbours. */
const reasons = [
  "a bad argument",
  "the buffer is too small",
  "an internal error",
  "the packet is damaged",
  "not implemented",
  "a bad state",
  "no memory",
];

function checked(result: number): number {
  if (result < 0) throw new RangeError(`Opus: ${reasons[-1 - result] ?? `error ${result}`}`);
  return result;
}
