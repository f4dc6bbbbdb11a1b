import { rest } from "../binary/bytes.ts";
import { u32 } from "../binary/cell.ts";
import { channel } from "./channel.ts";
import { AudioDataMode, AudioFormat, AudioMute, AudioVolume } from "./playback.ts";

/** spice.proto: channel RecordChannel. Times are of the client's own making. */
export const RecordChannel = channel({
  name: "record",
  id: 6,
  server: {
    start: [101, { channels: u32, format: AudioFormat, frequency: u32 }],
    stop: [102, {}],
    volume: [103, AudioVolume],
    mute: [104, AudioMute],
  },
  client: {
    data: [101, { time: u32, data: rest }],
    mode: [102, { time: u32, mode: AudioDataMode, data: rest }],
    startMark: [103, { time: u32 }],
  },
});
