/** Every table of words there is, by name: what the fuzzers and the round trips go through. */
import type { Codec } from "../../core/binary/codec.ts";
import { AgentChunk, AgentHeader, AgentMessage, agentMessages } from "../../core/protocol/agent.ts";
import { channelById } from "../../core/protocol/channels.ts";
import { DataHeader, MiniDataHeader, SubMessageList } from "../../core/protocol/header.ts";
import { LinkHeader, LinkMess, LinkReply } from "../../core/protocol/link.ts";
import { vsc, vscDevice } from "../../core/protocol/smartcard.ts";
import { UNAGREED, usbredirPackets } from "../../core/protocol/usbredir_wire.ts";
import * as pulse from "../../core/pulse/commands.ts";
import { FrameHead } from "../../core/pulse/frames.ts";
import { WebdavFrame } from "../../core/protocol/webdav.ts";

export interface Word {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly codec: Codec<any>;
}

const ofDirection = (side: string, { byName }: { byName: Record<string, Word> }): Word[] =>
  Object.values(byName).map(({ name, codec }) => ({ name: `${side}.${name}`, codec }));

const ofTable = (side: string, table: Record<string, Word["codec"]>): Word[] =>
  Object.entries(table).map(([name, codec]) => ({ name: `${side}.${name}`, codec }));

function agentWords(): Word[] {
  const layouts = [false, true].flatMap((selection) =>
    [false, true].map((grabSerial) => ({ selection, grabSerial }))
  );
  return [
    ...ofTable("frame", { AgentChunk, AgentHeader, AgentMessage }),
    ...layouts.flatMap((layout, i) => ofDirection(`layout${i}`, agentMessages(layout))),
  ];
}

function usbredirWords(): Word[] {
  const all = {
    bulkStreams: true,
    connectDeviceVersion: true,
    epInfoMaxPacketSize: true,
    ids64: true,
    bulkLength32: true,
  };
  return [UNAGREED, { ...UNAGREED, epInfoMaxPacketSize: true }, all].flatMap((agreed, i) => {
    const { header, toHost, toGuest } = usbredirPackets(agreed);
    return [
      { name: `caps${i}.header`, codec: header },
      ...ofDirection(`caps${i}.toHost`, toHost),
      ...ofDirection(`caps${i}.toGuest`, toGuest),
    ];
  });
}

const pulseWords: Record<string, Word["codec"]> = {
  FrameHead,
  CommandHead: pulse.CommandHead,
  ErrorReply: pulse.ErrorReply,
  Auth: pulse.Auth,
  AuthReply: pulse.AuthReply,
  ClientName: pulse.ClientName,
  Subscribe: pulse.Subscribe,
  SubscribeEvent: pulse.SubscribeEvent,
  GetInfo: pulse.GetInfo,
  SinkInfo: pulse.SinkInfo,
  SourceOutputs: pulse.SourceOutputs,
  CreateRecordStream: pulse.CreateRecordStream,
  RecordStream: pulse.RecordStream,
  CreatePlaybackStream: pulse.CreatePlaybackStream,
  PlaybackStream: pulse.PlaybackStream,
  StreamIndex: pulse.StreamIndex,
  Request: pulse.Request,
};

/** A vocabulary: a channel, the link stage, or a protocol inside a channel. */
export const vocabularies: ReadonlyMap<string, readonly Word[]> = new Map([
  ...[...channelById.values()].map(({ name, client, server }): [string, Word[]] => [
    name,
    [...ofDirection("client", client), ...ofDirection("server", server)],
  ]),
  ["link", ofTable("link", { LinkHeader, LinkMess, LinkReply })],
  ["headers", ofTable("headers", { DataHeader, MiniDataHeader, SubMessageList })],
  ["agent", agentWords()],
  ["usbredir packets", usbredirWords()],
  ["card reader", [
    ...ofTable("channel", { ...vsc.bodies, message: vsc.message, header: vsc.header }),
    ...ofTable("device", { ...vscDevice.bodies, message: vscDevice.message }),
  ]],
  ["sound server", ofTable("pulse", pulseWords)],
  ["webdav frames", ofTable("webdav", { WebdavFrame })],
]);
