/**
 * The channel that opens a session: who the guest is, which channels there are, who draws the pointer.
 * Source of truth: spice.proto, MainChannel; main-channel-client.cpp; reds.cpp, reds_handle_main_link.
 */
import { ProtocolError } from "../core/binary/error.ts";
import { bytesOfText } from "../core/binary/text.ts";
import type { Guest } from "../core/guest.ts";
import { Outbox } from "../core/link/outbox.ts";
import { Peer } from "../core/link/peer.ts";
import { AGENT_MAX_DATA_BYTES } from "../core/protocol/agent.ts";
import { Capabilities, MainCap } from "../core/protocol/capabilities.ts";
import type { Answers } from "../core/protocol/channel.ts";
import { type ChannelId, CurrentMouseMode, Main } from "../core/protocol/main.ts";
import { ActingAgent } from "./agent/acting.ts";
import type { Agent, AgentTalk } from "./agent/agent.ts";
import { AGENT_TOKENS } from "./agent/tokens.ts";
import { baseAnswers } from "./base.ts";
import type { Client } from "./client.ts";
import { Heartbeat, microseconds } from "./heartbeat.ts";
import type { Linked } from "./link_stage.ts";
import type { MmClock } from "./mm_clock.ts";
import type { MouseMode } from "./mouse_mode.ts";
import { NetTest } from "./net_test.ts";
import { notice } from "./open_channel.ts";
import type { Conversation, Service } from "./service.ts";

/** More than the net test and all that main may have to say; who reads none of it is gone. */
const OUTBOX_BYTES = 1 << 20;
/** With more on its way a client is told the mouse mode later, as it is then. */
const AHEAD_BYTES = 1 << 16;
/** Ids of the net test's pings end before. */
const FIRST_HEARTBEAT_ID = 4;

export interface MainOptions {
  readonly guest: Guest;
  readonly mouse: MouseMode;
  readonly mmClock: MmClock;
  /** The channels that this client is told of. */
  readonly channels: (client: Client) => ChannelId[];
  /** Whom clients' agent messages go to; if not said, the appliance plays the agent itself. */
  readonly agent?: Agent;
}

export class MainService implements Service {
  readonly name = "main";
  readonly type = Main.id;
  readonly id = 0;
  readonly capabilities = Capabilities.of(MainCap.nameAndUuid, MainCap.agentConnectedTokens);
  readonly #conversations = new Set<MainConversation>();
  readonly #agent: Agent;

  constructor(readonly options: MainOptions) {
    this.#agent = options.agent ?? new ActingAgent(options.guest, options.mmClock.clock);
  }

  open(client: Client, linked: Linked): Conversation {
    const conversation = new MainConversation(this.options, this.#agent, client, linked, () => {
      this.#conversations.delete(conversation);
    });
    this.#conversations.add(conversation);
    return conversation;
  }

  /** Tells every client of channels that it may have now, and has not heard of. */
  channelsChanged(): void {
    for (const conversation of this.#conversations) conversation.channelsChanged();
  }

  /** A client asked for a channel in vain: it hears of it anew when it may have it. */
  channelMissed(client: Client, { type, id }: ChannelId): void {
    for (const conversation of this.#conversations) {
      if (conversation.client === client) conversation.forget(type, id);
    }
  }
}

class MainConversation implements Conversation {
  readonly #options: MainOptions;
  readonly #peer;
  readonly #heartbeat: Heartbeat;
  readonly #netTest: NetTest;
  readonly #endings: (() => void)[];
  readonly #capabilities: Capabilities;
  readonly #agent: Agent;
  /** With who is there; null: nobody is. */
  #talk: AgentTalk | null = null;
  /** What it was told of; null: it has not asked. */
  #known: ChannelId[] | null = null;
  #mouseModeDue = false;

