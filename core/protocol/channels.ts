import type { Channel } from "./channel.ts";
import { CursorChannel } from "./cursor.ts";
import { Display } from "./display.ts";
import { Inputs } from "./inputs.ts";
import { Main } from "./main.ts";
import { Playback } from "./playback.ts";
import { Port } from "./port.ts";
import { RecordChannel } from "./record.ts";
import { Smartcard } from "./smartcard.ts";
import { Tunnel } from "./tunnel.ts";
import { Usbredir } from "./usbredir.ts";
import { Webdav } from "./webdav.ts";

/** spice.proto: protocol Spice: every channel there is, in the order of their numbers. */
export const channels = [
  Main,
  Display,
  Inputs,
  CursorChannel,
  Playback,
  RecordChannel,
  Tunnel,
  Smartcard,
  Usbredir,
  Port,
  Webdav,
] as const;

export type ChannelName =
  | "main"
  | "display"
  | "inputs"
  | "cursor"
  | "playback"
  | "record"
  | "tunnel"
  | "smartcard"
  | "usbredir"
  | "port"
  | "webdav";

// deno-lint-ignore no-explicit-any
export type AnyChannel = Channel<any, any>;

/** By the type number of the link message. */
export const channelById: ReadonlyMap<number, AnyChannel> = new Map(
  channels.map((channel): [number, AnyChannel] => [channel.id, channel]),
);

/** By the name that `tls-channel` and logs use. */
export const channelByName: ReadonlyMap<string, AnyChannel> = new Map(
  channels.map((channel): [string, AnyChannel] => [channel.name, channel]),
);
