import { bytesOf, list } from "../binary/bytes.ts";
import { enumOf, flagsOf, u16, u32, u64, u8 } from "../binary/cell.ts";
import type { Value } from "../binary/codec.ts";
import { ptr, ref } from "../binary/pointer.ts";
import { lengthOf, struct } from "../binary/struct.ts";
import { zeroTerminated } from "../binary/text.ts";
import { Data, LinkError } from "./base.ts";
import { channel } from "./channel.ts";

/** spice.proto: flags16 mouse_mode. `init` has it as u32. */
export const MouseMode = flagsOf(u16, { server: 0, client: 1 });
/** spice.proto: mouse_mode marked @unique_flag: exactly one of them. */
export const CurrentMouseMode = enumOf(u16, { server: 1, client: 2 });
export type MouseModeName = Value<typeof CurrentMouseMode>;

/** spice.proto: struct ChannelId */
export const ChannelId = struct("ChannelId", { type: u8, id: u8 });
export type ChannelId = Value<typeof ChannelId>;

const destination = {
  port: u16,
  sport: u16,
  hostSize: lengthOf(u32, "hostData", 1),
  hostData: ref(zeroTerminated("hostSize")),
  certSubjectSize: lengthOf(u32, "certSubjectData", 1),
  certSubjectData: ptr(zeroTerminated("certSubjectSize")),
} as const;

/** spice.proto: struct DstInfo */
export const DstInfo = struct("DstInfo", destination);

/** spice.proto: channel MainChannel */
export const Main = channel({
  name: "main",
  id: 1,
  server: {
    migrateBegin: [101, { dstInfo: DstInfo }],
    migrateCancel: [102, {}],
    init: [103, {
      sessionId: u32,
      displayChannelsHint: u32,
      supportedMouseModes: u32,
      currentMouseMode: u32,
      agentConnected: u32,
      agentTokens: u32,
      /** Milliseconds. */
      multiMediaTime: u32,
      /** Bytes. */
      ramHint: u32,
    }],
    channelsList: [104, { channels: list(u32, ChannelId) }],
    mouseMode: [105, { supportedModes: MouseMode, currentMode: CurrentMouseMode }],
    multiMediaTime: [106, { time: u32 }],
    agentConnected: [107, {}],
    agentDisconnected: [108, { errorCode: LinkError }],
    agentData: [109, Data],
    agentToken: [110, { numTokens: u32 }],
    // SPEC: spice.proto lets hostData be null here, and here alone
    migrateSwitchHost: [111, { ...destination, hostData: ptr(zeroTerminated("hostSize")) }],
    migrateEnd: [112, {}],
    name: [113, { nameLen: lengthOf(u32, "name", 1), name: zeroTerminated("nameLen") }],
    uuid: [114, { uuid: bytesOf(16) }],
    agentConnectedTokens: [115, { numTokens: u32 }],
    migrateBeginSeamless: [116, { dstInfo: DstInfo, srcMigVersion: u32 }],
    migrateDstSeamlessAck: [117, {}],
    migrateDstSeamlessNack: [118, {}],
  },
  client: {
    clientInfo: [101, { cacheSize: u64 }],
    migrateConnected: [102, {}],
    migrateConnectError: [103, {}],
    attachChannels: [104, {}],
    mouseModeRequest: [105, { mode: MouseMode }],
    agentStart: [106, { numTokens: u32 }],
    agentData: [107, Data],
    agentToken: [108, { numTokens: u32 }],
    migrateEnd: [109, {}],
    migrateDstDoSeamless: [110, { srcVersion: u32 }],
    migrateConnectedSeamless: [111, {}],
    qualityIndicator: [112, Data],
  },
});
