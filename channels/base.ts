/**
 * What every channel answers to the messages that every client may send.
 * Source of truth: spice.proto, BaseChannel; red-channel-client.cpp, handle_message.
 */
import { ProtocolError } from "../core/binary/error.ts";
import type { AckWindow } from "../core/link/ack_window.ts";
import type { Outbox } from "../core/link/outbox.ts";
import type { Base } from "../core/protocol/base.ts";
import { type Answers, channel, type Sender } from "../core/protocol/channel.ts";
import type { Client } from "./client.ts";
import { Heartbeat } from "./heartbeat.ts";

/** A channel with nothing but what every channel has. */
export const BaseChannel = channel({ name: "base", id: 0, client: {}, server: {} });

/** What a channel's peer has, whatever else the channel says. */
export interface Speaker {
  readonly send: Pick<Sender<typeof Base.server>, "ping" | "setAck" | "notify" | "disconnecting">;
  readonly acks: AckWindow;
  readonly outbox: Outbox;
  readonly received: { readonly messages: number; readonly bytes: number };
}

/** Stands in every channel's answers: `{ ...baseAnswers(client, peer), … }`. It also pings the channel while it is quiet. */
export function baseAnswers(
  client: Client,
  peer: Speaker,
  heartbeat: Heartbeat = new Heartbeat(client, peer),
): Answers<typeof Base.client> {
  return {
    ackSync: ({ generation }) => peer.acks.sync(generation),
    ack: () => peer.acks.ack(),
    pong: ({ id }) => heartbeat.pong(id),
    migrateFlushMark() {
      throw new ProtocolError("the client marks the flush of a migration, and there is none");
    },
    migrateData() {
      throw new ProtocolError("the client sends migration data, and there is no migration");
    },
    disconnecting({ reason }) {
      client.log.debug("client-says-goodbye", { client: client.connectionId, reason });
      peer.outbox.close();
    },
  };
}
