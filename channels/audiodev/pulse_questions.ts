/** What a PulseAudio server is asked, and how: always for 48 kHz, two channels, 16 bits, which it makes of whatever it has. */
import type { Value } from "../../core/binary/codec.ts";
import * as wire from "../../core/pulse/commands.ts";
import type { Question } from "./pulse_talk.ts";

const { Command, NOWHERE } = wire;

const BYTES_PER_MS = 48 * 4;
/** Sound comes, and goes, in such pieces. */
const FRAGMENT_BYTES = 20 * BYTES_PER_MS;
/** So much of the microphone waits at the server at most. */
export const EAR_BYTES = 160 * BYTES_PER_MS;
/** It begins to be heard when so much does. */
const EAR_BEGIN_BYTES = 60 * BYTES_PER_MS;

/** pulse/sample.h: PA_SAMPLE_S16LE. */
const sampleSpec = { format: 3, channels: 2, rate: 48_000 };
/** Front left, front right. */
const channelMap = [1, 2];

/**
 * noMove: when a sink goes, its stream ends. Moved to another source it would let clients hear what
 * nobody meant for them, such as this machine's microphone.
 */
const manner = {
  noRemap: false,
  noRemix: false,
  fixFormat: false,
  fixRate: false,
  fixChannels: false,
  noMove: true,
  variableRate: false,
} as const;

export type Sink = Value<typeof wire.SinkInfo>;

export const auth: Question<Value<typeof wire.Auth>, Value<typeof wire.AuthReply>> = {
  what: "the login; it may want its cookie",
  command: Command.auth,
  codec: wire.Auth,
  reply: wire.AuthReply,
};

export const clientName: Question<Value<typeof wire.ClientName>, unknown> = {
  what: "our name",
  command: Command.setClientName,
  codec: wire.ClientName,
  reply: wire.Anything,
};

/** name: null: the default one. */
export const sinkInfo = (
  name: string | null,
): Question<Value<typeof wire.GetInfo>, Sink> => ({
  what: name === null ? "a default sink" : `the sink "${name}"`,
  command: Command.getSinkInfo,
  codec: wire.GetInfo,
  reply: wire.SinkInfo,
});

/** The same name. */
export const byName = (name: string | null): Value<typeof wire.GetInfo> => ({
  index: NOWHERE,
  name: name ?? "@DEFAULT_SINK@",
});

export const recorders: Question<
  Value<typeof wire.NoBody>,
  Value<typeof wire.SourceOutputs>
> = {
  what: "to say who records",
  command: Command.getSourceOutputInfoList,
  codec: wire.NoBody,
  reply: wire.SourceOutputs,
};

export const record = (
  source: string,
): Question<Value<typeof wire.CreateRecordStream>, Value<typeof wire.RecordStream>> => ({
  what: `to record from ${JSON.stringify(source)}`,
  command: Command.createRecordStream,
  codec: wire.CreateRecordStream,
  reply: wire.RecordStream,
});

/** mostBytes: what waits at the server while it is not read. */
export const recordFrom = (
  sourceName: string,
  mostBytes: number,
): Value<typeof wire.CreateRecordStream> => ({
  sampleSpec,
  channelMap,
  source: NOWHERE,
  sourceName,
  maxLength: mostBytes,
  corked: false,
  fragmentBytes: FRAGMENT_BYTES,
  ...manner,
  peakDetect: false,
  adjustLatency: true,
  properties: [["media.name", "What SPICE clients hear"]],
  directOnInput: NOWHERE,
  earlyRequests: false,
  dontInhibitAutoSuspend: false,
  failOnSuspend: false,
});

export const play = (
  sink: string,
): Question<Value<typeof wire.CreatePlaybackStream>, Value<typeof wire.PlaybackStream>> => ({
  what: `to play into "${sink}"`,
  command: Command.createPlaybackStream,
  codec: wire.CreatePlaybackStream,
  reply: wire.PlaybackStream,
});

export const playInto = (sinkName: string): Value<typeof wire.CreatePlaybackStream> => ({
  sampleSpec,
  channelMap,
  sink: NOWHERE,
  sinkName,
  maxLength: 2 * EAR_BYTES,
  corked: false,
  targetBytes: EAR_BYTES,
  prebufferBytes: EAR_BEGIN_BYTES,
  requestBytes: FRAGMENT_BYTES,
  syncId: 0,
  volume: channelMap.map(() => 0x10000),
  ...manner,
  muted: false,
  adjustLatency: true,
  properties: [["media.name", "A SPICE client's microphone"]],
  volumeSet: false,
  earlyRequests: false,
  mutedSet: false,
  dontInhibitAutoSuspend: false,
  failOnSuspend: false,
  relativeVolume: false,
  passthrough: false,
});
