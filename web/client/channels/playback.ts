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
import { opusDecoder } from "../sound/opus.ts";

type Client = typeof Playback.client.table;
type Server = typeof Playback.server.table;

export const playbackCaps = Capabilities.of(PlaybackCap.volume, PlaybackCap.opus);

export interface PlaybackHost {
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
  /** Samples for the audio thread; null: no more for now. */
  play(samples: Float32Array<ArrayBuffer> | null): void;
  /** 0 to 1. */
  volume(volume: number): void;
  mute(muted: boolean): void;
  cannot(why: string): void;
}

/** Answers until the line ends; comes back with what is to be called then. */
export function playback(line: Line<Client, Server>, host: PlaybackHost): () => void {
  let mode: AudioDataMode = "raw";
  let playing = false, over = false;
  let decoder: Mending<Uint8Array<ArrayBuffer>> | null = null;
  const drop = () => {
    decoder?.close();
    decoder = null;
  };
  const out = (samples: Float32Array<ArrayBuffer>) => {
    if (playing) host.play(samples);
  };
  line.attend({
    ...host.base,
    mode: (body) => void (mode = body.mode),
    start: async ({ channels, frequency }) => {
      drop();
      playing = channels === 2 && frequency === RATE && (mode === "opus" || mode === "raw");
      if (!playing) return host.cannot(`${channels} channels of ${frequency} Hz, ${mode}`);
      if (mode !== "opus") return;
      const decoded = (samples: Float32Array<ArrayBuffer>) => {
        decoder?.worked();
        out(samples);
      };
      decoder = await Mending.make(
        (failed) => opusDecoder(decoded, failed),
        (error) => host.cannot(`${error}`),
      );
      if (over) drop();
    },
    data: ({ data }) => {
      if (!playing) return;
      if (mode === "raw") out(Float32Array.from(new Int16Array(data.slice().buffer), toFloat));
      else decoder?.push(data.slice());
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
