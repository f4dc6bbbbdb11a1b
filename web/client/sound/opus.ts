/// <reference lib="dom" />
/** Opus by the browser where it can, else by our own module, which is fetched only then. */
import { RATE } from "./jitter_buffer.ts";
import type { Sounding } from "./worklet.ts";

const CHANNELS = 2;

/** One direction of Opus: what goes in comes out later, in order. */
export interface Codec<In> {
  push(value: In): void;
  close(): void;
}

/** A packet, and the guest's clock at its end. */
export interface Packet {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly stamp: number;
}

/** Packets → samples of both channels, interleaved, -1 to 1. */
export async function opusDecoder(
  out: (sounding: Sounding) => void,
  failed: (error: unknown) => void,
): Promise<Codec<Packet>> {
  const config = { codec: "opus", sampleRate: RATE, numberOfChannels: CHANNELS };
  if (typeof AudioDecoder === "function" && await supported(AudioDecoder, config)) {
    const output = (data: AudioData) => {
      const stamp = data.timestamp / 1000;
      out({ samples: interleaved(data), stamp });
    };
    const decoder = new AudioDecoder({ output, error: failed });
    decoder.configure(config);
    return {
      push: ({ data, stamp }) =>
        decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: stamp * 1000, data })),
      close: () => decoder.state !== "closed" && decoder.close(),
    };
  }
  const { OpusDecoder } = await import("../../../core/codecs/opus/mod.ts");
  const decoder = new OpusDecoder();
  return {
    push: ({ data, stamp }) =>
      out({ samples: Float32Array.from(decoder.decode(data), (sample) => sample / 32768), stamp }),
    close: () => decoder[Symbol.dispose](),
  };
}

/** 480 frames of samples → packets. */
export async function opusEncoder(
  out: (packet: Uint8Array) => void,
  failed: (error: unknown) => void,
): Promise<Codec<Float32Array<ArrayBuffer>>> {
  const config = {
    codec: "opus",
    sampleRate: RATE,
    numberOfChannels: CHANNELS,
    bitrate: 96_000,
    opus: { frameDuration: 10_000 },
  };
  if (typeof AudioEncoder === "function" && await supported(AudioEncoder, config)) {
    const encoder = new AudioEncoder({
      output(chunk) {
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        out(packet);
      },
      error: failed,
    });
    encoder.configure(config);
    let timestamp = 0;
    return {
      push(data) {
        const numberOfFrames = data.length / CHANNELS;
        const format = { format: "f32", sampleRate: RATE, numberOfChannels: CHANNELS } as const;
        const audio = new AudioData({ ...format, numberOfFrames, timestamp, data });
        timestamp += numberOfFrames * 1e6 / RATE;
        encoder.encode(audio);
        audio.close();
      },
      close: () => encoder.state !== "closed" && encoder.close(),
    };
  }
  const { OpusEncoder } = await import("../../../core/codecs/opus/mod.ts");
  const encoder = new OpusEncoder();
  return {
    push: (data) =>
      out(encoder.encode(
        Int16Array.from(data, (sample) => Math.max(-32768, Math.min(32767, sample * 32768))),
      )),
    close: () => encoder[Symbol.dispose](),
  };
}

async function supported<C>(
  codec: { isConfigSupported(config: C): Promise<{ supported?: boolean }> },
  config: C,
): Promise<boolean> {
  try {
    return (await codec.isConfigSupported(config)).supported === true;
  } catch {
    return false;
  }
}

function interleaved(data: AudioData): Float32Array<ArrayBuffer> {
  const count = data.numberOfFrames, plane = new Float32Array(count);
  const samples = new Float32Array(CHANNELS * count);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const planeIndex = Math.min(channel, data.numberOfChannels - 1);
    data.copyTo(plane, { planeIndex, format: "f32-planar" });
    for (let i = 0; i < count; i++) samples[CHANNELS * i + channel] = plane[i];
  }
  data.close();
  return samples;
}
