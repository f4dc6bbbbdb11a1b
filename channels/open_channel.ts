/** One linked channel, from its first message to its end. */
import { ProtocolError, WireError } from "../core/binary/error.ts";
import { bytesOfText } from "../core/binary/text.ts";
import type { Cancel } from "../core/clock.ts";
import type { Outbox } from "../core/link/outbox.ts";
import { Peer } from "../core/link/peer.ts";
import { pump, type Pumped } from "../core/link/pump.ts";
import type { LinkError } from "../core/protocol/base.ts";
import { BaseChannel } from "./base.ts";
import type { Client, ClientChannel } from "./client.ts";
import type { Linked } from "./link_stage.ts";
import type { Conversation, Service } from "./service.ts";

/** So long a channel that ends may take to hear why. */
const FAREWELL_MS = 2000;

/**
 * Stands between a stream and a conversation. The only place that maps errors to what the peer hears:
 * its own errors are told and end the channel; ours are logged with their stack and end the channel;
 * the guest and other clients go on.
 */
export class OpenChannel implements ClientChannel, Pumped {
  readonly conversation: Conversation;
  readonly outbox: Outbox;
  /** What ended it, if it was an error. */
  failure: unknown = undefined;
  /** Bytes of its messages that came. */
  receivedBytes = 0;
  readonly #client: Client;
  readonly #linked: Linked;
  readonly #name: string;
  #ending = false;
  #deadline: Cancel = () => {};

  /** Begins the conversation; throws what `service.open` throws. */
  constructor(service: Service, client: Client, linked: Linked) {
    this.#client = client;
    this.#linked = linked;
    this.#name = `${service.name}-${service.id}`;
    this.conversation = service.open(client, linked);
    this.outbox = this.conversation.outbox;
  }

  get gate() {
    return this.conversation.gate;
  }

  /** Carries bytes until the channel has ended, for whatever reason. Never rejects. */
  async run(): Promise<void> {
    try {
      await pump(this.#linked.duplex, this);
    } catch (error) {
      this.failure ??= error;
      // too much waited for a peer that does not read; anything else is the stream's own end
      if (error instanceof ProtocolError) this.#log("warn", "client-erred", { error });
      else if (error instanceof TypeError || error instanceof RangeError) {
        this.#failedOurselves(error);
      } else this.#log("debug", "channel-broke", { error });
    }
    this.#ending = true;
    this.#deadline();
    try {
      this.conversation.closed();
    } catch (error) {
      this.#failedOurselves(error);
    }
  }

  receive(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    if (this.#ending) return;
    try {
      this.conversation.receive(bytes);
    } catch (error) {
      this.failure = error;
      if (error instanceof WireError || error instanceof ProtocolError) {
        this.#log("warn", "client-erred", { error });
        this.end(error instanceof WireError ? "invalidData" : "error", error.message);
      } else this.failed(error);
    }
  }

  failed(error: unknown): void {
    this.failure ??= error;
    this.#failedOurselves(error);
    this.end("error", "the server made a mistake and ends this channel");
  }

  end(reason: LinkError, explanation?: string): void {
    if (this.#ending) return;
    this.#ending = true;
    const { duplex, mini } = this.#linked;
    const { clock } = this.#client;
    const { client: incoming, server: outgoing } = BaseChannel;
    const peer = new Peer({ incoming, outgoing, mini, outbox: this.outbox });
    peer.serial = this.conversation.serial;
    const timeStamp = BigInt(Math.round(clock.now() * 1e6));
    if (explanation !== undefined) peer.send.notify(notice(timeStamp, "error", explanation));
    peer.send.disconnecting({ timeStamp, reason });
    this.outbox.close();
    this.#deadline = clock.after(FAREWELL_MS, () => duplex.close());
  }

  #failedOurselves(error: unknown): void {
    const stack = error instanceof Error ? error.stack : String(error);
    this.#log("error", "channel-failed", { stack });
  }

  #log(level: "debug" | "warn" | "error", event: string, fields: Record<string, unknown>): void {
    const { log, connectionId } = this.#client;
    log[level](event, { client: connectionId, channel: this.#name, ...fields });
  }
}

/** The body of `notify`. */
export function notice(timeStamp: bigint, severity: "warn" | "error", message: string) {
  return {
    timeStamp,
    severity,
    visibility: "high",
    what: 0,
    message: bytesOfText(message),
  } as const;
}
