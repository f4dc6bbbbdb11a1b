/** What a PulseAudio server would say, as bytes. */
import { type Codec, encode, type Value } from "../../core/binary/codec.ts";
import {
  Anything,
  AuthReply,
  Command,
  CommandHead,
  ErrorReply,
  PlaybackStream,
  RecordStream,
  Request,
  SinkInfo,
  SourceOutputs,
  StreamIndex,
  SubscribeEvent,
} from "../../core/pulse/commands.ts";
import { CONTROL, FrameHead } from "../../core/pulse/frames.ts";
import { concat } from "./concat.ts";

const rest = new Uint8Array();
const sampleSpec = { format: 3, channels: 2, rate: 48_000 };

export function frame(channel: number, payload: Uint8Array): Uint8Array {
  const head = encode(FrameHead, { length: payload.length, channel, offset: 0n, flags: 0 });
  return concat([head, payload]);
}

export function command<T>(number: number, tag: number, codec: Codec<T>, body: T): Uint8Array {
  const head = encode(CommandHead, { command: number, tag });
  return frame(CONTROL, concat([head, encode(codec, body)]));
}

export const reply = <T>(tag: number, codec: Codec<T>, body: T) =>
  command(Command.reply, tag, codec, body);

export const version = (tag: number, version: number) => reply(tag, AuthReply, { version, rest });
export const done = (tag: number) => reply(tag, Anything, { rest });
export const refused = (tag: number, code: number) =>
  command(Command.error, tag, ErrorReply, { code });

export const sink = (tag: number, name: string, index: number) =>
  reply(tag, SinkInfo, {
    index,
    name,
    description: null,
    sampleSpec,
    channelMap: [1, 2],
    module: 7,
    volume: [0x10000, 0x10000],
    muted: false,
    monitor: index + 100,
    monitorName: `${name}.monitor`,
    rest,
  });

export const recording = (tag: number, index: number) =>
  reply(tag, RecordStream, { index, sourceOutput: 50 + index, rest });
export const playing = (tag: number, index: number, missing: number) =>
  reply(tag, PlaybackStream, { index, sinkInput: 60 + index, missing, rest });
export const request = (index: number, bytes: number) =>
  command(Command.request, CONTROL, Request, { index, bytes });
export const killed = (index: number) =>
  command(Command.recordStreamKilled, CONTROL, StreamIndex, { index });
export const changed = (event: number) =>
  command(Command.subscribeEvent, CONTROL, SubscribeEvent, { event: 0x10 | event, index: 1 });
export const made = (event: number) =>
  command(Command.subscribeEvent, CONTROL, SubscribeEvent, { event, index: 1 });

type Recorder = Value<typeof SourceOutputs>["all"][number];

/** Who records, by the source's index; paused: corked. */
export const recorders = (tag: number, ...all: { source: number; paused?: boolean }[]) =>
  reply(tag, SourceOutputs, {
    all: all.map(({ source, paused }, index): Recorder => ({
      index,
      name: "Recorder",
      module: CONTROL,
      client: 3,
      source,
      sampleSpec,
      channelMap: [1, 2],
      bufferLatency: 0n,
      sourceLatency: 0n,
      resampler: "copy",
      driver: "protocol-native.c",
      properties: [["application.name", "parec"]],
      corked: paused ?? false,
    })),
  });
