/**
 * The channel that opens a session: who the guest is, which channels there are, who draws the pointer.
 * Source of truth: spice.proto, MainChannel; spice-gtk's channel-main.c.
 */
import { Capabilities, MainCap } from "../../../core/protocol/capabilities.ts";
import {
  type ChannelId,
  CurrentMouseMode,
  type Main,
  MouseMode,
  type MouseModeName,
} from "../../../core/protocol/main.ts";
import type { Agent } from "../agent.ts";
import type { ClientAnswers, Line } from "../line.ts";

type Client = typeof Main.client.table;
type Server = typeof Main.server.table;

export const mainCaps = Capabilities.of(MainCap.nameAndUuid, MainCap.agentConnectedTokens);

export interface MainHost {
  /** The session has begun; its id goes into every other link. */
  begun(sessionId: number): void;
  channels(list: readonly ChannelId[]): void;
  mouseMode(mode: MouseModeName): void;
  guestName(name: string): void;
  /** The time of sound and video. */
  mmTime(ms: number): void;
  /** The guest's agent comes, goes and speaks; null: nobody listens to it. */
  readonly agent:
    | Pick<Agent, "connected" | "disconnected" | "data" | "tokens">
    | null;
  /** The server moves elsewhere, where this client cannot follow. */
  migrates(): void;
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
}

const text = new TextDecoder();

export function main(line: Line<Client, Server>, host: MainHost): void {
  const { client } = CurrentMouseMode.values;
  const mouse = (supported: number, current: MouseModeName) => {
    host.mouseMode(current);
    // a pointer that the browser draws is the quicker one
    if (current !== "client" && supported & client) {
      line.send.mouseModeRequest({ mode: MouseMode.client });
    }
  };
  let tokens = 0;
  line.attend({
    ...host.base,
    init: (
      {
        sessionId,
        supportedMouseModes,
        currentMouseMode,
        multiMediaTime,
        agentConnected,
        agentTokens,
      },
    ) => {
      tokens = agentTokens;
      host.begun(sessionId);
      host.mmTime(multiMediaTime);
      mouse(supportedMouseModes, currentMouseMode === client ? "client" : "server");
      line.send.attachChannels();
      if (agentConnected) host.agent?.connected(tokens);
    },
    channelsList: ({ channels }) => host.channels(channels),
    mouseMode: ({ supportedModes, currentMode }) => mouse(supportedModes, currentMode),
    multiMediaTime: ({ time }) => host.mmTime(time),
    name: ({ name }) => host.guestName(text.decode(name)),
    uuid: () => {},
    agentConnected: () => host.agent?.connected(tokens),
    agentConnectedTokens: ({ numTokens }) => host.agent?.connected(numTokens),
    agentDisconnected: () => host.agent?.disconnected(),
    agentData: ({ data }) => host.agent?.data(data),
    agentToken: ({ numTokens }) => host.agent?.tokens(numTokens),
    migrateBegin: () => line.send.migrateConnectError(),
    migrateBeginSeamless: () => line.send.migrateConnectError(),
    migrateCancel: () => {},
    migrateSwitchHost: () => host.migrates(),
    migrateEnd: () => {},
    migrateDstSeamlessAck: () => {},
    migrateDstSeamlessNack: () => {},
  });
}
