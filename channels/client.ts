import type { Clock } from "../core/clock.ts";
import type { Remote } from "../core/link/duplex.ts";
import type { Log } from "../core/log.ts";
import type { LinkError } from "../core/protocol/base.ts";
import type { Capabilities } from "../core/protocol/capabilities.ts";

import type { Opener } from "./link_stage.ts";
import type { Conversation } from "./service.ts";

/** One open channel as its client sees it. */
export interface ClientChannel {
  readonly conversation: Conversation;
  /** Says why, if that is told, and goodbye with this reason, then closes. May be called again. */
  end(reason: LinkError, why?: string): void;
  /** Its conversation failed outside of `receive`, which is a fault of ours: it is told, and ends. */
  failed(error: unknown): void;
}

/** One person's session: the channels that joined the same main channel, and what is known of the way to them. */
export class Client {
  /** What later channels name to join; never 0. */
  readonly connectionId: number;
  readonly remote: Remote;
  /** What the session was opened with; later channels must prove the same. */
  readonly opener: Opener;
  readonly clock: Clock;
  readonly log: Log;
  /** When it came, by its clock. */
  readonly sinceMs: number;
  /** Less than 10 Mbit/s, as the net test found; false until it ends. */
  lowBandwidth = false;
  /** As the net test found; null: not measured. */
  bitsPerSecond: number | null = null;
  /** Shortest round trip of late; null: not measured. */
  latencyMs: number | null = null;
  /** When the person last typed or pointed, by the clock; the session's begin if never. */
  inputAtMs: number;
  /** Shows the person a warning; main sets it, so before main is up nothing happens. */
  notify: (message: string) => void = () => {};

  readonly #channels = new Map<number, ClientChannel>();
  readonly #capabilities = new Map<number, Capabilities>();
  readonly #shared = new Map<string, unknown>();
  #ended = false;

  constructor(options: {
    connectionId: number;
    remote: Remote;
    opener: Opener;
    clock: Clock;
    log: Log;
  }) {
    this.connectionId = options.connectionId;
    this.remote = options.remote;
    this.opener = options.opener;
    this.clock = options.clock;
    this.log = options.log;
    this.inputAtMs = options.clock.now();
    this.sinceMs = options.clock.now();
  }

  /** It sees and hears, and does nothing: keys, the agent, devices. */
  get viewOnly(): boolean {
    return this.opener.viewOnly ?? false;
  }

  /** It was told to go, or went. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many channels are open. */
  get channels(): number {
    return this.#channels.size;
  }

  has(type: number, id: number): boolean {
    return this.#channels.has(keyOf(type, id));
  }

  /** The serial of the latest message on a channel, for wait lists; 0n where there is no such channel. */
  serialOf(type: number, id: number): bigint {
    return this.#channels.get(keyOf(type, id))?.conversation.serial ?? 0n;
  }

  /**
   * What channels of this client have together (a pixmap cache, a dictionary): made by the first
   * who asks. Where it has `Symbol.dispose`, that is called when the client is gone.
   */
  shared<T>(key: string, make: () => T): T {
    if (!this.#shared.has(key)) this.#shared.set(key, make());
    return this.#shared.get(key) as T;
  }

  /**
   * Ends every channel with this reason, and why for the person. May be called again.
   * "permissionDenied": it is not to come back by itself, as it may where a server is stopped ("ok").
   */
  disconnect(reason: LinkError, why?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const channel of [...this.#channels.values()]) channel.end(reason, why);
    this.#letGo();
  }

  /** A channel's conversation failed outside of what it received: that is a fault of ours, and ends the channel. */
  failed(type: number, id: number, error: unknown): void {
    const channel = this.#channels.get(keyOf(type, id));
    if (!channel) throw error;
    channel.failed(error);
  }

  /** What the client says it can on channels of a type, as the latest that came; undefined: none came. */
  capabilitiesOf(type: number): Capabilities | undefined {
    return this.#capabilities.get(type);
  }

  /** For `session.ts`: a channel linked. */
  linked(type: number, capabilities: Capabilities): void {
    this.#capabilities.set(type, capabilities);
  }

  /** For `session.ts`: a channel is up. */
  joined(type: number, id: number, channel: ClientChannel): void {
    this.#channels.set(keyOf(type, id), channel);
  }

  /** For `session.ts`: a channel is gone. */
  left(type: number, id: number): void {
    this.#channels.delete(keyOf(type, id));
    this.#letGo();
  }

  #letGo(): void {
    if (!this.#ended || this.#channels.size > 0) return;
    for (const value of this.#shared.values()) {
      (value as Partial<Disposable> | null)?.[Symbol.dispose]?.();
    }
    this.#shared.clear();
  }
}

const keyOf = (type: number, id: number) => type << 8 | id;
