import type { Capabilities } from "../core/protocol/capabilities.ts";
import type { Pumped } from "../core/link/pump.ts";
import type { Client } from "./client.ts";
import type { Linked } from "./link_stage.ts";

/** One channel that the server offers: what it is called, what it can, and how a conversation begins. */
export interface Service {
  /** The channel's name, as in `tls-channel`. */
  readonly name: string;
  /** The channel's type number. */
  readonly type: number;
  /** Tells channels of one type apart. */
  readonly id: number;
  readonly capabilities: Capabilities;
  /** At most one client may have it at a time (sound, USB); others are refused. */
  readonly exclusive?: boolean;
  /** Somebody who is no client has it now: it is not offered. */
  readonly taken?: boolean;
  /** Begins one client's conversation on a freshly linked channel. */
  open(client: Client, linked: Linked): Conversation;
}

/** One client's end of one channel. What `receive` throws ends the channel, as `session.ts` says. */
export interface Conversation extends Pumped {
  /** Messages sent so far, for wait lists. */
  readonly serial: bigint;
  /** The channel is gone, for whatever reason: lets go of everything. Called once. */
  closed(): void;
}
