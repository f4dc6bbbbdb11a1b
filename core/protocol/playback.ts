import { list, rest } from "../binary/bytes.ts";
import { enumOf, u16, u32, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { channel } from "./channel.ts";

/** spice.proto: enum16 audio_data_mode. celt051 is history: nobody sends it any more. */
export const AudioDataMode = enumOf(u16, { invalid: 0, raw: 1, celt051: 2, opus: 3 });
export type AudioDataMode = Value<typeof AudioDataMode>;

/** spice.proto: enum16 audio_fmt. s16: signed 16 bits, little-endian, channels interleaved. */
export const AudioFormat = enumOf(u16, { invalid: 0, s16: 1 });
export type AudioFormat = Value<typeof AudioFormat>;

/** spice.proto: message AudioVolume: one for each channel of sound, 0 … 0xffff. */
export const AudioVolume = { volume: list(u8, u16) };
/** spice.proto: message AudioMute: 0 or 1. */
export const AudioMute = { mute: u8 };

/** spice.proto: channel PlaybackChannel. Times are the server's multimedia time in milliseconds. */
export const Playback = channel({
  name: "playback",
  id: 5,
  server: {
    data: [101, { time: u32, data: rest }],
    mode: [102, { time: u32, mode: AudioDataMode, data: rest }],
    /** frequency: samples a second. */
    start: [103, { channels: u32, format: AudioFormat, frequency: u32, time: u32 }],
    stop: [104, {}],
    volume: [105, AudioVolume],
    mute: [106, AudioMute],
    latency: [107, { latencyMs: u32 }],
  },
  client: {},
});
