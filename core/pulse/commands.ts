/**
 * What we say to a PulseAudio server, and what it says, in version 19 of its native protocol.
 * Source of truth: pulseaudio src/pulsecore/native-common.h and protocol-native.c.
 */
import { rest } from "../binary/bytes.ts";
import { struct } from "../binary/struct.ts";
import {
  allOf,
  boolean,
  bytes,
  channelMap,
  channelVolume,
  properties,
  sampleSpec,
  text,
  u32,
  usec,
} from "./tagstruct.ts";

/** PulseAudio 0.9.22: the first that tells whether a recorder pauses, the last without lists of formats. */
export const VERSION = 19;
export const COOKIE_BYTES = 256;
/** PA_INVALID_INDEX: none, or whichever the name says. */
export const NOWHERE = 0xffffffff;

/** native-common.h: PA_COMMAND_*, those that are said here. */
export const Command = {
  error: 0,
  reply: 2,
  createPlaybackStream: 3,
  deletePlaybackStream: 4,
  createRecordStream: 5,
  deleteRecordStream: 6,
  auth: 8,
  setClientName: 9,
  getSinkInfo: 21,
  getSourceOutputInfoList: 32,
  subscribe: 35,
  request: 61,
  playbackStreamKilled: 64,
  recordStreamKilled: 65,
  subscribeEvent: 66,
} as const;

/** pulse/def.h: PA_SUBSCRIPTION_MASK_*, and the facility in the low four bits of an event. */
export const Subject = {
  sink: { mask: 1, event: 0 },
  sourceOutput: { mask: 8, event: 3 },
  server: { mask: 0x80, event: 7 },
} as const;

/** Before each command. tag: the reply has it, too; of what is no reply it is -1. */
export const CommandHead = struct("CommandHead", { command: u32, tag: u32 });

export const NoBody = struct("NoBody", {});
/** What follows is not looked at. */
export const Anything = struct("Anything", { rest });
export const ErrorReply = struct("ErrorReply", { code: u32 });

/** The two highest bytes of the version are flags: shared memory, which is not asked for. */
export const Auth = struct("Auth", { version: u32, cookie: bytes });
export const AuthReply = struct("AuthReply", { version: u32, rest });

export const ClientName = struct("ClientName", { properties });
export const Subscribe = struct("Subscribe", { mask: u32 });
export const SubscribeEvent = struct("SubscribeEvent", { event: u32, index: u32 });

/** index or name; `@DEFAULT_SINK@` is a name. */
export const GetInfo = struct("GetInfo", { index: u32, name: text });
export const SinkInfo = struct("SinkInfo", {
  index: u32,
  name: text,
  description: text,
  sampleSpec,
  channelMap,
  module: u32,
  volume: channelVolume,
  muted: boolean,
  monitor: u32,
  monitorName: text,
  // latencies, ports and more
  rest,
});

/** Somebody who records. */
export const SourceOutputInfo = struct("SourceOutputInfo", {
  index: u32,
  name: text,
  module: u32,
  client: u32,
  source: u32,
  sampleSpec,
  channelMap,
  bufferLatency: usec,
  sourceLatency: usec,
  resampler: text,
  driver: text,
  properties,
  corked: boolean,
});
export const SourceOutputs = struct("SourceOutputs", { all: allOf(SourceOutputInfo) });

/** maxLength and fragmentBytes: what waits at most, and what comes at once; -1: the server's choice. */
export const CreateRecordStream = struct("CreateRecordStream", {
  sampleSpec,
  channelMap,
  source: u32,
  sourceName: text,
  maxLength: u32,
  corked: boolean,
  fragmentBytes: u32,
  noRemap: boolean,
  noRemix: boolean,
  fixFormat: boolean,
  fixRate: boolean,
  fixChannels: boolean,
  noMove: boolean,
  variableRate: boolean,
  peakDetect: boolean,
  adjustLatency: boolean,
  properties,
  directOnInput: u32,
  earlyRequests: boolean,
  dontInhibitAutoSuspend: boolean,
  failOnSuspend: boolean,
});
export const RecordStream = struct("RecordStream", { index: u32, sourceOutput: u32, rest });

/** targetBytes: how much is to wait there; prebufferBytes: it plays when so much does. */
export const CreatePlaybackStream = struct("CreatePlaybackStream", {
  sampleSpec,
  channelMap,
  sink: u32,
  sinkName: text,
  maxLength: u32,
  corked: boolean,
  targetBytes: u32,
  prebufferBytes: u32,
  requestBytes: u32,
  syncId: u32,
  volume: channelVolume,
  noRemap: boolean,
  noRemix: boolean,
  fixFormat: boolean,
  fixRate: boolean,
  fixChannels: boolean,
  noMove: boolean,
  variableRate: boolean,
  muted: boolean,
  adjustLatency: boolean,
  properties,
  volumeSet: boolean,
  earlyRequests: boolean,
  mutedSet: boolean,
  dontInhibitAutoSuspend: boolean,
  failOnSuspend: boolean,
  relativeVolume: boolean,
  passthrough: boolean,
});
/** missing: bytes that may be sent now. */
export const PlaybackStream = struct("PlaybackStream", {
  index: u32,
  sinkInput: u32,
  missing: u32,
  rest,
});

/** A stream that is to end, or was ended. */
export const StreamIndex = struct("StreamIndex", { index: u32 });
/** So many bytes more may be sent. */
export const Request = struct("Request", { index: u32, bytes: u32 });

/** pulse/def.h: PA_ERR_*. */
const ERRORS = [
  "no error",
  "access denied",
  "unknown command",
  "invalid argument",
  "it exists already",
  "there is no such thing",
  "connection refused",
  "protocol error",
  "timeout",
  "no authentication key",
  "internal error",
  "connection terminated",
  "killed",
  "invalid server",
  "module initialisation failed",
  "bad state",
  "no data",
  "incompatible protocol version",
  "too large",
  "not supported",
] as const;

/** What a code of an ErrorReply means. */
export const errorText = (code: number): string => ERRORS[code] ?? `error ${code}`;
