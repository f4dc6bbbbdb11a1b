/// <reference lib="dom" />
/**
 * What the guest plays, on its way to the audio thread.
 * Source of truth: spice.proto, PlaybackChannel; spice-gtk's channel-playback.c.
 */
import { Capabilities, PlaybackCap } from "../../../core/protocol/capabilities.ts";
import type { AudioDataMode, Playback } from "../../../core/protocol/playback.ts";
import type { ClientAnswers, Line } from "../line.ts";
import { RATE } from "../sound/jitter_buffer.ts";
import { Mending } from "../sound/mending.ts";
import { opusDecoder, type Packet } from "../sound/opus.ts";
import type { Sounding } from "../sound/worklet.ts";

type Client = typeof Playback.client.table;
type Server = typeof Playback.server.table;

export const playbackCaps = Capabilities.of(PlaybackCap.volume, PlaybackCap.opus);

/** SPEC: what a packet of Opus holds. */
const OPUS_MS = 10;

export interface PlaybackHost {
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
  /** What the audio thread is to play; null: no more for now. */
  play(sounding: Sounding | null): void;
  /** 0 to 1. */
  volume(volume: number): void;
  mute(muted: boolean): void;
  cannot(why: string): void;
}

/** Answers until the line ends; comes back with what is to be called then. */
export function playback(line: Line<Client, Server>, host: PlaybackHost): () => void {
  let mode: AudioDataMode = "raw";
  let playing = false, over = false;
  let decoder: Mending<Packet> | null = null;
  const drop = () => {
    decoder?.close();
    decoder = null;
  };
  const out = (sounding: Sounding) => {
    if (playing) host.play(sounding);
  };
  line.attend({
    ...host.base,
    mode: (body) => void (mode = body.mode),
    start: async ({ channels, frequency }) => {
      drop();
      playing = channels === 2 && frequency === RATE && (mode === "opus" || mode === "raw");
      if (!playing) return host.cannot(`${channels} channels of ${frequency} Hz, ${mode}`);
      if (mode !== "opus") return;
      const decoded = (sounding: Sounding) => {
        decoder?.worked();
        out(sounding);
      };
      decoder = await Mending.make(
        (failed) => opusDecoder(decoded, failed),
        (error) => host.cannot(`${error}`),
      );
      if (over) drop();
    },
    data: ({ time, data }) => {
      if (!playing) return;
      if (mode !== "raw") return decoder?.push({ data: data.slice(), stamp: time + OPUS_MS });
      const samples = Float32Array.from(new Int16Array(data.slice().buffer), toFloat);
      out({ samples, stamp: time + samples.length * 500 / RATE });
    },
    stop: () => {
      playing = false;
      drop();
      host.play(null);
    },
    volume: ({ volume }) => host.volume(Math.max(0, ...volume) / 0xffff),
    mute: ({ mute }) => host.mute(mute !== 0),
    latency: () => {},
  });
  return () => {
    over = true;
    playing = false;
    drop();
    host.play(null);
  };
}

const toFloat = (sample: number) => sample / 32768;
