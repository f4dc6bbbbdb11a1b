import type { Cancel } from "../../core/clock.ts";
import { Display } from "../../core/protocol/display.ts";
import type { Client } from "../client.ts";
import type { Shows } from "./monitors.ts";

/** Whom clients speak to in main's agent messages: the guest's own agent, or who stands in for it. */
export interface Agent {
  /** Somebody answers now. */
  readonly present: boolean;
  /** Calls when somebody came, went, or was replaced by somebody who knows nothing of the past. */
  onChange(listener: () => void): Cancel;
  /** Looks again whether the guest can be asked; clients' heartbeats call it. */
  check(): void;
  /** Begins one client's talk with who is there now. */
  join(client: Client, send: AgentSender): AgentTalk;
}

/** What main sends for the agent. */
export interface AgentSender {
  agentData(body: { data: Uint8Array }): void;
  agentToken(body: { numTokens: number }): void;
  /** The client lost what was half said, and begins a talk anew. */
  restart(): void;
  /** Bytes on their way to the client: a talk holds back what it has while there are many. */
  readonly waitingBytes: number;
}

/** One client's talk. What `data` and `token` throw ends the client's main channel. */
export interface AgentTalk {
  start(numTokens: number): void;
  token(numTokens: number): void;
  /** One piece of a message. */
  data(piece: Uint8Array): void;
  /** All that was on its way to the client was taken. */
  room(): void;
  /** The client or the agent is gone. Called once. */
  closed(): void;
}

/** What may pass, as `disable-copy-paste` and `disable-agent-file-xfer` leave it. */
export interface AgentRights {
  readonly copyPaste: boolean;
  readonly fileTransfer: boolean;
}

/** The displays that a client shows: it has linked their channels. */
export const showsOf = (client: Client): Shows => (display) => client.has(Display.id, display);