  constructor(
    options: MainOptions,
    agent: Agent,
    readonly client: Client,
    linked: Linked,
    onClosed: () => void,
  ) {
    const { guest, mouse, mmClock } = options;
    this.#options = options;
    this.#peer = new Peer({
      incoming: Main.client,
      outgoing: Main.server,
      mini: linked.mini,
      limitBytes: 4096,
      outbox: new Outbox(OUTBOX_BYTES),
    });
    this.#heartbeat = new Heartbeat(client, this.#peer, {
      firstId: FIRST_HEARTBEAT_ID,
      onDead: () => {
        client.log.warn("client-is-silent", { client: client.connectionId });
        client.disconnect("error");
      },
    });
    this.#netTest = new NetTest(client);
    this.#capabilities = linked.channelCaps;
    this.#agent = agent;
    agent.check();
    this.#meetAgent();
    this.#peer.answer(this.#answers());
    this.#endings = [
      onClosed,
      mouse.onChange(() => {
        this.#mouseModeDue = true;
        this.#sendMouseMode();
      }),
      agent.onChange(() => this.#agentChanged()),
      () => this.#talk?.closed(),
      mmClock.onAnnounce(client, (time) => this.#peer.send.multiMediaTime({ time })),
    ];
    this.#greet(guest, linked);
    this.outbox.onRoom = () => {
      this.#sendMouseMode();
      this.#talk?.room();
    };
    client.notify = (message) => {
      this.#peer.send.notify(notice(microseconds(client.clock.now()) * 1000n, "warn", message));
    };
  }

  get serial(): bigint {
    return this.#peer.serial;
  }

  get outbox() {
    return this.#peer.outbox;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    for (const end of this.#endings) end();
  }

  /** It no longer knows of this channel. */
  forget(type: number, id: number): void {
    this.#known = this.#known?.filter((other) => other.type !== type || other.id !== id) ?? null;
  }

  channelsChanged(): void {
    const known = this.#known;
    if (known === null) return;
    const channels = this.#options.channels(this.client).filter(({ type, id }) =>
      !known.some((other) => other.type === type && other.id === id)
    );
    if (channels.length === 0) return;
    known.push(...channels);
    this.#peer.send.channelsList({ channels });
  }

  /** Comes back with whether somebody is there now. */
  #meetAgent(): boolean {
    if (this.client.viewOnly || !this.#agent.present) return false;
    const { send, outbox } = this.#peer;
    this.#talk = this.#agent.join(this.client, {
      agentData: (body) => send.agentData(body),
      agentToken: (body) => send.agentToken(body),
      restart: () => this.#agentChanged(),
      get waitingBytes() {
        return outbox.waitingBytes;
      },
    });
    return true;
  }

  #agentChanged(): void {
    if (this.#talk) {
      this.#talk.closed();
      this.#talk = null;
      this.#peer.send.agentDisconnected({ errorCode: "ok" });
    }
    if (this.#meetAgent()) this.#announceAgent();
  }

  #greet(guest: Guest, linked: Linked): void {
    const { send } = this.#peer;
    const { mouse, mmClock } = this.#options;
    send.init({
      sessionId: this.client.connectionId,
      displayChannelsHint: guest.displays.length,
      supportedMouseModes: mouse.supported,
      currentMouseMode: CurrentMouseMode.values[mouse.current],
      agentConnected: this.#talk ? 1 : 0,
      agentTokens: AGENT_TOKENS,
      multiMediaTime: mmClock.forClient(this.client),
      ramHint: guest.displays[0]?.ramBytes ?? 0,
    });
    if (linked.channelCaps.has(MainCap.nameAndUuid)) {
      send.name({ name: bytesOfText(guest.name) });
      send.uuid({ uuid: guest.uuid ?? new Uint8Array(16) });
    }
    // where nothing slows the bytes there is nothing to measure
    if (linked.duplex.remote.transport === "tcp") {
      const { clock } = this.client;
      this.#netTest.start((id, data) =>
        send.ping({ id, timestamp: microseconds(clock.now()), data })
      );
    }
  }

  #announceAgent(): void {
    if (this.#capabilities.has(MainCap.agentConnectedTokens)) {
      this.#peer.send.agentConnectedTokens({ numTokens: AGENT_TOKENS });
    } else this.#peer.send.agentConnected();
  }

  /** Others decide the mode, so a client that lags must not gather every change of it. */
  #sendMouseMode(): void {
    if (!this.#mouseModeDue || this.outbox.waitingBytes > AHEAD_BYTES) return;
    this.#mouseModeDue = false;
    const { mouse } = this.#options;
    this.#peer.send.mouseMode({ supportedModes: mouse.supported, currentMode: mouse.current });
  }

  #answers(): Answers<typeof Main.client.table> {
    const { mouse } = this.#options;
    const base = baseAnswers(this.client, this.#peer, this.#heartbeat);
    const noMigration = () => {
      throw new ProtocolError("the client speaks of a migration, and there is none");
    };
    return {
      ...base,
      pong: (body) => {
        if (this.#netTest.pong(body.id)) return;
        base.pong(body);
        this.#agent.check();
        this.client.latencyMs = this.#heartbeat.latencyMs ?? this.client.latencyMs;
      },
      clientInfo: () => {},
      attachChannels: () => {
        const channels = this.#options.channels(this.client);
        this.#known = [...channels];
        this.#peer.send.channelsList({ channels });
      },
      mouseModeRequest: ({ mode }) => {
        if (this.client.viewOnly) return;
        // SPEC: one flag; libspice warns of any other combination and goes on
        if (mode === CurrentMouseMode.values.client) mouse.request("client");
        else if (mode === CurrentMouseMode.values.server) mouse.request("server");
      },
      // where nobody is, what is said was meant for an agent that is gone
      agentStart: ({ numTokens }) => this.#talk?.start(numTokens),
      agentData: ({ data }) => {
        if (data.length > AGENT_MAX_DATA_BYTES) {
          throw new ProtocolError(
            `agent data of ${data.length} bytes came, ${AGENT_MAX_DATA_BYTES} is the most`,
          );
        }
        this.#talk?.data(data);
      },
      agentToken: ({ numTokens }) => this.#talk?.token(numTokens),
      migrateConnected: noMigration,
      migrateConnectError: noMigration,
      migrateConnectedSeamless: noMigration,
      migrateDstDoSeamless: noMigration,
      migrateEnd: noMigration,
      qualityIndicator: () => {},
    };
  }
}
